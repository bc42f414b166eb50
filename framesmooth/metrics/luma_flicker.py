"""Flicker of the mean brightness of the frame."""

import cv2

from framesmooth.frames import Frame
from framesmooth.metrics.second_difference import SecondDifference


class LumaFlicker(SecondDifference):
    """sqrt(mean_t (Y_(t-1) - 2 Y_t + Y_(t+1))^2 / 6), Y the mean BT.601 luma, 0 to 255.

    Zero for constant clips and for ramps, sigma for white flicker of that standard deviation.
    """

    name = "luma_flicker"
    unit = "levels"

    def _level(self, frame: Frame) -> float:
        return mean_luma(frame)


def mean_luma(frame: Frame) -> float:
    """Return the mean BT.601 luma of a (H, W, 3) uint8 RGB frame, 0 to 255: 0.299 R + 0.587 G + 0.114 B."""
    red, green, blue, _ = cv2.mean(frame)
    return 0.299 * red + 0.587 * green + 0.114 * blue
