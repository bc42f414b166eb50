"""Flicker of brightness place by place: what a frame's mean averages away."""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.metric import Metric, Series, summarize
from framesmooth.metrics.second_difference import GAIN
from framesmooth.motion import PairMotion
from framesmooth.warp import Mask, backward_warp

CELLS: Final = 8
LEAST_VALID: Final = 0.25
"""Cells with a smaller share of pixels that can be followed do not count."""

Luma = NDArray[np.float32]


@dataclass(frozen=True)
class _Middle:
    """The frame in the middle of a triple; what the frame before looks like from it, and where it is seen."""

    luma: Luma
    before: Luma
    seen: Mask


class LumaFlickerLocal(Metric):
    """sqrt(mean_(t, c) (Y_c(t-1) - 2 Y_c(t) + Y_c(t+1))^2 / 6) over the cells c of an 8 by 8 grid.

    Y_c is the mean BT.601 luma, 0 to 255, over those pixels of the cell in frame t that can be followed into
    both neighbours; the neighbours are warped to frame t first, so the cells go along with the motion. Cells
    with less than a quarter of such pixels do not count. Zero for ramps, sigma for white flicker of that
    standard deviation that fills cells. ``per_frame`` stands at the middle frame; the mean is the root of the
    mean square over all cells of all frames.
    """

    name = "luma_flicker_local"
    unit = "levels"
    higher_is_better = False
    needs_motion = True

    def __init__(self) -> None:
        self._last: Luma | None = None
        self._middle: _Middle | None = None
        self._values: list[float | None] = []
        self._coverages: list[float] = []
        self._squares, self._cells = 0.0, 0

    def update(
        self,
        frame: Frame,
        reference: Frame | None = None,
        motion: PairMotion | None = None,
        *,
        cut: bool = False,
    ) -> None:
        """Take the next frame (H, W, 3) uint8 and the motion from the frame before to it."""
        self._values.append(None)
        luma, last, middle = luma_image(frame), self._last, self._middle
        self._last, self._middle = luma, None
        if motion is None or cut or last is None:
            return
        self._middle = _Middle(
            luma, np.asarray(backward_warp(last, motion.backward), np.float32), motion.consistent_backward
        )
        if middle is not None:
            bend = middle.before - 2 * middle.luma + backward_warp(luma, motion.forward)
            self._add(bend, middle.seen & motion.valid)

    def _add(self, bend: NDArray[np.float32], valid: Mask) -> None:
        squares = np.square(cell_means(bend, valid)) / GAIN
        self._coverages.append(float(valid.mean()))
        if len(squares):
            self._values[-2] = float(np.sqrt(squares.mean()))
            self._squares += float(squares.sum())
            self._cells += len(squares)

    def compute(self) -> Series:
        """Return the root mean square of the second differences of all cells."""
        series = summarize(
            self._values,
            unit=self.unit,
            higher_is_better=self.higher_is_better,
            coverages=self._coverages,
            note="needs three frames of one shot with flow that is valid in places",
        )
        return replace(series, mean=(self._squares / self._cells) ** 0.5 if self._cells else None)


def luma_image(frame: Frame) -> Luma:
    """Return the BT.601 luma of a (H, W, 3) uint8 RGB frame, (H, W) float32, 0 to 255, not rounded."""
    return np.asarray(cv2.cvtColor(frame.astype(np.float32), cv2.COLOR_RGB2GRAY), np.float32)


def cell_means(image: NDArray[np.float32], valid: Mask) -> NDArray[np.float64]:
    """Return the means of an image (H, W) over the valid pixels of each cell that has enough of them."""
    total, count, area = (
        _cell_sums(np.asarray(part, np.float64)) for part in (image * valid, valid, np.ones(valid.shape))
    )
    enough = count >= np.maximum(LEAST_VALID * area, 1)
    return np.asarray(total[enough] / count[enough], np.float64)


def _cell_sums(image: NDArray[np.float64]) -> NDArray[np.float64]:
    for axis in (0, 1):
        cells = min(CELLS, image.shape[axis])
        image = np.add.reduceat(image, np.arange(cells) * image.shape[axis] // cells, axis=axis)
    return image
