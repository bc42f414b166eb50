"""How much of the picture the motion-compensated metrics could judge."""

from framesmooth.frames import Frame
from framesmooth.metric import Series, summarize
from framesmooth.motion import PairMotion


class Coverage:
    """Share of pixels with valid flow from the frame before, in percent; 0 across a cut."""

    name = "coverage"
    unit = "%"
    higher_is_better = True
    needs_reference = False
    needs_clean_reference = False
    needs_motion = True

    def __init__(self) -> None:
        self._shares: list[float | None] = []

    def update(
        self,
        frame: Frame,
        reference: Frame | None = None,
        motion: PairMotion | None = None,
        *,
        cut: bool = False,
    ) -> None:
        """Take the next frame and the motion from the frame before to it."""
        share = None if motion is None else 100 * float(motion.valid.mean())
        self._shares.append(0.0 if cut else share)

    def compute(self) -> Series:
        """Return the share per pair and its mean."""
        return summarize(self._shares, unit=self.unit, higher_is_better=True, note="needs two frames")
