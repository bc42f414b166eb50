"""Frames and motion at three resolutions, so that every band is worked on in as few pixels as it needs."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.occlusion import round_trip_gap
from framesmooth.motion.warping import Mask, inside_frame

Band = NDArray[np.float32]
"""(h, w, 3) float32, one band of a frame in sRGB [0, 1]; fine and mid ones are signed."""

Weight = NDArray[np.float32]

FINE, MID, LOW = range(3)
SCALES: Final = (1, 2, 4)
"""One pixel of the fine, mid and low band spans so many pixels of the frame."""

FINE_SIGMA: Final = 1.5
LOW_SIGMA: Final = 8.0
"""A Gaussian of the first sigma (frame pixels) takes the fine band away; one of the second leaves the low."""

# How far, in pixels squared of the mid grid, the two flows may disagree for each band. The fine one has
# Sundaram's half a pixel, the mid one bears twice that; the low one varies over more pixels than any flow
# is wrong by, and its similarity to the neighbours alone decides.
_CONSISTENT_WITHIN = (0.5, 1.0, float("inf"))


def resized(image: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Return the image (H, W) or (H, W, C) in another (height, width): area means or, larger, linear."""
    if size == image.shape[:2]:
        return image
    shrinks = size < image.shape[:2]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size[::-1], interpolation=method), np.float32)


def rescaled_flow(flow: FlowField, size: tuple[int, int]) -> FlowField:
    """Return the flow on a grid of another (height, width), its vectors in pixels of that grid."""
    height, width = flow.shape[:2]
    if (height, width) == size:
        return flow
    ratio = np.array([size[1] / width, size[0] / height, 0, 0])
    return np.asarray(cv2.multiply(resized(flow, size), ratio), np.float32)


def level_sizes(size: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """Return the (height, width) of the three bands of a frame."""
    return tuple((max(-(-size[0] // scale), 1), max(-(-size[1] // scale), 1)) for scale in SCALES)


def split(image: NDArray[np.float32]) -> tuple[Band, Band, Band]:
    """Return the fine, mid and low band of an image (H, W, 3) float32; :func:`join` puts them together."""
    full, half, quarter = level_sizes((image.shape[0], image.shape[1]))
    smooth = resized(gaussian(image, FINE_SIGMA), half)
    low = gaussian(resized(smooth, quarter), LOW_SIGMA / SCALES[LOW])
    return image - resized(smooth, full), smooth - resized(low, half), low


def join(fine: Band, mid: Band, low: Band) -> NDArray[np.float32]:
    """Return the image (H, W, 3) float32 that the bands make up."""
    half, full = mid.shape[:2], fine.shape[:2]
    return np.asarray(fine + resized(mid + resized(low, half), full), np.float32)


def gaussian(image: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Return the image (H, W[, C]) blurred; ``sigma`` is in its own pixels."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32)


_NOTHING: Final = np.zeros(4)  # a scalar to OpenCV: it changes the type alone


def as_half(image: NDArray[np.float32]) -> NDArray[np.float16]:
    """Return an image or flow in half precision: NumPy takes ten times as long."""
    return np.asarray(cv2.subtract(image, _NOTHING, dtype=cv2.CV_16F), np.float16)


def as_single(image: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return an image or flow that may be in half precision as float32, as :func:`as_half` does."""
    return np.asarray(cv2.subtract(image, _NOTHING, dtype=cv2.CV_32F), np.float32)


def multiplied(image: NDArray[np.float32], weight: Weight) -> NDArray[np.float32]:
    """Return an image (h, w, C) times a weight (h, w): NumPy takes four times as long over a short axis."""
    return np.asarray(cv2.multiply(image, cv2.merge([weight] * image.shape[2])), np.float32)


def divided(image: NDArray[np.float32], weight: Weight) -> NDArray[np.float32]:
    """Return an image (h, w, C) over a weight (h, w), as :func:`multiplied` does."""
    return np.asarray(cv2.divide(image, cv2.merge([weight] * image.shape[2])), np.float32)


def in_light(image: NDArray[np.float32], gains: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return an image (h, w, 3) times the gains (3,) of its channels, as :func:`multiplied` does."""
    return np.asarray(cv2.multiply(image, np.array([*gains, 0], np.float64)), np.float32)


@dataclass(frozen=True)
class LevelMotion:
    """Motion between two neighbouring frames on a grid, both ways, and where each of its bands trusts it.

    The flows are float16 (h, w, 2): a window holds dozens. Of 16 pixels that is 0.008 off at most.
    """

    forward: NDArray[np.float16]
    backward: NDArray[np.float16]
    masks: tuple[Mask, ...]
    masks_backward: tuple[Mask, ...]


HALF, QUARTER = range(2)

GridMotions = tuple[LevelMotion, LevelMotion]
"""A pair's motion on the half grid, for the fine and mid bands, and on the quarter grid for the low."""


def grid_motions(motion: BidirectionalFlow) -> GridMotions:
    """Return a pair's motion as each band trusts it: the smoothers' flow knows no finer detail than mid."""
    height, width = motion.forward.shape[:2]
    _, half, quarter = level_sizes((height, width))
    fine, coarse = (
        (rescaled_flow(motion.forward, size), rescaled_flow(motion.backward, size))
        for size in (half, quarter)
    )
    return level_motion(fine, (FINE, MID)), level_motion(coarse, (LOW,))


def level_motion(flows: tuple[FlowField, FlowField], bands: Collection[int]) -> LevelMotion:
    """Return motion by the flows there and back on a grid (h, w, 2), as each of the bands trusts it."""
    forward, backward = flows
    limits = [_CONSISTENT_WITHIN[band] for band in bands]
    masks = (_trusted(one, other, limits) for one, other in ((forward, backward), (backward, forward)))
    return LevelMotion(as_half(forward), as_half(backward), *masks)


def _trusted(flow: FlowField, back: FlowField, limits: Collection[float]) -> tuple[Mask, ...]:
    """Return for each of the limits where a flow (h, w, 2) stays inside and the way ``back`` confirms it."""
    gap, allowed = round_trip_gap(flow, back)
    inside = inside_frame(flow)
    return tuple((gap <= allowed + limit) & inside for limit in limits)
