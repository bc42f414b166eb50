"""Local flicker of brightness, which the mean of a frame averages away."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.metrics.motion_triples import MotionTriples, Triple
from framesmooth.metrics.second_difference import GAIN
from framesmooth.motion.warping import Mask

CELLS: Final = 8
LEAST_VALID: Final = 0.25
"""Cells with a smaller share of pixels that can be followed do not count."""


class LumaFlickerLocal(MotionTriples):
    """sqrt(mean_t mean_c (Y_c(t-1) - 2 Y_c(t) + Y_c(t+1))^2 / 6) over the cells c of an 8 by 8 grid.

    Y_c is the mean BT.601 luma, 0 to 255, over those pixels of the cell in frame t that can be followed into
    both neighbours; the neighbours are warped to frame t first, so the cells go along with the motion. Cells
    with less than a quarter of such pixels do not count. Zero for ramps, sigma for white flicker of that
    standard deviation that fills cells.
    """

    name = "luma_flicker_local"
    unit = "levels"

    def _picture(self, frame: Frame) -> NDArray[np.float32]:
        return luma_image(frame)

    def _deviation(self, triple: Triple) -> float | None:
        bends = cell_means(triple.before - 2 * triple.middle + triple.after, triple.valid)
        return float(np.sqrt(np.mean(np.square(bends)) / GAIN)) if len(bends) else None


def luma_image(frame: Frame) -> NDArray[np.float32]:
    """Return the BT.601 luma of a (H, W, 3) uint8 RGB frame, (H, W) float32, 0 to 255, not rounded."""
    return np.asarray(cv2.cvtColor(frame.astype(np.float32), cv2.COLOR_RGB2GRAY), np.float32)


def cell_means(image: NDArray[np.float32], valid: Mask) -> NDArray[np.float64]:
    """Return the means of an image (H, W) over the valid pixels of each cell that has enough of them."""
    edges = [_edges(side) for side in image.shape]
    known = valid.astype(np.float32)
    total, count = (_sums(part, *edges) for part in (image * known, known))
    area = _sums(np.ones_like(known), *edges)
    enough = count >= np.maximum(LEAST_VALID * area, 1)
    return np.asarray(total[enough] / count[enough], np.float64)


def _edges(side: int) -> NDArray[np.intp]:
    """Return where each cell begins along a side of so many pixels."""
    cells = min(CELLS, side)
    return np.arange(cells) * side // cells


def _sums(
    image: NDArray[np.float32], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Return the sum over each cell."""
    return np.asarray(np.add.reduceat(np.add.reduceat(image, columns, axis=1), rows, axis=0), np.float32)
