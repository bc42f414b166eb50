"""Quadratic motion through neighbouring keyframes, so that points don't start and stop at each of them.

With the flow f to the next keyframe and p to the one before, a point that accelerates evenly is at
t f + (t^2 - t) c at the time t, 0 to 1, with c = (f + p) / 2 (Xu et al. 2019, "Quadratic Video
Interpolation", equation 4). Few things accelerate so evenly, so that only a share of c is taken: a large
one where both keyframes show the same acceleration, none where they show opposite ones, as when a camera
shakes.
"""

from typing import Final

import numpy as np

from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.filters import wide_gaussian_blur
from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.warping import Mask, backward_warp

Curves = tuple[FlowField, FlowField]
"""The curvature c (H, W, 2) in pixels, on the grid of the first keyframe and of the second."""

_SHARE: Final = 0.5
"""The share where the accelerations at both keyframes are unrelated."""
_LARGEST_SHARE: Final = 0.8
_SHARE_OF_ONE: Final = 0.25
"""The share where only one of the two keyframes has a further neighbour."""
_SIGMA: Final = 1 / 60
"""Of the width of the frame: curvature is a small difference of large numbers."""
_AGREEMENT_SIGMA: Final = 1 / 30
_LEAST_CURVATURE: Final = np.float32(0.05**2)
"""Pixels squared: what is smaller is error of the flow."""
_LEAST_KNOWN: Final = np.float32(0.01)


def curves_of(
    motion: BidirectionalFlow, before: BidirectionalFlow | None, after: BidirectionalFlow | None
) -> Curves | None:
    """Return how the motion between two keyframes bends; None without a neighbour on either side.

    ``before`` is the motion from the keyframe before the first to the first, ``after`` that from the second
    to the next one. Where the flow is not confirmed, the curvature of the surroundings is used, or none.
    """
    first = second = None
    if before is not None:
        known = motion.consistent & before.consistent_backward
        first = _curvature(motion.forward, before.backward, known)
    if after is not None:
        known = motion.consistent_backward & after.consistent
        second = _curvature(motion.backward, after.forward, known)
    if first is not None and second is not None:
        return (
            _agreed(first, _seen_along(second, motion.forward)),
            _agreed(second, _seen_along(first, motion.backward)),
        )
    if first is not None:
        return _SHARE_OF_ONE * first, _SHARE_OF_ONE * _seen_along(first, motion.backward)
    if second is not None:
        return _SHARE_OF_ONE * _seen_along(second, motion.forward), _SHARE_OF_ONE * second
    return None


def _curvature(onward: FlowField, back: FlowField, known: Mask) -> FlowField:
    """Return half the sum of the flows to both neighbours, averaged over what is known around."""
    sigma = onward.shape[1] * _SIGMA
    weight = known.astype(np.float32)
    total = wide_gaussian_blur(np.float32(0.5) * (onward + back) * weight[..., None], sigma)
    return np.asarray(total / (wide_gaussian_blur(weight, sigma) + _LEAST_KNOWN)[..., None], np.float32)


def _agreed(curvature: FlowField, other: FlowField) -> FlowField:
    """Return the share of a curvature that the one at the other keyframe, on the same grid, speaks for."""
    sigma = curvature.shape[1] * _AGREEMENT_SIGMA
    product = wide_gaussian_blur(np.sum(curvature * other, axis=-1), sigma)
    square = wide_gaussian_blur(np.sum(np.square(curvature) + np.square(other), axis=-1) / 2, sigma)
    share = np.clip(_SHARE + product / (square + _LEAST_CURVATURE), 0, _LARGEST_SHARE)
    return np.asarray(share[..., None] * curvature, np.float32)


def _seen_along(curvature: FlowField, flow: FlowField) -> FlowField:
    return np.asarray(backward_warp(curvature, flow), np.float32)
