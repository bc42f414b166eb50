"""Large displacements by semi-global matching: small, fast objects that a coarse-to-fine search loses.

A pyramid search loses whatever moves further than its own size. Here every displacement of a thumbnail is
tried (a full cost volume), neighbours are made to agree by semi-global matching (Hirschmüller 2008, in two
dimensions of displacement), and dense inverse search refines what was found. The result is a candidate: it
replaces another motion only where it explains the images better (fusion moves, Lempitsky et al. 2010).
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.flow.dis import DIS_FINE
from framesmooth.motion.warping import backward_warp, inside_frame

Volume = NDArray[np.float32]
"""(h, w, 2 ry + 1, 2 rx + 1): what it costs to move pixel (y, x) by (dy - ry, dx - rx), 0 to 40 levels."""

_THUMBNAIL: Final = 64  # pixels of the longer side
_REACH: Final = 1 / 3  # of the longer side
_LARGEST_COST: Final = np.float32(40)
_OUTSIDE_COST: Final = np.float32(20)
_NEXT_LABEL, _OTHER_LABEL = np.float32(1.5), np.float32(12)

# The cheaper of two motions wins: colour error in levels, and the gap of there and back in pixels.
_GAP_WEIGHT, _LARGEST_GAP, _LARGEST_ERROR, _OUTSIDE = 2.0, 4.0, 30.0, 6.0
_FUSION_SIGMA, _FUSION_MARGIN = 4.0, 1.0


def match_globally(image0: Frame, image1: Frame) -> BidirectionalFlow:
    """Return the motion between two (H, W, 3) uint8 frames up to a third of their longer side."""
    size = _thumbnail_size(image0)
    first, second = (
        _features(np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8))
        for image in (image0, image1)
    )
    reach = int(max(size) * _REACH)
    reach_y, reach_x = min(reach, size[1] - 1), min(reach, size[0] - 1)
    forward = _cost_volume(first, second, reach_y, reach_x)
    starts = (_best(_aggregated(volume), image0) for volume in (forward, _reversed(forward)))
    pairs = ((image0, image1), (image1, image0))
    there, back = (DIS_FINE.seeded(*pair, start) for pair, start in zip(pairs, starts, strict=True))
    return BidirectionalFlow(there, back)


def fused_motion(
    image0: Frame, image1: Frame, motion: BidirectionalFlow, other: BidirectionalFlow
) -> BidirectionalFlow:
    """Return ``motion``, replaced by ``other`` where that explains the two frames clearly better."""
    turned = (
        BidirectionalFlow(motion.backward, motion.forward),
        BidirectionalFlow(other.backward, other.forward),
    )
    return BidirectionalFlow(
        _better(image0, image1, motion, other),
        _better(image1, image0, *turned),
    )


def _better(image0: Frame, image1: Frame, motion: BidirectionalFlow, other: BidirectionalFlow) -> FlowField:
    cost, other_cost = (_misfit(image0, image1, each) for each in (motion, other))
    replaced = other_cost + _FUSION_MARGIN < cost
    return np.where(replaced[..., None], other.forward, motion.forward)


def _misfit(image0: Frame, image1: Frame, motion: BidirectionalFlow) -> NDArray[np.float32]:
    """Return how badly the forward flow explains its surroundings (H, W), in levels."""
    flow = motion.forward
    error = np.abs(backward_warp(image1, flow).astype(np.float32) - image0).mean(axis=-1)
    gap = np.linalg.norm(flow + backward_warp(motion.backward, flow), axis=-1)
    gap /= 1 + 0.05 * np.linalg.norm(flow, axis=-1)
    cost = np.minimum(error, _LARGEST_ERROR) + _GAP_WEIGHT * np.minimum(gap, _LARGEST_GAP)
    cost += np.where(inside_frame(flow), 0, _OUTSIDE)
    return np.asarray(cv2.GaussianBlur(cost.astype(np.float32), (0, 0), _FUSION_SIGMA), np.float32)


def _thumbnail_size(image: Frame) -> tuple[int, int]:
    """Return (width, height)."""
    height, width = image.shape[:2]
    shrink = max(max(height, width) / _THUMBNAIL, 1.0)
    return max(round(width / shrink), 1), max(round(height / shrink), 1)


def _features(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return colour and both gradients of grey (h, w, 5), in levels."""
    colour = image.astype(np.float32)
    grey = colour.mean(axis=-1)
    slopes = (cv2.Sobel(grey, cv2.CV_32F, *axis, scale=0.5) for axis in ((1, 0), (0, 1)))
    return np.dstack([colour, *slopes])


