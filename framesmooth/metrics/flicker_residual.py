"""What flickers in the difference to a known clean clip."""

import numpy as np

from framesmooth.frames import Frame, as_float
from framesmooth.metric import Series, summarize
from framesmooth.motion import PairMotion
from framesmooth.warp import backward_warp


class FlickerResidual:
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

    def __init__(self) -> None:
        self._before: np.ndarray[tuple[int, ...], np.dtype[np.float32]] | None = None
        self._residuals: list[float | None] = []
        self._coverages: list[float] = []

    def update(
        self,
        frame: Frame,
        reference: Frame | None = None,
        motion: PairMotion | None = None,
        *,
        cut: bool = False,
    ) -> None:
        """Take the next frame, its reference and the reference's motion from the frame before to it."""
        if reference is None:
            return
        here = as_float(frame) - as_float(reference)
        value = None
        if self._before is not None and motion is not None and not cut:
            self._coverages.append(float(motion.valid.mean()))
            if motion.valid.any():
                change = (self._before - backward_warp(here, motion.forward))[motion.valid]
                value = 1000 * float(np.sqrt(np.mean(np.square(change), dtype=np.float64)))
        self._residuals.append(value)
        self._before = here

    def compute(self) -> Series:
        """Return the residual per pair and its mean."""
        return summarize(
            self._residuals,
            unit=self.unit,
            higher_is_better=False,
            coverages=self._coverages,
            note="needs two frames of one shot",
        )
