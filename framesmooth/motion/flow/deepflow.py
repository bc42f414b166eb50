"""DeepFlow optical flow (Weinzaepfel et al. 2013), by OpenCV contrib."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from framesmooth.frames import Frame
from framesmooth.motion.flow.base import FlowField, _pad_small, _to_grey


@dataclass(frozen=True, kw_only=True)
class DeepFlow:
    """DeepFlow without its learned matches (Weinzaepfel et al. 2013): slow and accurate."""

    def __call__(self, image0: Frame, image1: Frame) -> FlowField:
        """Return flow (H, W, 2) float32 in pixels from ``image0`` to ``image1`` (both (H, W, 3) uint8)."""
        height, width = image0.shape[:2]
        engine = cv2.optflow.createOptFlow_DeepFlow()
        grey0, grey1 = (_pad_small(_to_grey(image)) for image in (image0, image1))
        field = engine.calc(grey0, grey1, np.zeros((*grey0.shape, 2), np.float32))
        return np.ascontiguousarray(field[:height, :width], dtype=np.float32)


DEEPFLOW: Final = DeepFlow()
"""The slowest and most careful one."""
