"""Alignment of two keyframes at the time between: what is left to move once both are warped there.

Flow from keyframe to keyframe is exact at the keyframes only. The small flow between the two warped images
is shared out between both paths, as by the intermediate flow of Huang et al. 2022, "Real-Time Intermediate
Flow Estimation for Video Frame Interpolation".
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.motion.bidirectional import estimate_bidirectional_flow
from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.flow.dis import DIS_MEDIUM
from framesmooth.motion.warping import backward_warp

Paths = tuple[FlowField, FlowField]
"""From the frame between to the first keyframe and to the second (H, W, 2), in pixels."""

_LENGTH: Final = 2.0
"""Pixels: what moves further was not followed, and is left alone."""
_SIGMA: Final = 1.5
_LEAST_SURE: Final = np.float32(0.05)


def aligned(images: tuple[Frame, Frame], paths: Paths, time: float, seen: NDArray[np.float32]) -> Paths:
    """Return paths along which two keyframes (H, W, 3) uint8 fit better at ``time``.

    ``seen`` (H, W), 0 to 1, is how surely both keyframes show a pixel.
    """
    first, second = (backward_warp(image, path) for image, path in zip(images, paths, strict=True))
    left = estimate_bidirectional_flow(DIS_MEDIUM, first, second)
    length = np.square(left.forward).sum(axis=-1)
    sure = np.asarray(seen * left.consistent * np.exp(-length / (2 * _LENGTH**2)), np.float32)
    total = np.asarray(cv2.GaussianBlur(left.forward * sure[..., None], (0, 0), _SIGMA), np.float32)
    around = np.asarray(cv2.GaussianBlur(sure, (0, 0), _SIGMA), np.float32)
    step = np.asarray(total / (around + _LEAST_SURE)[..., None], np.float32)
    return _moved(paths[0], np.float32(-time) * step), _moved(paths[1], np.float32(1 - time) * step)


def _moved(path: FlowField, step: FlowField) -> FlowField:
    return np.asarray(backward_warp(path, step) + step, np.float32)
