"""Rain and snow that fall before a clip: particles in three layers of depth (compare Reeves 1983).

They depend on the time alone, so frames can be made in any order, and come round in a loop.
"""

from dataclasses import dataclass
from math import pi
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.grading.fog import Fog


@dataclass(frozen=True)
class Fall:
    """How something falls.

    Attributes:
        count: particles on a picture as wide as high.
        size: of a near one, in heights of the picture: the radius of a flake, the thickness of a drop.
        streak: length of a near one, in heights of the picture; 0 is round.
        speed: of a near one, in heights a second.
        sway: how far it swings sideways, in heights of the picture.
        slant: how far it goes sideways while it falls by its length.
        opacity: of a near one, 0 to 1.
    """

    count: int
    size: float
    streak: float
    speed: float
    sway: float
    slant: float
    opacity: float


FALLS: Final = {
    "snow": Fall(150, 0.0075, 0.0, 0.22, 0.02, 0.08, 0.95),
    "rain": Fall(190, 0.003, 0.075, 1.9, 0.0, 0.14, 0.5),
}
_DEPTHS: Final = (0.4, 0.65, 1.0)
"""How near each layer is: size, speed and opacity are in proportion."""
_MARGIN: Final = 0.1
_SUBPIXEL: Final = 4
"""Bits of a position behind the point."""
_LARGER: Final = 3
"""Times as large particles are drawn."""


@dataclass(frozen=True)
class Falling:
    """Rain or snow before a picture.

    Attributes:
        fall: how it falls.
        pace: factor of its speed.
        period: seconds after which everything is where it was; None lets it fall freely.
    """

    fall: Fall
    pace: float = 1.0
    period: float | None = None

    def apply(self, frame: Frame, seconds: float, amount: float = 1.0) -> Frame:
        """Return a frame, uint8 (H, W, 3), with what falls at that time; ``amount`` is 0 to 1 of it."""
        height, width = frame.shape[:2]
        veil = np.zeros((height, width), np.uint8)
        places = np.random.default_rng(7)
        for depth in _DEPTHS:
            count = round(self.fall.count * width / height / len(_DEPTHS))
            layer = np.zeros_like(veil)
            x, y, phase = places.random((3, count))
            self._draw(layer, self._places(x, y, phase, depth, seconds, width / height), depth)
            veil = np.maximum(
                veil, np.asarray(layer * (amount * self.fall.opacity * (0.4 + 0.6 * depth)), np.uint8)
            )
        share = veil[..., None] / np.float32(255)
        light = 0.35 * np.quantile(frame.reshape(-1, 3), 0.95, axis=0) + 0.65 * 255
        return np.asarray(np.clip(frame * (1 - share) + light * share + 0.5, 0, 255), np.uint8)

    def _places(
        self, x: NDArray[np.float64], y: NDArray[np.float64], phase: NDArray[np.float64],
        depth: float, seconds: float, aspect: float,
    ) -> NDArray[np.float64]:  # fmt: skip
        """Return where the particles are, (n, 2), in heights of the picture."""
        whole = 1 + 2 * _MARGIN
        speed = self.fall.speed * self.pace * depth
        if self.period is not None:  # a whole number of times through the picture
            speed = max(1, round(speed * self.period / whole)) * whole / self.period
        fallen = (y * whole + speed * seconds) % whole - _MARGIN
        rate = 0.35 if self.period is None else max(1, round(0.35 * self.period)) / self.period
        swing = self.fall.sway * np.sin(2 * pi * (phase + rate * seconds))
        wide = aspect + 2 * _MARGIN
        across = (x * wide + self.fall.slant * fallen + swing) % wide - _MARGIN
        return np.stack([across, fallen], axis=1)

    def _draw(self, layer: NDArray[np.uint8], places: NDArray[np.float64], depth: float) -> None:
        """Draw the particles of one depth, several times as large: so they are round, and move smoothly."""
        height, width = layer.shape
        large = np.zeros((height * _LARGER, width * _LARGER), np.uint8)
        scale = len(large) * 2**_SUBPIXEL
        size = self.fall.size * depth * len(large)
        trail = np.array([self.fall.slant, 1.0]) * self.fall.streak * depth
        for end, start in zip(
            *(np.round(each * scale).astype(int).tolist() for each in (places, places - trail)), strict=True
        ):
            if self.fall.streak:
                cv2.line(large, start, end, 255, max(1, round(size)), cv2.LINE_AA, _SUBPIXEL)
            else:
                cv2.circle(large, end, round(size * 2**_SUBPIXEL), 255, -1, cv2.LINE_AA, _SUBPIXEL)
        cv2.resize(large, (width, height), dst=layer, interpolation=cv2.INTER_AREA)


@dataclass(frozen=True)
class Weather:
    """What falls or drifts before the frames of a clip.

    Attributes:
        falling: what falls or drifts, and how much of it in each frame, 0 to 1.
        fps: frames per second.
    """

    falling: tuple[tuple[Falling | Fog, tuple[float, ...]], ...]
    fps: float

    def apply(self, frame: Frame, index: int) -> Frame:
        """Return the frame ``index`` of the clip, uint8 (H, W, 3), with what falls and drifts."""
        for falling, amounts in self.falling:
            if amounts[index] > 0:
                frame = falling.apply(frame, index / self.fps, amounts[index])
        return frame
