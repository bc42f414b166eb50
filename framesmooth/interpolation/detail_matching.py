"""Matching the energy of fine detail from frame to frame: sharpness that pumps is flicker, too."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]

_SIGMA: Final = 1.5
_LARGEST_GAIN: Final = 0.5
_LARGEST_LOSS: Final = 0.1


def detail_energy(image: Field) -> float:
    """Return the mean square of the fine detail of an image (H, W, 3), float32 in 0 to 1."""
    return _mean(detail_map(image))


def detail_map(image: Field) -> Field:
    """Return the square of the fine detail of an image at each pixel (H, W, 3), float32."""
    return np.square(_detail(image))


def even_detail(image: Field, wanted: float) -> Field:
    """Return an image (H, W, 3), float32 in 0 to 1, with the detail energy ``wanted`` if it has nearly that.

    The gain k solves mean (d + k HF(d))^2 = wanted, d = HF(image), HF(x) = x - Gauss(x).
    """
    detail = _detail(image)
    finer = _detail(detail)
    square, mixed, lacking = _mean(finer * finer), _mean(detail * finer), wanted - _mean(detail * detail)
    if square <= 0:
        return image
    gain = (np.sqrt(max(mixed * mixed + square * lacking, 0.0)) - mixed) / square
    return image + np.float32(np.clip(gain, -_LARGEST_LOSS, _LARGEST_GAIN)) * detail


def _detail(image: Field) -> Field:
    return np.asarray(image - cv2.GaussianBlur(image, (0, 0), _SIGMA), np.float32)


def _mean(values: Field) -> float:
    return float(values.mean(dtype=np.float64))
