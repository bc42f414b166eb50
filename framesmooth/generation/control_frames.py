"""The control image of every frame: a frame of the source, or its edges."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import islice
from typing import Any, Final

import cv2
import numpy as np

from framesmooth.errors import UsageError
from framesmooth.frames import Frame, FrameSource
from framesmooth.generation.specs import short
from framesmooth.models.controlnet_spec import CONTROL_KINDS, Control, ControlKind
from framesmooth.timeline.schedule import Heard
from framesmooth.timeline.schedule_values import values_of
from framesmooth.timeline.timeline import Timeline
from framesmooth.video import open_source
from framesmooth.video.resize import FrameWindow, ResizedSource

_MAX_SCALE: Final = 10.0
_WEAK, _STRONG = 100, 200
"""Canny's thresholds that ControlNets for edges were trained with (Zhang et al. 2023)."""


@dataclass(frozen=True, kw_only=True)
class ControlFrames:
    """The control of a clip, frame by frame.

    Attributes:
        kind: what the source shows: footage to take edges from, depth maps, or drawn skeletons.
        source: at least as many frames as the clip, at its rate.
        content: its SHA-256 (hex).
        scales: for every frame how strictly it is followed; 1 is what the ControlNet was trained for.
        end: share of the steps that follow it, above 0.
    """

    kind: ControlKind
    source: FrameSource
    content: str
    scales: Sequence[float]
    end: float = 1.0

    @property
    def key(self) -> dict[str, Any]:
        """Everything about this that decides the generated images: plain JSON types."""
        return {
            "kind": self.kind,
            "source": self.content,
            "fps": str(self.source.fps),
            "scale": short(self.scales),
            "end": self.end,
        }

    def picture(self, time: int, size: tuple[int, int]) -> Frame:
        """Return the control image of frame ``time``, uint8 (H, W, 3) of ``size`` (height, width)."""
        if size not in self._windows:
            self._windows[size] = FrameWindow(ResizedSource(self.source, len(self.scales), size, size))
        shown = self._windows[size].frames(time, time)[time]
        return edges(shown) if self.kind == "canny" else shown

    @cached_property
    def _windows(self) -> dict[tuple[int, int], FrameWindow]:
        return {}


def edges(image: Frame) -> Frame:
    """Return the edges of an image, uint8 (H, W, 3), white on black (Canny 1986)."""
    found = cv2.Canny(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), _WEAK, _STRONG)
    return np.ascontiguousarray(np.repeat(found[..., None], 3, axis=2), np.uint8)


def plan_control(
    control: Control, fps: Fraction, timeline: Timeline, content: str, heard: Heard | None = None
) -> ControlFrames:
    """Open the source of a control, which has this ``content`` (SHA-256), and work out its schedule.

    ``heard`` holds the variables of the clip's sound, which the schedule may follow.

    Raises:
        UsageError: a schedule that cannot be read or leaves its range, a source shorter than the clip.
        MediaError: a source that cannot be read.
    """
    if control.kind not in CONTROL_KINDS:
        raise UsageError(f"unknown control {control.kind!r}: choose one of {', '.join(CONTROL_KINDS)}")
    if not 0 < control.end <= 1:
        raise UsageError(f"--control-end {control.end:g} is out of range: give a share of the steps, up to 1")
    num_frames = timeline.num_frames
    seed = timeline.keyframes[0].seed
    scales = values_of("--control-scale", control.scale, num_frames, fps, seed, heard)
    for frame, scale in enumerate(scales):
        if not 0 <= scale <= _MAX_SCALE:
            raise UsageError(
                f"--control-scale: {scale:g} at frame {frame} is outside 0 to {_MAX_SCALE:g}: 0 is off, 1 "
                "is what the model was trained for"
            )
    source = open_source(control.source, fps=fps)
    _check_length(source, control.source.name, num_frames, fps)
    return ControlFrames(kind=control.kind, source=source, content=content, scales=scales, end=control.end)


def _check_length(source: FrameSource, name: str, num_frames: int, fps: Fraction) -> None:
    there = source.num_frames
    if there is None:
        there = sum(1 for _ in islice(source, num_frames))
    if there < num_frames:
        raise UsageError(
            f"{name} has {there} frames at {fps} per second, the clip {num_frames}: give a longer --control "
            f"source, or --num-frames {there}"
        )
