"""VBench's temporal flickering (Huang et al. 2024), for comparison with published figures."""

from dataclasses import replace
from typing import Final

import numpy as np

from framesmooth.frames import Frame
from framesmooth.metrics.base import Series
from framesmooth.metrics.dynamic_degree import fastest_motion
from framesmooth.metrics.per_frame import FrameMetric
from framesmooth.motion.bidirectional import BidirectionalFlow

GATE_SHARE: Final = 0.02
GATE_SPEED: Final = 3 / 256
"""Of the shorter side, a frame."""
GATE_PAIRS: Final = 2 / 16
"""Of the frames."""


class VBenchTemporalFlickering(FrameMetric):
    """(255 - mean |f_t - f_(t+1)|) / 255 over all samples of the uint8 frames, 0 to 1; 1 is a still clip.

    No motion is taken out, so VBench scores only clips that its static filter lets pass: those where the mean
    of the fastest 2 % of the flow exceeds 3/256 of the shorter side in at most 1/8 as many pairs as there are
    frames. ``note`` tells whether the clip passes (by this program's flow instead of RAFT, and without
    VBench's look from the last frame to the first); the number is given either way. Cuts count as changes.
    """

    name = "vbench_temporal_flickering"
    unit = "share"
    higher_is_better = True
    by_default = False
    needs_motion = True
    own_motion = True
    note = "needs two frames"

    def __init__(self) -> None:
        super().__init__()
        self._before: Frame | None = None
        self._moving = 0

    def _value(
        self, frame: Frame, reference: Frame | None, motion: BidirectionalFlow | None, *, cut: bool
    ) -> float | None:
        before, self._before = self._before, frame.copy()
        if before is None:
            return None
        limit = GATE_SPEED * min(frame.shape[:2])
        self._moving += cut or (motion is not None and fastest_motion(motion.forward, GATE_SHARE) > limit)
        return similarity(before, frame)

    def compute(self) -> Series:
        """Return the mean over all pairs; ``note`` says whether VBench would score the clip."""
        series = super().compute()
        if series.mean is None:
            return series
        static = self._moving <= round(GATE_PAIRS * len(self._values))
        return replace(series, note="static: VBench scores it" if static else "moves: VBench leaves it out")


def similarity(first: Frame, second: Frame) -> float:
    """Return (255 - mean absolute difference) / 255 of two (H, W, 3) uint8 frames."""
    return 1 - float(np.mean(np.abs(first.astype(np.int16) - second), dtype=np.float64)) / 255
