"""Short-term warping error (Lai et al. 2018, "Learning Blind Video Temporal Consistency", section 4)."""

import numpy as np

from framesmooth.frames import Frame, as_float
from framesmooth.metric import Series, summarize
from framesmooth.motion import PairMotion
from framesmooth.warp import backward_warp


class WarpingError:
    """Mean squared error per colour sample of O_t against O_(t+1) warped back along F_(t -> t+1), x 1000.

    Over valid pixels (consistent flow, inside the frame, off motion boundaries), sRGB in [0, 1]. The number
    stands at frame t + 1. Still and smoothly moving clips have 0; blur lowers it too, so read it together
    with detail_retention.
    """

    name = "warping_error"
    unit = "×10⁻³"
    higher_is_better = False
    needs_reference = False
    needs_clean_reference = False
    needs_motion = True

    def __init__(self) -> None:
        self._before: Frame | None = None
        self._errors: list[float | None] = []
        self._coverages: list[float] = []

    def update(
        self,
        frame: Frame,
        reference: Frame | None = None,
        motion: PairMotion | None = None,
        *,
        cut: bool = False,
    ) -> None:
        """Take the next frame (H, W, 3) uint8 and the motion from the frame before to it."""
        error = None
        if self._before is not None and motion is not None and not cut:
            self._coverages.append(float(motion.valid.mean()))
            if motion.valid.any():
                warped = backward_warp(as_float(frame), motion.forward)
                gap = (as_float(self._before) - warped)[motion.valid]
                error = 1000 * float(np.mean(np.square(gap), dtype=np.float64))
        self._errors.append(error)
        self._before = frame

    def compute(self) -> Series:
        """Return the errors per pair, their mean and 95th percentile, and the mean coverage."""
        note = "needs two frames of one shot" if not self._coverages else "no pixel has valid flow"
        return summarize(
            self._errors,
            unit=self.unit,
            higher_is_better=False,
            coverages=self._coverages,
            note=note,
        )
