"""Occlusion masks: forward-backward consistency and motion boundaries (Sundaram et al. 2010)."""

import numpy as np
from numpy.typing import NDArray

from framesmooth.motion.flow.base import FlowField, squared_length
from framesmooth.motion.warping import Mask, backward_warp


def forward_backward_mask(forward: FlowField, backward: FlowField, *, within: float = 0.5) -> Mask:
    """Return where both flows agree: |F + B_w|^2 <= 0.01 (|F|^2 + |B_w|^2) + ``within``.

    B_w is the backward flow warped to the first image (Sundaram et al. 2010, section 3); ``within`` is in
    pixels squared, and smaller for flows of a shrunken frame.
    """
    gap, allowed = round_trip_gap(forward, backward)
    return np.asarray(gap <= allowed + within)


def round_trip_gap(
    forward: FlowField, backward: FlowField
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return |F + B_w|^2 and 0.01 (|F|^2 + |B_w|^2) of :func:`forward_backward_mask`, (H, W) each."""
    returned: FlowField = np.asarray(backward_warp(backward, forward), np.float32)
    gap = squared_length(np.add(forward, returned, dtype=np.float32))
    return gap, np.asarray(0.01 * (squared_length(forward) + squared_length(returned)), np.float32)


def motion_boundary_mask(flow: FlowField) -> Mask:
    """Return True ON motion boundaries: |grad u|^2 + |grad v|^2 > 0.01 |F|^2 + 0.002.

    Gradients are central differences per pixel (Sundaram et al. 2010, section 3).
    """
    if min(flow.shape[:2]) < 2:
        return np.zeros(flow.shape[:2], np.bool_)
    parts = [np.ascontiguousarray(flow[..., part]) for part in (0, 1)]
    steepness = sum(np.square(np.gradient(part, axis=axis)) for part in parts for axis in (0, 1))
    return np.asarray(steepness > 0.01 * squared_length(flow) + 0.002)
