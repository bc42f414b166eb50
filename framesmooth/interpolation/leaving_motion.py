"""Motion of what leaves the image: where the next keyframe no longer shows it, it goes on as it came."""

import numpy as np

from framesmooth.frames import Frame
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.flow_completion import complete_flow
from framesmooth.motion.warping import Mask, inside_frame


def flow_leaving(
    image: Frame, motion: BidirectionalFlow, earlier: BidirectionalFlow | None
) -> tuple[FlowField, Mask]:
    """Return the forward flow (H, W, 2) of ``motion``, and where it is known (H, W).

    It is known where it is confirmed, and where points leave the image at the velocity of ``earlier``, the
    motion from the frame before the first to the first, changed as that of their surroundings in ``image``,
    the first frame (H, W, 3) uint8.
    """
    flow, known = motion.forward, motion.consistent
    if earlier is None or known.all():
        return flow, known
    seen = earlier.consistent_backward
    change = complete_flow(image, flow + earlier.backward, known & seen)
    went_on = change - earlier.backward
    leaves = ~known & seen & ~inside_frame(went_on)
    return np.where(leaves[..., None], went_on, flow), known | leaves
