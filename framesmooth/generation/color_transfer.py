"""Colour statistics of an image, mean and spread in CIELAB, and their transfer to another image.

Reinhard et al. 2001, "Color Transfer between Images", in CIELAB in place of lαβ.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_float, as_uint8

Values = NDArray[np.float32]

_LARGEST_GAIN: Final = 1.25
_LEAST_SPREAD: Final = 0.5
_SOFT: Final = 0.01
"""Sigma of the blur before images are compared, as a share of the longer side."""


@dataclass(frozen=True)
class Colors:
    """Mean and standard deviation of L*, a* and b*: float32 (3,) each."""

    mean: Values
    spread: Values

    @classmethod
    def of(cls, image: Frame) -> "Colors":
        """Return the colour statistics of an image (H, W, 3) uint8."""
        lab = cv2.cvtColor(as_float(image), cv2.COLOR_RGB2LAB).reshape(-1, 3)
        return cls(lab.mean(axis=0), np.maximum(lab.std(axis=0), np.float32(_LEAST_SPREAD)))

    def mixed(self, other: "Colors", mix: float) -> "Colors":
        """Return these colours at mix 0, ``other`` at 1, and what is between."""
        return Colors(_lerp(self.mean, other.mean, mix), _lerp(self.spread, other.spread, mix))

    def moved(self, start: "Colors", end: "Colors") -> "Colors":
        """Return these colours changed as ``start`` has to be to become ``end``."""
        return Colors(self.mean + end.mean - start.mean, self.spread * end.spread / start.spread)


def recolored(image: Frame, target: Colors) -> Frame:
    """Return the image (H, W, 3) uint8 with the mean of ``target``, and its spread as far as it is near."""
    lab = cv2.cvtColor(as_float(image), cv2.COLOR_RGB2LAB)
    own = Colors.of(image)
    gain = np.clip(target.spread / own.spread, 1 / _LARGEST_GAIN, _LARGEST_GAIN)
    changed = (lab - own.mean) * gain + target.mean
    return as_uint8(cv2.cvtColor(changed.astype(np.float32), cv2.COLOR_LAB2RGB))


def distance(first: Frame, second: Frame) -> float:
    """Return the colour difference of two images (H, W, 3) uint8: RMS of ΔE (CIE 1976) after a blur."""
    soft = [
        cv2.GaussianBlur(cv2.cvtColor(as_float(one), cv2.COLOR_RGB2LAB), (0, 0), _SOFT * max(one.shape))
        for one in (first, second)
    ]
    return float(np.sqrt(np.square(soft[0] - soft[1]).sum(axis=-1).mean()))


def _lerp(start: Values, end: Values, mix: float) -> Values:
    return np.asarray(start + np.float32(mix) * (end - start), np.float32)
