"""The smoothers' flow, estimated once for each pair of frames however many methods ask for it.

For tables without seconds. Importing this module adds the flow ``remembered`` to the product's table.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from framesmooth.frames import Frame
from framesmooth.motion.flow.base import FlowEstimator, FlowField, load_flow
from framesmooth.registry import FLOWS

NAME = "remembered"
_MOST_PAIRS = 128  # both ways, of one clip


@dataclass
class RememberedFlow:
    """An estimator that knows the answers to its last questions."""

    estimator: FlowEstimator
    known: "OrderedDict[tuple[int, int], FlowField]" = field(default_factory=OrderedDict)

    def __call__(self, image0: Frame, image1: Frame) -> FlowField:
        """Return flow (H, W, 2) float32 in pixels from ``image0`` to ``image1``."""
        pair = hash(image0.tobytes()), hash(image1.tobytes())
        if pair not in self.known:
            self.known[pair] = self.estimator(image0, image1)
            while len(self.known) > _MOST_PAIRS:
                self.known.popitem(last=False)
        return self.known[pair]


REMEMBERED = RememberedFlow(load_flow("dis-robust"))
FLOWS[NAME] = f"{__name__}:REMEMBERED"
