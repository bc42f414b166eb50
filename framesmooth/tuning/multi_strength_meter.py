"""Metrics of several strengths at once, along the same motion, in one pass."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_float
from framesmooth.metrics.detail_retention import detail
from framesmooth.metrics.luma_flicker import mean_luma
from framesmooth.metrics.per_frame import masked_mean_square
from framesmooth.metrics.second_difference import root_mean_square, second_differences
from framesmooth.motion.bidirectional import BidirectionalFlow, estimate_bidirectional_flow
from framesmooth.motion.flow.base import load_flow
from framesmooth.motion.scene_cuts import is_cut
from framesmooth.motion.warping import Mask, backward_warp
from framesmooth.tuning.trial import Trial

FloatImage = NDArray[np.float32]

_FLOW = "dis-medium"
_MEAN_GAIN = 1.5  # of white noise less the mean of its two neighbours


@dataclass(frozen=True)
class _Pair:
    """The motion from the frame before to this one, and what can be said of the frame before by it.

    ``middle`` is where the frame before is seen in both its neighbours, ``fine`` the fine detail that these
    have there in the input; None where it has no neighbour before.
    """

    motion: BidirectionalFlow
    middle: Mask | None
    fine: FloatImage | None


@dataclass
class _Lane:
    """Figures of one version, its last frame, and the last but one warped onto that."""

    luma: list[float] = field(default_factory=list)
    warping: list[float] = field(default_factory=list)
    flicker: list[float] = field(default_factory=list)
    shared: float = 0.0
    last: Frame | None = None
    picture: FloatImage | None = None
    arrived: FloatImage | None = None

    def add(self, frame: Frame, pair: _Pair | None) -> None:
        """Take the next frame; ``pair`` is None where a shot begins."""
        picture = as_float(frame)
        self.luma.append(mean_luma(frame))
        arrived = None
        if pair is not None and self.picture is not None:
            self._judge(picture, pair)
            arrived = np.asarray(backward_warp(self.picture, pair.motion.backward), np.float32)
        self.last, self.picture, self.arrived = frame, picture, arrived

    def _judge(self, picture: FloatImage, pair: _Pair) -> None:
        """Judge the frame before, now that the one after it is known."""
        middle = cast(FloatImage, self.picture)
        after = np.asarray(backward_warp(picture, pair.motion.forward), np.float32)
        if pair.motion.valid.any():
            gap = np.asarray(cv2.subtract(middle, after), np.float32)
            self.warping.append(1000 * masked_mean_square(gap, pair.motion.valid))
        if pair.middle is None or pair.fine is None or self.arrived is None or not pair.middle.any():
            return
        expected = cv2.addWeighted(self.arrived, 0.5, after, 0.5, 0)
        gap = np.asarray(cv2.subtract(middle, expected), np.float32)
        self.flicker.append(255 * (masked_mean_square(gap, pair.middle) / _MEAN_GAIN) ** 0.5)
        self.shared += float(np.vdot(detail(cast(Frame, self.last)), pair.fine))


class MultiStrengthMeter:
    """Takes all versions of every frame and computes how much each version flickers.

    Motion is that of one version, the same for all, so that wobble is not taken for motion in those that
    have it. Flicker is what the two neighbours of a frame, warped onto it, don't explain.
    """

    def __init__(self, strengths: Sequence[float]) -> None:
        self._strengths = strengths
        self._flow = load_flow(_FLOW)
        self._input, self._lanes = _Lane(), [_Lane() for _ in strengths]
        self._begins: list[bool] = []
        self._guide: Frame | None = None
        self._motion: BidirectionalFlow | None = None
        self._fine: FloatImage | None = None
        self._fine_arrived: FloatImage | None = None

    def update(self, original: Frame, versions: Sequence[Frame], guide: Frame) -> None:
        """Take the next frame (H, W, 3) uint8, its versions, and the one whose motion counts."""
        motion = None if self._guide is None else estimate_bidirectional_flow(self._flow, self._guide, guide)
        if self._guide is not None and motion is not None and is_cut(self._guide, guide, motion):
            motion = None
        pair = self._pair(original, motion)
        self._begins.append(motion is None)
        for lane, version in zip([self._input, *self._lanes], [original, *versions], strict=True):
            lane.add(version, pair)
        self._guide, self._motion = guide, motion

    def _pair(self, original: Frame, motion: BidirectionalFlow | None) -> _Pair | None:
        fine, before = detail(original), self._fine
        self._fine, arrived = fine, self._fine_arrived
        if motion is None or before is None:
            self._fine_arrived = None
            return None
        self._fine_arrived = np.asarray(backward_warp(before, motion.backward), np.float32)
        if arrived is None or self._motion is None:
            return _Pair(motion, None, None)
        middle = np.asarray(self._motion.consistent_backward & motion.valid)
        after = backward_warp(fine, motion.forward)
        return _Pair(motion, middle, np.asarray((arrived + after) * middle[..., None] / 2, np.float32))

    def trials(self) -> list[Trial]:
        """Return the figures of every version, in the order of the strengths."""
        own = self._input.shared
        return [
            Trial(
                strength=strength,
                warping_error=float(np.mean(lane.warping or [0.0])),
                luma_flicker=self._luma_flicker(lane),
                detail=lane.shared / own if own > 0 else 1.0,
                flicker=root_mean_square(lane.flicker) if lane.flicker else 0.0,
                harm=0.0,
            )
            for strength, lane in zip(self._strengths, self._lanes, strict=True)
        ]

    def _luma_flicker(self, lane: _Lane) -> float:
        sizes = [size for size in second_differences(lane.luma, self._begins) if size is not None]
        return root_mean_square(sizes) if sizes else 0.0
