"""The base of the metrics of three frames along the motion."""

from abc import abstractmethod
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.metrics.base import Metric, Series, summarize
from framesmooth.metrics.second_difference import root_mean_square
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.warping import Mask, backward_warp

FloatImage = NDArray[np.float32]


@dataclass(frozen=True)
class Triple:
    """Three neighbouring frames of one shot as pictures, the outer ones warped onto the middle one.

    ``acceleration`` (H, W, 2) is F_(t -> t+1) + F_(t -> t-1) in pixels, zero where motion is steady;
    ``valid`` (H, W) is where the flow can be trusted both ways.
    """

    before: FloatImage
    middle: FloatImage
    after: FloatImage
    acceleration: FlowField
    valid: Mask


@dataclass(frozen=True)
class _Middle:
    """A frame that waits for the next one, with what it knows of the one before."""

    picture: FloatImage
    before: FloatImage
    backward: FlowField
    seen: Mask


class MotionTriples(Metric):
    """A metric of one standard deviation for each frame that has two neighbours in its shot.

    The number stands at the middle frame; the mean is the root of the numbers' mean square.
    """

    higher_is_better = False
    needs_motion = True
    skips_held = True

    def __init__(self) -> None:
        self._last: FloatImage | None = None
        self._middle: _Middle | None = None
        self._values: list[float | None] = []
        self._coverages: list[float] = []

    def update(
        self,
        frame: Frame,
        reference: Frame | None = None,
        motion: BidirectionalFlow | None = None,
        *,
        cut: bool = False,
    ) -> None:
        """Take the next frame (H, W, 3) uint8 and the motion from the frame before to it."""
        self._values.append(None)
        picture, last, middle = self._picture(frame), self._last, self._middle
        self._last, self._middle = picture, None
        if motion is None or cut or last is None:
            return
        if middle is not None:
            self._add(middle, picture, motion)
        self._middle = _Middle(
            picture,
            np.asarray(backward_warp(last, motion.backward), np.float32),
            motion.backward,
            motion.consistent_backward,
        )

    def _add(self, middle: _Middle, after: FloatImage, motion: BidirectionalFlow) -> None:
        valid = middle.seen & motion.valid
        self._coverages.append(float(valid.mean()))
        if valid.any():
            warped = np.asarray(backward_warp(after, motion.forward), np.float32)
            acceleration = np.add(motion.forward, middle.backward, dtype=np.float32)
            triple = Triple(middle.before, middle.picture, warped, acceleration, valid)
            self._values[-2] = self._deviation(triple)

    @abstractmethod
    def _picture(self, frame: Frame) -> FloatImage:
        """Return what is compared, (H, W) or (H, W, 3) float32."""

    @abstractmethod
    def _deviation(self, triple: Triple) -> float | None:
        """Return the standard deviation that the triple tells of; some pixel is valid."""

    def compute(self) -> Series:
        """Return the numbers per frame, and the root of their mean square."""
        series = summarize(
            self._values,
            unit=self.unit,
            higher_is_better=self.higher_is_better,
            coverages=self._coverages,
            note="needs three frames of one shot",
        )
        sizes = [size for size in series.per_frame if size is not None]
        return replace(series, mean=root_mean_square(sizes) if sizes else None)
