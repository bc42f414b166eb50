"""Fog that drifts before a clip: a veil whose thickness is smooth noise in two layers (compare Perlin 1985).

It depends on the time alone, so frames can be made in any order, and comes round in a loop.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.grading.endless import drifted

_SPEEDS: Final = (0.07, 0.13)
"""Heights of the picture a second, of the layers."""
_THICKNESS: Final = (0.04, 0.8)
"""Share of the picture that the veil covers, at its thinnest and thickest."""
_SHADE: Final = 0.85
"""Light of the darkest fog: banks are seen in a grey picture, too."""
_MIDDLE, _REACH = 0.62, 0.38
"""Where fog is thickest, and how far it reaches up and down, in heights of the picture."""


@dataclass(frozen=True)
class Fog:
    """Fog that drifts.

    Attributes:
        pace: factor of its speed; below 0 it drifts to the left.
        period: seconds after which everything is where it was; None lets it drift freely.
    """

    pace: float = 1.0
    period: float | None = None

    def apply(self, frame: Frame, seconds: float, amount: float = 1.0) -> Frame:
        """Return a frame, uint8 (H, W, 3), with the fog at that time; ``amount`` is 0 to 1 of it."""
        height, width = frame.shape[:2]
        near, far = (
            drifted(_noise(height, width, seed), self.pace * speed * height, seconds, self.period)
            for seed, speed in enumerate(_SPEEDS)
        )
        thick = np.clip(0.5 * near + 0.5 * far, 0, 1)
        down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
        profile = 0.35 + 0.65 * np.exp(-(((down - _MIDDLE) / _REACH) ** 2))
        low, high = _THICKNESS
        veil = (amount * profile * (low + (high - low) * thick))[..., None]
        mean = frame.reshape(-1, 3).mean(axis=0)
        light = 0.3 * mean + 0.7 * (0.4 * float(mean.mean()) + 0.6 * 250)
        light = light * (_SHADE + (1 - _SHADE) * far[..., None])
        return np.asarray(np.clip(frame * (1 - veil) + light * veil + 0.5, 0, 255), np.uint8)


@lru_cache(maxsize=4)
def _noise(height: int, width: int, seed: int) -> NDArray[np.float32]:
    """Return smooth noise, float32 (H, W), 0 to 1, of banks that are wider than high."""
    random = np.random.default_rng([23, seed])
    noise = np.zeros((height, width), np.float32)
    for octave in range(3):
        rows, columns = 3 * 2**octave, max(round(2 * 2**octave * width / height), 2)
        grid = random.random((rows, columns)).astype(np.float32)
        noise += 0.5**octave * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    low, high = np.quantile(noise, (0.3, 0.92))
    return np.asarray(np.clip((noise - low) / max(float(high - low), 1e-6), 0, 1), np.float32)
