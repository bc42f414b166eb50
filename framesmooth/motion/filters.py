"""Gaussian blur with a large sigma, quickly."""

import cv2
import numpy as np
from numpy.typing import NDArray


def wide_gaussian_blur(image: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Return the image, float32 (H, W) or (H, W, C), blurred, on a grid as coarse as the result allows."""
    height, width = image.shape[:2]
    shrink = max(int(sigma / 4), 1)
    size = max(width // shrink, 1), max(height // shrink, 1)
    coarse = cv2.GaussianBlur(cv2.resize(image, size, interpolation=cv2.INTER_AREA), (0, 0), sigma / shrink)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
