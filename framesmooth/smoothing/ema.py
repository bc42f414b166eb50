"""Recursive (exponential moving) average along the motion: the fast smoother."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framesmooth.smoothing.motion_compensated import FloatImage, RecursiveSmoother


@dataclass(frozen=True, kw_only=True)
class EmaSmoother(RecursiveSmoother):
    """O_t = (1 - a) I_t + a W(O_(t-1)), with a = ``strength`` x 0.9 where the past is still visible.

    W warps along the flow t -> t - 1. The average restarts at cuts, and where the flow is inconsistent or
    the warped past differs from the frame. Every warp resamples, so fine detail suffers at high strength.
    """

    def _blend(
        self, present: FloatImage, past: FloatImage, trust: NDArray[np.float32], strength: float
    ) -> FloatImage:
        share = np.float32(0.9 * strength) * trust
        return present + share[..., None] * (past - present)
