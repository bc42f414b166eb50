"""Warping along optical flow, and the masks that tell where it can be trusted.

Flow fields are (H, W, 2) float32 in pixels, (dx, dy), with ``image0[y, x] ~ image1[y + dy, x + dx]``.
Masks are (H, W) bool, True where usable unless their name says otherwise.
"""

from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.flow import FlowField

Mask = NDArray[np.bool_]
Image = NDArray[Any]


def backward_warp(image: Image, flow: FlowField, *, interpolation: int = cv2.INTER_LINEAR) -> Image:
    """Return ``out[y, x] = image[y + flow[y, x, 1], x + flow[y, x, 0]]``, edges replicated.

    ``image`` is (H', W') or (H', W', C), uint8 or float32; the result has the flow's height and width and
    the image's type. Zero flow returns the image exactly.
    """
    map_x, map_y = _sample_positions(flow)
    return cv2.remap(image, map_x, map_y, interpolation, borderMode=cv2.BORDER_REPLICATE)


def inside_frame(flow: FlowField) -> Mask:
    """Return where the flow's target lies inside the frame: 0 <= x + dx <= W - 1, the same for y."""
    height, width = flow.shape[:2]
    map_x, map_y = _sample_positions(flow)
    return (map_x >= 0) & (map_x <= width - 1) & (map_y >= 0) & (map_y <= height - 1)


def forward_backward_mask(forward: FlowField, backward: FlowField) -> Mask:
    """Return where both flows agree: |F + B_w|^2 <= 0.01 (|F|^2 + |B_w|^2) + 0.5.

    B_w is the backward flow warped to the first image (Sundaram et al. 2010, section 3).
    """
    returned = backward_warp(backward, forward)
    gap = _squared_length(forward + returned)
    return gap <= 0.01 * (_squared_length(forward) + _squared_length(returned)) + 0.5


def motion_boundary_mask(flow: FlowField) -> Mask:
    """Return True ON motion boundaries: |grad u|^2 + |grad v|^2 > 0.01 |F|^2 + 0.002.

    Gradients are central differences per pixel (Sundaram et al. 2010, section 3).
    """
    if min(flow.shape[:2]) < 2:
        return np.zeros(flow.shape[:2], np.bool_)
    along_y, along_x = np.gradient(flow, axis=(0, 1))
    steepness = _squared_length(along_x) + _squared_length(along_y)
    return cast(Mask, steepness > 0.01 * _squared_length(flow) + 0.002)


def valid_mask(forward: FlowField, backward: FlowField) -> Mask:
    """Return where ``forward`` is consistent with ``backward``, inside the frame and off motion boundaries."""
    return forward_backward_mask(forward, backward) & inside_frame(forward) & ~motion_boundary_mask(forward)


def chain_flow(first: FlowField, second: FlowField) -> FlowField:
    """Return the flow 0 -> 2 from the flows 0 -> 1 and 1 -> 2: F01(x) + F12(x + F01(x))."""
    return cast(FlowField, first + backward_warp(second, first))


def splat(
    image: NDArray[np.float32], flow: FlowField, weights: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Push ``image`` forward along ``flow``; each pixel shares itself bilinearly among four neighbours.

    ``image`` is (H, W, C) float32, ``weights`` (H, W) float32 >= 0. Returns the weighted mean (H, W, C), zero
    where nothing lands, and the landed weight (H, W).
    """
    height, width, channels = image.shape
    map_x, map_y = _sample_positions(flow)
    left, top = np.floor(map_x), np.floor(map_y)
    total = np.zeros((height * width, channels))
    landed = np.zeros(height * width)
    for step_y in (0, 1):
        for step_x in (0, 1):
            x, y = left + step_x, top + step_y
            share = weights * (1 - np.abs(map_x - x)) * (1 - np.abs(map_y - y))
            hit = (x >= 0) & (x < width) & (y >= 0) & (y < height) & (share > 0)
            index = (y[hit] * width + x[hit]).astype(np.intp)
            landed += np.bincount(index, share[hit], height * width)
            for channel in range(channels):
                total[:, channel] += np.bincount(index, share[hit] * image[..., channel][hit], height * width)
    mean = total / np.maximum(landed, 1e-12)[:, None]
    return mean.reshape(image.shape).astype(np.float32), landed.reshape(height, width).astype(np.float32)


def _sample_positions(flow: FlowField) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    height, width = flow.shape[:2]
    map_x = flow[..., 0] + np.arange(width, dtype=np.float32)
    map_y = flow[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    return map_x, map_y


def _squared_length(field: FlowField) -> NDArray[np.float32]:
    return cast(NDArray[np.float32], np.square(field[..., 0]) + np.square(field[..., 1]))
