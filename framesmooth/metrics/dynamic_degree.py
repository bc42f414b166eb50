"""Amount of motion, which exposes clips that were frozen to lower their flicker."""

import numpy as np

from framesmooth.frames import Frame
from framesmooth.metrics.per_frame import FrameMetric
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.flow.base import FlowField, squared_length


class DynamicDegree(FrameMetric):
    """Mean length of the fastest 5 % of the flow, pixels per frame (after VBench's dynamic degree).

    Neither direction is better: removing wobble lowers it as freezing does, only less.
    """

    name = "dynamic_degree"
    unit = "px"
    higher_is_better = None
    needs_motion = True
    own_motion = True

    note = "needs two frames of one shot"

    def _value(
        self, frame: Frame, reference: Frame | None, motion: BidirectionalFlow | None, *, cut: bool
    ) -> float | None:
        return None if motion is None or cut else fastest_motion(motion.forward, 0.05)


def fastest_motion(flow: FlowField, share: float) -> float:
    """Return the mean length (pixels) of the fastest ``share`` of a flow (H, W, 2), one vector at least."""
    squares = squared_length(flow).ravel()
    fastest = max(int(share * squares.size), 1)
    return float(np.sqrt(np.partition(squares, -fastest)[-fastest:]).mean())
