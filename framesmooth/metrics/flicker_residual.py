"""Flicker of the difference to a known clean clip."""

import math
from typing import cast

import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_float
from framesmooth.metrics.motion_compensated import MotionCompensatedMetric


class FlickerResidual(MotionCompensatedMetric):
    """f = mean_t sqrt(mean_M (R_t - W(R_(t+1); F_V))^2), R = O - V, V the reference; x 1000, sRGB in [0, 1].

    A constant difference to the reference does not count, one that changes along the motion does. Compare
    two clips with ``flicker_residual_removed``.
    """

    name = "flicker_residual"
    unit = "×10⁻³"
    higher_is_better = False
    needs_reference = True
    needs_clean_reference = True

    def _picture(self, frame: Frame, reference: Frame | None) -> NDArray[np.float32]:
        return as_float(frame) - as_float(cast(Frame, reference))

    def _score(self, mean_square: float) -> float:
        return math.sqrt(mean_square)
