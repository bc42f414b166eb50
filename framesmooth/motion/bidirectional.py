"""The optical flow between neighbouring frames, both ways, estimated once and shared."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial

from framesmooth.frames import Frame, eight_bits
from framesmooth.motion.flow.base import FlowEstimator, FlowField
from framesmooth.motion.flow.dis import DisFlow
from framesmooth.motion.occlusion import forward_backward_mask, motion_boundary_mask
from framesmooth.motion.warping import Mask, inside_frame

# From so many pixels on DIS keeps all cores busy by itself, and two at once would hold twice the memory.
_LARGE = 1_000_000


@dataclass(frozen=True)
class BidirectionalFlow:
    """Flow both ways between two frames: ``forward`` first -> second, ``backward`` second -> first."""

    forward: FlowField
    backward: FlowField

    @cached_property
    def consistent(self) -> Mask:
        """Where the forward flow is confirmed by the backward flow and stays inside the frame (H, W)."""
        return forward_backward_mask(self.forward, self.backward) & inside_frame(self.forward)

    @cached_property
    def consistent_backward(self) -> Mask:
        """The same for the backward flow, on the second frame's grid."""
        return forward_backward_mask(self.backward, self.forward) & inside_frame(self.backward)

    @cached_property
    def valid(self) -> Mask:
        """Where the forward flow is consistent and off motion boundaries: the mask of the metrics (H, W)."""
        return self.consistent & ~motion_boundary_mask(self.forward)

    @cached_property
    def reversed(self) -> "BidirectionalFlow":
        """The same motion with the frames in the opposite order."""
        return BidirectionalFlow(self.backward, self.forward)

    @property
    def coverage(self) -> float:
        """Share of pixels with consistent flow, 0 to 1."""
        return float(self.consistent.mean())


def estimate_bidirectional_flow(flow: FlowEstimator, image0: Frame, image1: Frame) -> BidirectionalFlow:
    """Return the flows between two frames (H, W, 3), both ways: side by side where that is quicker.

    Estimators see them as uint8.
    """
    image0, image1 = eight_bits(image0), eight_bits(image1)
    there, back = partial(flow, image0, image1), partial(flow, image1, image0)
    if isinstance(flow, DisFlow):
        there, back = flow.both_ways(image0, image1)
        if image0.shape[0] * image0.shape[1] >= _LARGE:
            return BidirectionalFlow(there(), back())
    with ThreadPoolExecutor(max_workers=1) as pool:
        backward = pool.submit(back)
        return BidirectionalFlow(there(), backward.result())
