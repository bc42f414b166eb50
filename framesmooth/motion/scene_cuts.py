"""Scene cuts: whether two frames belong to one shot."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, eight_bits
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.filters import wide_gaussian_blur
from framesmooth.motion.warping import backward_warp

LEAST_SIMILARITY: Final = 0.45
"""Below this similarity after motion compensation two frames do not show the same scene.

Measured on three real clips with and without heavy flicker: cuts 0.14 to 0.28, other pairs 0.60 to 1. The
coverage of the flow alone does not tell them apart: fast motion under flicker falls to 0.1, cuts rise to 0.4.
"""

DOUBTFUL_SIMILARITY: Final = 0.7

LEAST_COVERAGE: Final = 0.3
"""A flexible flow can force one scene onto another: similarity 0.6, but low coverage."""

STRUCTURE_LINES: Final = 256
"""About the height at which images are compared: the real clips behind ``LEAST_SIMILARITY`` are no larger."""


_FLAT: Final = 2.0
"""Contrast, in grey levels, below which structure is noise."""


def is_cut(image0: Frame, image1: Frame, motion: BidirectionalFlow) -> bool:
    """Return whether a scene cut separates two frames (H, W, 3) with this motion between them."""
    alike = similarity(image0, image1, motion)
    return alike < LEAST_SIMILARITY or (alike < DOUBTFUL_SIMILARITY and motion.coverage < LEAST_COVERAGE)


def similarity(image0: Frame, image1: Frame, motion: BidirectionalFlow) -> float:
    """Return the correlation, -1 to 1, of the grey structure of ``image0`` and of ``image1`` warped onto it.

    Structure is the band between 2 pixels and 1/12 of the frame's height (Gaussian sigmas), so exposure
    flicker and noise count little; frames of twice ``STRUCTURE_LINES`` and more are shrunk to about that
    height first. Two frames without structure are alike.
    """
    grey0, grey1 = (cv2.cvtColor(eight_bits(image), cv2.COLOR_RGB2GRAY) for image in (image0, image1))
    first = _structure(np.asarray(grey0, np.uint8))
    second = _structure(backward_warp(np.asarray(grey1, np.uint8), motion.forward))
    floor = first.size * _FLAT**2
    norm = np.sqrt((np.vdot(first, first) + floor) * (np.vdot(second, second) + floor))
    return float((np.vdot(first, second) + floor) / norm)


def _structure(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    height, width = grey.shape
    shrink = max(height // STRUCTURE_LINES, 1)
    if shrink > 1:
        size = max(width // shrink, 1), height // shrink
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    fine = np.asarray(cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 2.0), np.float32)
    return np.asarray(cv2.subtract(fine, wide_gaussian_blur(fine, max(len(grey) / 12, 4.0))), np.float32)


def is_blank(frame: Frame) -> bool:
    """Return whether a frame (H, W, 3) shows nothing: black, white or any other even surface."""
    structure = _structure(np.asarray(cv2.cvtColor(eight_bits(frame), cv2.COLOR_RGB2GRAY), np.uint8))
    return float(np.vdot(structure, structure)) <= structure.size * _FLAT**2
