"""What flickers in the difference to a known clean clip."""

from typing import cast

import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_float
from framesmooth.metrics.frame_metric import FrameMetric
from framesmooth.motion import PairMotion
from framesmooth.warp import backward_warp


class FlickerResidual(FrameMetric):
    """f = mean_t sqrt(mean_M (R_t - W(R_(t+1); F_V))^2), R = O - V, V the reference; x 1000, sRGB in [0, 1].

    A constant difference to the reference does not count, one that changes along the motion does. Compare
    two clips with ``flicker_residual_removed``.
    """

    name = "flicker_residual"
    unit = "×10⁻³"
    higher_is_better = False
    needs_reference = True
    needs_clean_reference = True
    needs_motion = True

    note = "needs two frames of one shot"

    def __init__(self) -> None:
        super().__init__()
        self._before: NDArray[np.float32] | None = None

    def _value(
        self, frame: Frame, reference: Frame | None, motion: PairMotion | None, *, cut: bool
    ) -> float | None:
        here, before = as_float(frame) - as_float(cast(Frame, reference)), self._before
        self._before = here
        if before is None or motion is None or cut:
            return None
        self._coverages.append(float(motion.valid.mean()))
        if not motion.valid.any():
            return None
        change = (before - backward_warp(here, motion.forward))[motion.valid]
        return 1000 * float(np.sqrt(np.mean(np.square(change), dtype=np.float64)))
