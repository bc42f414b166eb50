"""Sharpness that comes and goes, as in cross-faded in-betweens."""

import math

import cv2

from framesmooth.frames import Frame
from framesmooth.metrics.detail_retention import detail
from framesmooth.metrics.second_difference import SecondDifference

# The variance of rounding to 8 bits: frames without any detail have this much, and a finite logarithm.
_ROUNDING = (1 / 255) ** 2 / 12


class SharpnessPumping(SecondDifference):
    """sqrt(mean_t (E_(t-1) - 2 E_t + E_(t+1))^2 / 6), E = ln(mean HF^2), HF = x - Gauss(x, sigma 1.5).

    x is sRGB in [0, 1]. The unit is that of a natural logarithm: 0.1 means that the energy of the fine detail
    jitters by 10 %. Zero where sharpness is steady or changes evenly; blind to blur that stays.
    """

    name = "sharpness_pumping"
    unit = "ln"

    def _level(self, frame: Frame) -> float:
        return detail_level(frame)


def detail_level(frame: Frame) -> float:
    """Return ln(mean HF^2 + 1 / (12 255^2)) of a (H, W, 3) uint8 frame: the last term is that of rounding."""
    return math.log(cv2.norm(detail(frame), cv2.NORM_L2SQR) / frame.size + _ROUNDING)
