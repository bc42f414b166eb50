"""Backward warping and forward splatting along optical flow."""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.motion.flow.base import FlowField

Mask = NDArray[np.bool_]

Image = NDArray[Any]

_NO_MAP: Final[Any] = None  # a flow is both maps in one


def backward_warp(image: Image, flow: FlowField, *, interpolation: int = cv2.INTER_LINEAR) -> Image:
    """Return ``out[y, x] = image[y + flow[y, x, 1], x + flow[y, x, 0]]``, edges replicated.

    ``image`` is (H', W') or (H', W', 1 to 4), uint8, bool or float (computed in float32); the result has the
    flow's height and width and is uint8 or float32. Zero flow returns the image exactly.
    """
    if image.dtype != np.uint8:
        image = image.astype(np.float32, copy=False)
    flow, method = np.asarray(flow, np.float32), interpolation | cv2.WARP_RELATIVE_MAP
    # OpenCV 5 samples two channels at positions rounded to 1/32 px, and one, three or four exactly.
    split = image.ndim == 3 and image.shape[2] == 2
    channels = cv2.split(image) if split else [image]
    warped: list[Image] = [
        cv2.remap(channel, flow, _NO_MAP, method, borderMode=cv2.BORDER_REPLICATE) for channel in channels
    ]
    return cv2.merge(warped) if split else warped[0]


def inside_frame(flow: FlowField) -> Mask:
    """Return where the flow's target is inside the frame: 0 <= x + dx <= W - 1, the same for y."""
    height, width = flow.shape[:2]
    map_x, map_y = _sample_positions(flow)
    return np.asarray((map_x >= 0) & (map_x <= width - 1) & (map_y >= 0) & (map_y <= height - 1))


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
    # One cell of margin all around catches what lands next to the frame; what lands further off is dropped.
    near = (left >= -1) & (left < width) & (top >= -1) & (top < height) & (weights > 0)
    left, top = left[near], top[near]
    part_x, part_y = map_x[near] - left, map_y[near] - top
    corner = ((top + 1) * (width + 2) + left + 1).astype(np.intp)
    values = np.column_stack([image[near], np.ones(len(corner), np.float32)]) * weights[near][:, None]
    landed: NDArray[np.float64] = np.zeros(((height + 2) * (width + 2), channels + 1))
    for offset, share in (
        (0, (1 - part_x) * (1 - part_y)),
        (1, part_x * (1 - part_y)),
        (width + 2, (1 - part_x) * part_y),
        (width + 3, part_x * part_y),
    ):
        for channel in range(channels + 1):
            landed[:, channel] += np.bincount(corner + offset, values[:, channel] * share, len(landed))
    inner = landed.reshape(height + 2, width + 2, channels + 1)[1:-1, 1:-1]
    total: NDArray[np.float64] = inner[..., -1]
    mean: NDArray[np.float64] = inner[..., :-1] / np.maximum(total, 1e-12)[..., None]
    return mean.astype(np.float32), total.astype(np.float32)


def _sample_positions(flow: FlowField) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    height, width = flow.shape[:2]
    map_x = flow[..., 0] + np.arange(width, dtype=np.float32)
    map_y = flow[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    return np.asarray(map_x, np.float32), np.asarray(map_y, np.float32)
