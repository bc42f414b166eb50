"""Flicker of the whole frame's brightness."""

from dataclasses import replace

import cv2
import numpy as np

from framesmooth.frames import Frame
from framesmooth.metric import Series, summarize
from framesmooth.motion import PairMotion

# A second difference of white noise has 1 + 4 + 1 times its variance.
_SECOND_DIFFERENCE_GAIN = 6.0


class LumaFlicker:
    """sqrt(mean_t (Y_(t-1) - 2 Y_t + Y_(t+1))^2 / 6), Y the mean BT.601 luma, 0 to 255.

    Zero for constant clips and for ramps, sigma for white flicker of that standard deviation. ``per_frame``
    holds |second difference| / sqrt(6) at the middle frame; the mean is the root of their mean square.
    Triples across a cut do not count.
    """

    name = "luma_flicker"
    unit = "levels"
    higher_is_better = False
    needs_reference = False
    needs_clean_reference = False
    needs_motion = True  # finds the cuts

    def __init__(self) -> None:
        self._lumas: list[float] = []
        self._begins: list[bool] = []

    def update(
        self,
        frame: Frame,
        reference: Frame | None = None,
        motion: PairMotion | None = None,
        *,
        cut: bool = False,
    ) -> None:
        """Take the next frame (H, W, 3) uint8."""
        self._lumas.append(mean_luma(frame))
        self._begins.append(cut)

    def compute(self) -> Series:
        """Return the root mean square of the second differences."""
        bends: list[float | None] = [None] * len(self._lumas)
        for t in range(1, len(self._lumas) - 1):
            if not (self._begins[t] or self._begins[t + 1]):
                before, here, after = self._lumas[t - 1 : t + 2]
                bends[t] = abs(before - 2 * here + after) / _SECOND_DIFFERENCE_GAIN**0.5
        series = summarize(
            bends, unit=self.unit, higher_is_better=False, note="needs three frames of one shot"
        )
        root = [bend**2 for bend in bends if bend is not None]
        return replace(series, mean=float(np.sqrt(np.mean(root))) if root else None)


def mean_luma(frame: Frame) -> float:
    """Return the mean BT.601 luma of a (H, W, 3) uint8 RGB frame, 0 to 255: 0.299 R + 0.587 G + 0.114 B."""
    red, green, blue, _ = cv2.mean(frame)
    return 0.299 * red + 0.587 * green + 0.114 * blue
