"""How much moves: a clip that was frozen to lower its flicker gives itself away here."""

import numpy as np

from framesmooth.frames import Frame
from framesmooth.metrics.frame_metric import FrameMetric
from framesmooth.motion import PairMotion


class DynamicDegree(FrameMetric):
    """Mean length of the fastest 5 % of the flow, pixels per frame (after VBench's dynamic degree).

    Neither direction is better: removing wobble lowers it as freezing does, only less.
    """

    name = "dynamic_degree"
    unit = "px"
    higher_is_better = None
    needs_motion = True

    note = "needs two frames of one shot"

    def _value(
        self, frame: Frame, reference: Frame | None, motion: PairMotion | None, *, cut: bool
    ) -> float | None:
        if motion is None or cut:
            return None
        lengths = np.hypot(motion.forward[..., 0], motion.forward[..., 1]).ravel()
        fastest = max(lengths.size // 20, 1)
        return float(np.partition(lengths, -fastest)[-fastest:].mean())
