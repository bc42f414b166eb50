"""Long-term warping error (Lai et al. 2018, section 4): drift since the start of the shot."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_float
from framesmooth.metrics.per_frame import FrameMetric, masked_mean_square
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.occlusion import forward_backward_mask
from framesmooth.motion.warping import Mask, backward_warp, inside_frame

LEAST_COVERAGE: Final = 0.1


@dataclass(frozen=True)
class Chain:
    """The motion between a first frame and a later one, and which pixels of the first were never lost."""

    forward: FlowField
    backward: FlowField
    visible: Mask

    def extended(self, motion: BidirectionalFlow) -> "Chain":
        """Return the chain one frame further: flows are added along the motion, masks multiplied."""
        forward = np.add(self.forward, backward_warp(motion.forward, self.forward), dtype=np.float32)
        backward = np.add(motion.backward, backward_warp(self.backward, motion.backward), dtype=np.float32)
        kept = backward_warp(motion.valid, self.forward) > 0.999
        returns = forward_backward_mask(forward, backward) & inside_frame(forward)
        return Chain(forward, backward, self.visible & kept & returns)


class WarpingErrorLong(FrameMetric):
    """Mean squared error per colour sample of O_0 against O_t warped back along F_(0 -> t), x 1000.

    sRGB in [0, 1]; frame 0 is the first of the shot. F is the chain of the flows between neighbours, which
    are reliable where a direct estimate over many frames is not; it drifts by fractions of a pixel, so
    compare clips of one length. Pixels count that were valid all along the chain and whose chained flows
    agree both ways; frames with less than 10 % of them have no number.
    """

    name = "warping_error_long"
    unit = "×10⁻³"
    higher_is_better = False
    by_default = False
    needs_motion = True
    skips_held = True
    note = "needs two frames of one shot with at least 10 % of the picture in common"

    def __init__(self) -> None:
        super().__init__()
        self._first: NDArray[np.float32] | None = None
        self._chain: Chain | None = None

    def _value(
        self, frame: Frame, reference: Frame | None, motion: BidirectionalFlow | None, *, cut: bool
    ) -> float | None:
        here = as_float(frame)
        if self._first is None or motion is None or cut:
            self._first, self._chain = here, None
            return None
        self._chain = (
            Chain(motion.forward, motion.backward, motion.valid)
            if self._chain is None
            else self._chain.extended(motion)
        )
        coverage = float(self._chain.visible.mean())
        if coverage < LEAST_COVERAGE:
            return None
        self._coverages.append(coverage)
        gap = self._first - backward_warp(here, self._chain.forward)
        return 1000 * masked_mean_square(gap, self._chain.visible)
