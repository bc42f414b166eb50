"""Short-term warping error (Lai et al. 2018, "Learning Blind Video Temporal Consistency", section 4)."""

import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_float
from framesmooth.metrics.motion_compensated import MotionCompensatedMetric


class WarpingError(MotionCompensatedMetric):
    """Mean squared error per colour sample of O_t against O_(t+1) warped back along F_(t -> t+1), x 1000.

    Over valid pixels, sRGB in [0, 1]. Still and smoothly moving clips have 0; blur lowers it too, so read it
    together with detail_retention.
    """

    name = "warping_error"
    unit = "×10⁻³"
    higher_is_better = False

    def _picture(self, frame: Frame, reference: Frame | None) -> NDArray[np.float32]:
        return as_float(frame)

    def _score(self, mean_square: float) -> float:
        return mean_square