def _cost_volume(
    first: NDArray[np.float32], second: NDArray[np.float32], reach_y: int, reach_x: int
) -> Volume:
    height, width = first.shape[:2]
    margins = ((reach_y, reach_y), (reach_x, reach_x))
    around = np.pad(second, (*margins, (0, 0)), mode="edge")
    inside = np.pad(np.ones((height, width), np.bool_), margins)
    volume = np.empty((height, width, 2 * reach_y + 1, 2 * reach_x + 1), np.float32)
    for dy, dx in np.ndindex(volume.shape[2:]):
        there = slice(dy, dy + height), slice(dx, dx + width)
        cost = np.minimum(np.abs(first - around[there]).mean(axis=-1), _LARGEST_COST)
        cost = np.where(inside[there], cost, _OUTSIDE_COST)
        volume[:, :, dy, dx] = cv2.boxFilter(cost, -1, (3, 3))
    return volume


def _reversed(volume: Volume) -> Volume:
    """Return the costs of moving back, on the second thumbnail's grid: the same numbers in other places."""
    height, width, labels_y, labels_x = volume.shape
    back = np.full_like(volume, _OUTSIDE_COST)
    for iy, ix in np.ndindex(labels_y, labels_x):
        dy, dx = iy - labels_y // 2, ix - labels_x // 2
        landed = slice(max(dy, 0), height + min(dy, 0)), slice(max(dx, 0), width + min(dx, 0))
        left = slice(max(-dy, 0), height + min(-dy, 0)), slice(max(-dx, 0), width + min(-dx, 0))
        back[(*landed, -1 - iy, -1 - ix)] = volume[(*left, iy, ix)]
    return back


def _aggregated(volume: Volume) -> Volume:
    """Return the sum of the costs along paths from left, right, top and bottom."""
    total = np.zeros_like(volume)
    for axis in (0, 1):
        lines, sums = np.moveaxis(volume, axis, 0), np.moveaxis(total, axis, 0)
        for order in (range(len(lines)), range(len(lines) - 1, -1, -1)):
            path = np.zeros_like(lines[0])
            for index in order:
                path = lines[index] + _cheapest_step(path)
                sums[index] += path
    return total


def _cheapest_step(path: Volume) -> Volume:
    """Return the least cost of coming to each label from the pixel before, less the least of all."""
    least = path.min(axis=(-2, -1), keepdims=True)
    step = np.minimum(path, least + _OTHER_LABEL)
    for axis in (-2, -1):
        labels, steps = np.moveaxis(path, axis, 0), np.moveaxis(step, axis, 0)
        np.minimum(steps[1:], labels[:-1] + _NEXT_LABEL, out=steps[1:])
        np.minimum(steps[:-1], labels[1:] + _NEXT_LABEL, out=steps[:-1])
    return np.asarray(step - least, np.float32)


def _best(volume: Volume, image: Frame) -> FlowField:
    """Return the cheapest displacements as flow of the size of ``image``."""
    height, width, labels_y, labels_x = volume.shape
    label_y, label_x = np.divmod(volume.reshape(height, width, -1).argmin(axis=-1), labels_x)
    scale_y, scale_x = image.shape[0] / height, image.shape[1] / width
    parts = (
        (label_x - labels_x // 2) * scale_x,
        (label_y - labels_y // 2) * scale_y,
    )
    steady = [cv2.medianBlur(part.astype(np.float32), 3) for part in parts]
    size = image.shape[1], image.shape[0]
    return np.dstack([cv2.resize(part, size, interpolation=cv2.INTER_NEAREST) for part in steady])
