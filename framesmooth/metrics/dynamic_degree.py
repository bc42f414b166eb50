"""How much moves: a clip that was frozen to lower its flicker gives itself away here."""

import numpy as np

from framesmooth.frames import Frame
from framesmooth.metric import Series, summarize
from framesmooth.motion import PairMotion


class DynamicDegree:
    """Mean length of the fastest 5 % of the flow, pixels per frame (after VBench's dynamic degree).

    Neither direction is better: removing wobble lowers it as freezing does, only less.
    """

    name = "dynamic_degree"
    unit = "px"
    higher_is_better = None
    needs_reference = False
    needs_clean_reference = False
    needs_motion = True

    def __init__(self) -> None:
        self._speeds: list[float | None] = []

    def update(
        self,
        frame: Frame,
        reference: Frame | None = None,
        motion: PairMotion | None = None,
        *,
        cut: bool = False,
    ) -> None:
        """Take the next frame and the motion from the frame before to it."""
        speed = None
        if motion is not None and not cut:
            lengths = np.hypot(motion.forward[..., 0], motion.forward[..., 1]).ravel()
            fastest = max(lengths.size // 20, 1)
            speed = float(np.partition(lengths, -fastest)[-fastest:].mean())
        self._speeds.append(speed)

    def compute(self) -> Series:
        """Return the speed per pair and its mean."""
        return summarize(
            self._speeds, unit=self.unit, higher_is_better=None, note="needs two frames of one shot"
        )
