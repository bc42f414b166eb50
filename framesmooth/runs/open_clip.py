"""Opening a clip: a video, an animation, a folder of images, or a run folder."""

import logging
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from framesmooth import defaults
from framesmooth.errors import MediaError, UsageError
from framesmooth.frames import FrameSource, frame_slice
from framesmooth.runs import RECORD_FILE, FrameFolder, RunFolder
from framesmooth.runs.record_paths import recorded_rate
from framesmooth.video import open_source
from framesmooth.video.probe import Uneven
from framesmooth.video.reading import ReadOptions
from framesmooth.video.samples import Depth

_log = logging.getLogger(__name__)

AS_STORED: Final = ReadOptions()
"""The whole clip at its own rate."""


def open_clip(
    path: Path, options: ReadOptions = AS_STORED, *, uneven: Uneven = "auto", depth: Depth = "eight"
) -> FrameSource:
    """Open a video, an animation, a folder of images or a run folder (its frames before smoothing).

    ``uneven`` and ``depth`` are those of :func:`framesmooth.video.open_source`.

    Raises:
        MediaError: what cannot be read.
        UsageError: a frame range that holds no frame, or a run folder without all its frames.
    """
    fps = options.fps
    if (path / RECORD_FILE).is_file():
        path, recorded_fps = _frames_of_run(RunFolder(path))
        fps = fps or recorded_fps
    source = open_source(path, fps=fps, uneven=uneven, reading=options.reading, depth=depth)
    clip = source if options.frame_range is None else frame_slice(source, *options.frame_range)
    amount = "unknown" if clip.num_frames is None else clip.num_frames
    _log.info("%s: %dx%d, %s frames at %s per second", path, *clip.size[::-1], amount, clip.fps)
    return clip


def _frames_of_run(run: RunFolder) -> tuple[Path, Fraction]:
    """Return (folder of frames, fps) of a run folder."""
    if not run.frames.notes().get("complete"):
        raise UsageError(
            f"{run.folder} has not all of its frames: run its generate command again to finish it"
        )
    damaged = FrameFolder(run.frames).damaged(len(run.frames.results()))
    if damaged:
        raise MediaError(
            f"frame {damaged[0]} of {run.folder} is damaged: 'framesmooth resume {run.folder}' makes it again"
        )
    try:
        return run.frames.folder, recorded_rate(run.unchecked_record["settings"]["resolved"]["fps"])
    except (KeyError, TypeError, ValueError) as error:
        raise MediaError(
            f"{run.folder / RECORD_FILE} is damaged: give its frames folder and --fps"
        ) from error


def keyframes_and_jumps(
    path: Path, frame_range: tuple[int, int | None] | None = None
) -> tuple[frozenset[int], frozenset[int]]:
    """Return the keyframes of a clip, and the frames where its prompt jumps: a run folder knows them."""
    if not (path / RECORD_FILE).is_file():
        return frozenset(), frozenset()
    made, first = RunFolder(path).frames.notes().get("loaded", {}), frame_range[0] if frame_range else 0
    keyframes, jumps = (
        frozenset(time - first for time in made.get(name, ()) if time >= first)
        for name in ("diffused_frames", "prompt_changes")
    )
    return keyframes, jumps


def requested_settings(path: Path) -> dict[str, Any]:
    """Return the settings that a run's clip was asked for with, flat; none for what is no run folder."""
    if not (path / RECORD_FILE).is_file():
        return {}
    settings = RunFolder(path).unchecked_record.get("settings")
    raw = settings.get("raw") if isinstance(settings, dict) else None
    if not isinstance(raw, dict):
        return {}
    groups = [group for group in raw.values() if isinstance(group, dict)]
    return {**raw, **{name: value for group in groups for name, value in group.items()}}


@dataclass(frozen=True)
class SmoothedBefore:
    """How a run's clip was smoothed when it was made; what any other clip is smoothed with by default.

    Attributes:
        strength: 0 to 1, or the text of a schedule; of a tuned run the one that was found.
        method: name of a smoother.
        loop: whether the clip is a loop.
        guided: whether motion was estimated on the video that the clip restyles.
        is_run: whether it is a run's clip at all.
    """

    strength: float | str = defaults.STRENGTH
    method: str = defaults.SMOOTHER
    loop: bool = False
    guided: bool = False
    is_run: bool = field(default=False, compare=False)

    @classmethod
    def of(cls, path: Path | None) -> "SmoothedBefore":
        """Return what the record of the run folder ``path`` says; the defaults for what is no run folder."""
        asked = {} if path is None else requested_settings(path)
        if path is None or not asked:
            return cls()
        strength = asked.get("smooth_strength", asked.get("smooth", defaults.STRENGTH))
        if strength == "auto":
            tuning = RunFolder(path).unchecked_record.get("tuning")
            strength = tuning.get("strength") if isinstance(tuning, dict) else None
        method = asked.get("smoother")
        return cls(
            strength=strength if isinstance(strength, (int, float, str)) else defaults.STRENGTH,
            method=method if isinstance(method, str) else defaults.SMOOTHER,
            loop=asked.get("loop") is True,
            guided=asked.get("init_video") is not None,
            is_run=True,
        )
