"""Farneback's polynomial-expansion optical flow (2003), by OpenCV."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from framesmooth.frames import Frame
from framesmooth.motion.flow.base import FlowField, _to_grey


@dataclass(frozen=True, kw_only=True)
class FarnebackFlow:
    """Polynomial expansion (Farneback 2003): smooth, misses small things, steady under gain changes.

    ``poly_size`` pixels a side are expanded, weighted by a Gaussian of ``poly_sigma``.
    """

    levels: int = 5
    window_size: int = 15
    iterations: int = 5
    poly_size: int = 7
    poly_sigma: float = 1.5

    def __call__(self, image0: Frame, image1: Frame) -> FlowField:
        """Return flow (H, W, 2) float32 in pixels from ``image0`` to ``image1`` (both (H, W, 3) uint8)."""
        start = np.zeros((*image0.shape[:2], 2), np.float32)
        field = cv2.calcOpticalFlowFarneback(
            _to_grey(image0),
            _to_grey(image1),
            start,
            0.5,
            self.levels,
            self.window_size,
            self.iterations,
            self.poly_size,
            self.poly_sigma,
            0,
        )
        return np.ascontiguousarray(field, dtype=np.float32)


FARNEBACK: Final = FarnebackFlow()
"""Polynomial expansion with its usual settings."""
