"""Vector drawing on a picture: smooth shapes in a subject's own coordinates, antialiased by OpenCV."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .world import RGB

Picture = NDArray[np.uint8]
Points = Sequence[tuple[float, float]]
SHIFT = 4  # fractional bits of OpenCV's coordinates


def shade(color: RGB, factor: float) -> RGB:
    """Darkens (factor < 1) or lightens towards white (factor > 1) a colour in 0–255."""
    if factor <= 1:
        return (color[0] * factor, color[1] * factor, color[2] * factor)
    return mix(color, (255, 255, 255), factor - 1)


def mix(a: RGB, b: RGB, amount: float) -> RGB:
    """Linear mix of two colours: ``a`` at 0, ``b`` at 1."""
    return (
        a[0] + (b[0] - a[0]) * amount,
        a[1] + (b[1] - a[1]) * amount,
        a[2] + (b[2] - a[2]) * amount,
    )


def tint(color: RGB, light: RGB) -> RGB:
    """Multiplies a colour with a light (1 = white light)."""
    return (min(color[0] * light[0], 255), min(color[1] * light[1], 255), min(color[2] * light[2], 255))


def smooth(points: Points, rounds: int = 2) -> list[tuple[float, float]]:
    """Rounds a closed polygon off by Chaikin's corner cutting."""
    p = np.asarray(points, np.float64)
    for _ in range(rounds):
        q = np.roll(p, -1, axis=0)
        p = np.stack([0.75 * p + 0.25 * q, 0.25 * p + 0.75 * q], axis=1).reshape(-1, 2)
    return [(float(x), float(y)) for x, y in p]


@dataclass
class Brush:
    """Draws in a subject's coordinates: origin at its foot, y up, height 1; ``light`` tints every colour."""

    picture: Picture
    x: float
    y: float
    scale: float
    flip: bool = False
    angle: float = 0.0
    light: RGB = (1.0, 1.0, 1.0)
    time: float = 0.0  # seconds by which what moves by itself has moved
    action: str = ""  # what it does: "travel", or one of motion.BEAT

    def wave(self, rate: float, phase: float = 0.0) -> float:
        """A sine of ``rate`` turns a second, less its value at time 0."""
        start = 2 * np.pi * phase
        return float(np.sin(2 * np.pi * rate * self.time + start) - np.sin(start))

    def beat(self, rate: float) -> float:
        """From 0 at time 0 to 1 and back, ``rate`` times a second."""
        return float(0.5 - 0.5 * np.cos(2 * np.pi * rate * self.time))

    def pixels(self, points: Points) -> NDArray[np.float64]:
        """Maps own coordinates to (n, 2) pixel coordinates."""
        p = np.asarray(points, np.float64)
        if self.flip:
            p = p * (-1, 1)
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        p = np.stack([p[:, 0] * cos - p[:, 1] * sin, p[:, 0] * sin + p[:, 1] * cos], axis=1)
        return p * (self.scale, -self.scale) + (self.x, self.y)

    def poly(self, points: Points, color: RGB, *, rounds: int = 0) -> None:
        """Fills a closed polygon, its corners rounded off ``rounds`` times."""
        corners = self.pixels(smooth(points, rounds) if rounds else points)
        fixed = np.round(corners * (1 << SHIFT)).astype(np.int32)
        cv2.fillPoly(self.picture, [fixed], tint(color, self.light), cv2.LINE_AA, SHIFT)

    def rect(self, x0: float, y0: float, x1: float, y1: float, color: RGB) -> None:
        """Fills the box between two corners."""
        self.poly([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], color)

    def ellipse(self, x: float, y: float, rx: float, ry: float, color: RGB, angle: float = 0.0) -> None:
        """Fills an ellipse, turned by ``angle`` radians."""
        t = np.linspace(0, 2 * np.pi, 28, endpoint=False)
        px, py = rx * np.cos(t), ry * np.sin(t)
        cos, sin = np.cos(angle), np.sin(angle)
        self.poly(list(zip(x + px * cos - py * sin, y + px * sin + py * cos, strict=True)), color)

    def line(self, points: Points, width: float, color: RGB) -> None:
        """Strokes an open line, ``width`` in own units (at least 1.2 pixels)."""
        fixed = np.round(self.pixels(points) * (1 << SHIFT)).astype(np.int32)
        thickness = max(round(width * self.scale), 1)
        cv2.polylines(self.picture, [fixed], False, tint(color, self.light), thickness, cv2.LINE_AA, SHIFT)

    def curve(self, points: Points, width: float, color: RGB) -> None:
        """Strokes a smooth curve through four or so control points (Catmull–Rom)."""
        p = np.asarray([points[0], *points, points[-1]], np.float64)
        t = np.linspace(0, 1, 8)[:, None]
        pieces = []
        for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False):
            pieces.append(
                0.5
                * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
            )
        self.line([(float(x), float(y)) for x, y in np.concatenate(pieces)], width, color)
