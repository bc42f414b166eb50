"""Flow completion: unknown flow is filled in from surroundings of similar colour."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.warping import Mask

_SMOOTHNESS: Final = 400.0
_COLOUR_SIGMA: Final = 8.0  # levels: flow does not spread across stronger edges
_LEAST_CERTAINTY: Final = 1e-3
_ENOUGH_LANDED: Final = 0.05


def complete_flow(image: Frame, flow: FlowField, known: Mask) -> FlowField:
    """Return ``flow`` (H, W, 2) where it is ``known`` (H, W), and elsewhere what its surroundings suggest.

    An edge-aware average (fast global smoother, Min et al. 2014, weighted by certainty) of the known flow on
    the frame (H, W, 3) uint8; a pull-push pyramid far from any.
    """
    if known.all():
        return flow
    certainty = known.astype(np.float32)
    sums = [_smoothed(image, np.ascontiguousarray(flow[..., axis] * certainty)) for axis in (0, 1)]
    total = _smoothed(image, certainty)
    near = np.dstack(sums) / np.maximum(total, _LEAST_CERTAINTY)[..., None]
    far = fill_holes(flow * certainty[..., None], certainty)
    carried = np.where((total > _LEAST_CERTAINTY)[..., None], near, far)
    return np.where(known[..., None], flow, carried).astype(np.float32)


def fill_holes(flow: FlowField, weight: NDArray[np.float32]) -> FlowField:
    """Fill where little landed from ever wider surroundings (a pull-push pyramid of normalised averages).

    ``weight`` (H, W) >= 0 is how much landed on the pixels of ``flow`` (H, W, C).
    """
    certainty = np.minimum(weight / _ENOUGH_LANDED, 1.0)
    if min(weight.shape) < 4 or certainty.min() >= 1:
        return flow
    height, width = weight.shape
    half = (max(width // 2, 1), max(height // 2, 1))
    known = cv2.resize(certainty, half, interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(flow * certainty[..., None], half, interpolation=cv2.INTER_AREA)
    filled = fill_holes(np.asarray(coarse / np.maximum(known, 1e-6)[..., None], np.float32), known)
    spread = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(spread + certainty[..., None] * (flow - spread), np.float32)


def _smoothed(image: Frame, values: NDArray[np.float32]) -> NDArray[np.float32]:
    smoothed = cv2.ximgproc.fastGlobalSmootherFilter(image, values, _SMOOTHNESS, _COLOUR_SIGMA)
    return np.asarray(smoothed, np.float32)
