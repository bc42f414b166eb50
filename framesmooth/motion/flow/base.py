"""Optical flow: the contract of an estimator, its registry, and tone normalisation."""

from pathlib import Path
from typing import Protocol, cast, runtime_checkable

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.errors import UsageError
from framesmooth.frames import Frame
from framesmooth.registry import LEARNED_FLOWS, load, names

FlowField = NDArray[np.float32]

Grey = NDArray[np.uint8]

# DIS builds a pyramid and refuses images that are smaller than a few patches.
_SMALLEST_SIDE = 32

_FLAT = np.float32(4)  # levels of local deviation


@runtime_checkable
class FlowEstimator(Protocol):
    """Anything that estimates where each pixel of ``image0`` is in ``image1``."""

    def __call__(self, image0: Frame, image1: Frame) -> FlowField:
        """Return flow (H, W, 2) float32, (dx, dy) in pixels, for two (H, W, 3) uint8 RGB frames."""
        ...


def load_flow(flow: str | FlowEstimator, weights: Path | None = None) -> FlowEstimator:
    """Return the estimator of this name; an estimator is returned as it is.

    Raises:
        UsageError: no such name, with the nearest ones, a learned estimator without its file of ``weights``,
            or weights for one that isn't learned.
        ModelError: weights that cannot be used.
    """
    learned = isinstance(flow, str) and flow in LEARNED_FLOWS
    if weights is not None and not learned:
        raise UsageError(f"flow {flow!r} takes no weights: use {' or '.join(LEARNED_FLOWS)} with them")
    if not isinstance(flow, str):
        return flow
    if not learned:
        return cast(FlowEstimator, load("flow", flow))
    if weights is None:
        raise UsageError(f"flow {flow!r} is a trained network: give its file with --flow-weights")
    return cast(FlowEstimator, load("learned_flow", flow)(weights=weights))


def choose_flow(name: str | FlowEstimator, weights: Path | None) -> str | FlowEstimator:
    """Return ``name`` where it needs no weights, else the loaded network; reports name either.

    Raises:
        UsageError: weights for an estimator without any, or the other way round.
        ModelError: weights that cannot be used.
    """
    return name if weights is None and name in names("flow") else load_flow(name, weights)


def flow_name(flow: str | FlowEstimator) -> str:
    """Return what an estimator is called in records and reports."""
    return flow if isinstance(flow, str) else repr(flow)


def squared_length(field: FlowField) -> NDArray[np.float32]:
    """Return |F|^2 (H, W) of a flow (H, W, 2): NumPy is twenty times as slow to sum over an axis of two."""
    return np.asarray(np.square(field[..., 0]) + np.square(field[..., 1]), np.float32)


def normalize_tone(grey: Grey) -> Grey:
    """Return the image (H, W) uint8 with a local mean of 128 and a local deviation of 36 levels or less.

    Both are taken over squares of a fifth of the height. ``_FLAT`` keeps flat places from being amplified
    more than 9 times: there is little to follow in them but noise.
    """
    side = 2 * (len(grey) // 10) + 1
    mean = cv2.boxFilter(grey, cv2.CV_32F, (side, side))
    square = cv2.sqrBoxFilter(grey, cv2.CV_32F, (side, side))
    deviation = cv2.sqrt(np.maximum(square - mean * mean, 0))
    centred = (grey - mean) * (36 / (deviation + _FLAT)) + 128
    return cast(Grey, cv2.convertScaleAbs(np.clip(centred, 0, 255)))


def _to_grey(image: Frame) -> Grey:
    return cast(Grey, cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))


def _pad_small(grey: Grey) -> Grey:
    """Pad right and bottom by replication until DIS accepts the image."""
    height, width = grey.shape
    down, right = max(_SMALLEST_SIDE - height, 0), max(_SMALLEST_SIDE - width, 0)
    if not down and not right:
        return grey
    return cast(Grey, cv2.copyMakeBorder(grey, 0, down, 0, right, cv2.BORDER_REPLICATE))
