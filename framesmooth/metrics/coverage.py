"""Share of the frame that the motion-compensated metrics could measure."""

from framesmooth.frames import Frame
from framesmooth.metrics.per_frame import FrameMetric
from framesmooth.motion.bidirectional import BidirectionalFlow


class Coverage(FrameMetric):
    """Share of pixels with valid flow from the frame before, in percent; 0 across a cut."""

    name = "coverage"
    unit = "%"
    higher_is_better = True
    needs_motion = True
    skips_held = True

    note = "needs two frames"

    def _value(
        self, frame: Frame, reference: Frame | None, motion: BidirectionalFlow | None, *, cut: bool
    ) -> float | None:
        if cut:
            return 0.0
        return None if motion is None else 100 * float(motion.valid.mean())
