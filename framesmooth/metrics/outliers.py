"""Outlier and black frames: those that differ from both neighbours in colour or sharpness.

A frame is judged against the two beside it. In a steady travel it is near their middle; one that isn't,
while they agree with each other, doesn't belong there. The threshold is estimated from the clip itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame

_GRID: Final = 4
_DARKEST: Final = 8
_TIMES_USUAL: Final = 8.0
_LEAST_COLOUR: Final = 16.0
"""Levels of 255, root mean square over the grid, that are always close enough."""
_LEAST_SHARPNESS: Final = 0.7
"""Natural logarithm of a ratio: a factor of two is always close enough."""


@dataclass(frozen=True)
class FrameStatistics:
    """What a frame is judged by.

    Attributes:
        colour: mean RGB in a grid of 4 x 4 cells, float64 (48,), 0 to 255.
        sharpness: natural logarithm of the mean absolute fine detail.
        black: whether nothing can be seen.
    """

    colour: NDArray[np.float64]
    sharpness: float
    black: bool


def frame_statistics(frame: Frame) -> FrameStatistics:
    """Return what a (H, W, 3) uint8 frame is judged by."""
    cells = cv2.resize(frame.astype(np.float32), (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
    detail = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 1.5)).mean()
    return FrameStatistics(
        colour=np.asarray(cells, np.float64).ravel(),
        sharpness=float(np.log(float(detail) + 0.1)),
        black=int(frame.max()) < _DARKEST,
    )


def outliers(looks: Sequence[FrameStatistics]) -> dict[int, str]:
    """Return frame -> "black", "colour outlier" or "sharpness outlier" for the outliers of a clip.

    The first and the last frame have one neighbour and are only judged by whether they are black.
    """
    found = {index: "black" for index, look in enumerate(looks) if look.black}
    if len(looks) < 3:
        return found
    colours = np.stack([look.colour for look in looks])
    sharpness = np.array([[look.sharpness] for look in looks])
    judged = (("colour outlier", colours, _LEAST_COLOUR), ("sharpness outlier", sharpness, _LEAST_SHARPNESS))
    for fault, values, least in judged:
        for index in _apart(values, least):
            found.setdefault(index, fault)
    return found


def _apart(values: NDArray[np.float64], least: float) -> list[int]:
    """Return the indices whose value (T, D) is far from the middle of both neighbours, which agree."""
    middle, gap = (values[:-2] + values[2:]) / 2, _rms(values[:-2] - values[2:])
    distance = _rms(values[1:-1] - middle)
    limit = max(least, _TIMES_USUAL * float(np.median(distance)))
    return [int(index) + 1 for index in np.flatnonzero((distance > limit) & (distance > 2 * gap))]


def _rms(differences: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(np.mean(differences**2, axis=1)), np.float64)
