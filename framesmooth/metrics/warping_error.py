"""Short-term warping error (Lai et al. 2018, "Learning Blind Video Temporal Consistency", section 4)."""

import numpy as np

from framesmooth.frames import Frame, as_float
from framesmooth.metrics.frame_metric import FrameMetric
from framesmooth.motion import PairMotion
from framesmooth.warp import backward_warp


class WarpingError(FrameMetric):
    """Mean squared error per colour sample of O_t against O_(t+1) warped back along F_(t -> t+1), x 1000.

    Over valid pixels (consistent flow, inside the frame, off motion boundaries), sRGB in [0, 1]. The number
    stands at frame t + 1. Still and smoothly moving clips have 0; blur lowers it too, so read it together
    with detail_retention.
    """

    name = "warping_error"
    unit = "×10⁻³"
    higher_is_better = False
    needs_motion = True

    note = "needs two frames of one shot with flow that is valid somewhere"

    def __init__(self) -> None:
        super().__init__()
        self._before: Frame | None = None

    def _value(
        self, frame: Frame, reference: Frame | None, motion: PairMotion | None, *, cut: bool
    ) -> float | None:
        before, self._before = self._before, frame
        if before is None or motion is None or cut:
            return None
        self._coverages.append(float(motion.valid.mean()))
        if not motion.valid.any():
            return None
        warped = backward_warp(as_float(frame), motion.forward)
        gap = (as_float(before) - warped)[motion.valid]
        return 1000 * float(np.mean(np.square(gap), dtype=np.float64))
