"""The root mean square of the second differences of a number per frame: how unsteady it is."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from framesmooth.frames import Frame
from framesmooth.metrics.base import Metric, Series, summarize
from framesmooth.motion.bidirectional import BidirectionalFlow

# A second difference of white noise has 1 + 4 + 1 times its variance.
GAIN = 6.0


class SecondDifference(Metric):
    """sqrt(mean_t (X_(t-1) - 2 X_t + X_(t+1))^2 / 6) of a number X of each frame.

    Zero for constants and for ramps, sigma for white noise of that standard deviation. ``per_frame`` holds
    the size of the second difference / sqrt(6) at the middle frame; the mean is the root of their mean
    square. Triples across a cut do not count.
    """

    higher_is_better = False
    needs_motion = True  # finds the cuts
    skips_held = True

    def __init__(self) -> None:
        self._levels: list[float] = []
        self._begins: list[bool] = []

    def update(
        self,
        frame: Frame,
        reference: Frame | None = None,
        motion: BidirectionalFlow | None = None,
        *,
        cut: bool = False,
    ) -> None:
        """Take the next frame (H, W, 3) uint8."""
        self._levels.append(self._level(frame))
        self._begins.append(cut)

    @abstractmethod
    def _level(self, frame: Frame) -> float:
        """Return X of a frame, finite."""

    def compute(self) -> Series:
        """Return the root mean square of the second differences."""
        series = summarize(
            second_differences(self._levels, self._begins),
            unit=self.unit,
            higher_is_better=self.higher_is_better,
            note="needs three frames of one shot",
        )
        sizes = [size for size in series.per_frame if size is not None]
        return replace(series, mean=root_mean_square(sizes) if sizes else None)


def second_differences(levels: Sequence[float], begins: Sequence[bool]) -> list[float | None]:
    """Return |X_(t-1) - 2 X_t + X_(t+1)| / sqrt(6) for every t, None at the ends of shots.

    ``begins`` says where a new shot begins.
    """
    sizes: list[float | None] = [None] * len(levels)
    for t in range(1, len(levels) - 1):
        if not (begins[t] or begins[t + 1]):
            before, here, after = levels[t - 1 : t + 2]
            sizes[t] = abs(before - 2 * here + after) / GAIN**0.5
    return sizes


def root_mean_square(values: Sequence[float]) -> float:
    """Return the root of the mean square of at least one number."""
    return float(np.sqrt(np.mean(np.square(values))))
