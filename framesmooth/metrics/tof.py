"""tOF of TecoGAN (Chu et al. 2020), for comparison with published figures."""

from typing import cast

import numpy as np

from framesmooth.frames import Frame
from framesmooth.metrics.per_frame import FrameMetric
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.flow.farneback import FarnebackFlow

_FLOW = FarnebackFlow(levels=3, window_size=15, iterations=3, poly_size=5, poly_sigma=1.2)
_BLOCK, _BORDER = 32, 16


class Tof(FrameMetric):
    """mean |OF(o_(t-1), o_t) - OF(v_(t-1), v_t)| in pixels: how differently the clip and its reference move.

    OF is Farneback's flow of the grey pictures with TecoGAN's settings (pyramid 0.5, 3 levels, window 15, 3
    iterations, polynomials 5 and 1.2), |.| the length of the vector. As in its published code only the middle
    counts, in multiples of 32 pixels and at least 16 less than the frame; unlike there, the first two and the
    last two frames count too. Pairs across a cut do not.
    """

    name = "tof"
    unit = "px"
    higher_is_better = False
    by_default = False
    needs_reference = True
    needs_clean_reference = True
    needs_motion = True  # finds the cuts
    note = "needs two frames of one shot, 48 pixels a side or more"

    def __init__(self) -> None:
        super().__init__()
        self._before: tuple[Frame, Frame] | None = None

    def _value(
        self, frame: Frame, reference: Frame | None, motion: BidirectionalFlow | None, *, cut: bool
    ) -> float | None:
        pair, before = (frame.copy(), cast(Frame, reference).copy()), self._before
        self._before = pair
        if before is None or cut or min(frame.shape[:2]) < _BLOCK + _BORDER:
            return None
        moved, ideal = (_middle(_FLOW(first, second)) for first, second in zip(before, pair, strict=True))
        return float(np.linalg.norm(moved - ideal, axis=-1).mean())


def _middle(flow: FlowField) -> FlowField:
    height, width = ((side - _BORDER) // _BLOCK * _BLOCK for side in flow.shape[:2])
    top, left = (flow.shape[0] - height) // 2, (flow.shape[1] - width) // 2
    return flow[top : top + height, left : left + width]
