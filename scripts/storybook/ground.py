"""What places are made of: the ground with its light and depth, water, plants."""

import numpy as np

from .brush import Brush, Picture, mix, shade, tint
from .skies import Light, jitter
from .world import RGB


class Ground:
    """What every place needs while it is painted: the picture, its light, the horizon and chance."""

    def __init__(
        self,
        picture: Picture,
        horizon: float,
        light: str,
        look: Light,
        sun_x: float,
        rng: np.random.Generator,
        time: float = 0.0,
    ) -> None:
        self.time = time
        self.picture, self.horizon, self.light, self.sun_x, self.rng = picture, horizon, light, sun_x, rng
        self.height, self.width = picture.shape[:2]
        self.look = look
        self.brush = Brush(picture, 0, 0, 1.0)

    def swing(self, rate: float, phase: float) -> float:
        """A sine of ``rate`` turns a second, less its value at time 0."""
        return float(np.sin(2 * np.pi * rate * self.time + phase) - np.sin(phase)) if self.time else 0.0

    def lit(self, color: RGB, depth: float = 0.0) -> RGB:
        """A ground colour in this scene's light; ``depth`` 0 (near) … 1 (far) fades it into the haze."""
        return mix(tint(jitter(color, self.rng, 6), self.look.ground), self.look.haze, 0.75 * depth)

    def ridge(
        self, y: float, amplitude: float, color: RGB, *, waves: float = 2.0, sharp: bool = False
    ) -> None:
        """Fills everything under a wavy (or jagged) line at pixel row ``y``."""
        x = np.linspace(-0.05 * self.width, 1.05 * self.width, 13 if sharp else 33)
        if sharp:
            line = self.rng.uniform(-1, 1, x.size) * amplitude
        else:
            phase, pace = self.rng.uniform(0, 6.3, 3), waves * np.asarray([1.0, 1.7, 2.9])
            line = sum(
                amplitude / (k + 1) * np.sin(p + 2 * np.pi * w * x / self.width)
                for k, (p, w) in enumerate(zip(phase, pace, strict=True))
            )
        top = [(float(a), float(-(y + b))) for a, b in zip(x, np.asarray(line), strict=True)]
        self.brush.poly(
            [*top, (1.1 * self.width, -1.2 * self.height), (-0.1 * self.width, -1.2 * self.height)], color
        )

    def spot(self, near: float) -> tuple[float, float, float]:
        """A random place on the ground, ``near`` 0 (horizon) … 1 (bottom): x, y and how large things are."""
        y = self.horizon + (self.height - self.horizon) * near
        return float(self.rng.uniform(0, self.width)), y, self.height * (0.03 + 0.12 * near)

    def at(self, x: float, y: float, scale: float) -> Brush:
        """A brush whose foot stands at a pixel."""
        return Brush(self.picture, x, y, scale, flip=bool(self.rng.random() < 0.5))


def water(g: Ground, top: float, bottom: float, base: RGB) -> None:
    """Water from row ``top`` to row ``bottom``: depth, ripples, and the light's glitter under the sun."""
    far, near = mix(tint(base, g.look.ground), g.look.sky[2], 0.5), tint(shade(base, 0.8), g.look.ground)
    steps = 9
    for k in range(steps):
        y0 = top + (bottom - top) * k / steps
        g.brush.rect(-5, -g.height - 5, g.width + 5, -y0, mix(far, near, k / (steps - 1)))
    for _ in range(g.rng.integers(16, 30)):
        depth = g.rng.random() ** 1.5
        y = top + (bottom - top) * depth
        x, half = g.rng.uniform(0, g.width), g.height * (0.02 + 0.07 * depth) * g.rng.uniform(0.6, 1.4)
        x, half = x + 0.02 * g.height * g.swing(0.4, x), half * (1 + 0.25 * g.swing(0.5, y))
        color = mix(mix(far, near, depth), g.look.sky[2] if g.rng.random() < 0.7 else near, 0.55)
        g.brush.curve(
            [(x - half, -y), (x, -y + half * 0.12), (x + half, -y)], g.height * (0.004 + 0.008 * depth), color
        )
    if g.light in ("dawn", "sunset", "night", "noon"):
        glint = {"night": (196, 204, 236), "sunset": (255, 190, 96)}.get(g.light, (255, 246, 224))
        for k in range(10):
            y = top + (bottom - top) * (k + 0.5) / 10
            half = g.height * g.rng.uniform(0.015, 0.05) * (1 + k * 0.12)
            x = g.sun_x + g.rng.normal(0, 0.012 * g.height)
            x, half = x + 0.008 * g.height * g.swing(0.6, y), half * (1 + 0.4 * g.swing(0.8, x))
            g.brush.line([(x - half, -y), (x + half, -y)], g.height * 0.008, glint)


def palm(g: Ground) -> None:
    """A palm at the picture's left or right edge."""
    side = g.rng.choice([0.08, 0.92])
    b = g.at(g.width * side, g.height * g.rng.uniform(0.86, 0.98), g.height * g.rng.uniform(0.45, 0.65))
    b.flip = side > 0.5
    b.curve([(0, 0), (0.03, 0.35), (0.1, 0.68), (0.2, 0.94)], 0.05, g.lit((128, 92, 58)))
    for angle in np.linspace(-0.5, 3.5, 7) + g.rng.uniform(-0.2, 0.2):
        dx, dy = np.cos(angle) * 0.34, np.sin(angle) * 0.2
        b.poly(
            [
                (0.2, 0.95),
                (0.2 + dx * 0.5, 0.99 + dy * 0.9),
                (0.2 + dx, 0.86 + dy * 0.6),
                (0.2 + dx * 0.5, 0.93 + dy * 0.7),
            ],
            g.lit((46, 130, 70)),
            rounds=1,
        )


def parasol(g: Ground) -> None:
    """A red parasol on the sand."""
    x, y, s = g.spot(g.rng.uniform(0.5, 0.7))
    b = g.at(x, y, s * 2.2)
    b.line([(0, 0), (0.06, 0.9)], 0.03, g.lit((240, 236, 226)))
    b.poly(
        [(-0.44, 0.68), (-0.3, 0.92), (0.06, 1.02), (0.4, 0.86), (0.5, 0.6)], g.lit((224, 78, 70)), rounds=1
    )


def cactus(b: Brush, color: RGB) -> None:
    """A saguaro."""
    b.line([(0, 0), (0, 0.95)], 0.17, color)
    b.line([(0, 0.4), (-0.26, 0.42), (-0.26, 0.7)], 0.12, color)
    b.line([(0, 0.3), (0.24, 0.32), (0.24, 0.58)], 0.12, color)


def fir(b: Brush, g: Ground, color: RGB, snowy: bool, depth: float = 0.0) -> None:
    """A fir of three tiers, with snow if ``snowy``."""
    b.rect(-0.05, 0, 0.05, 0.2, g.lit((92, 66, 48), depth))
    green, cap = g.lit(color, depth), g.lit((244, 248, 252), depth)
    for k in range(3):
        y, half = 0.14 + 0.26 * k, 0.34 - 0.08 * k
        b.poly([(-half, y), (half, y), (0, y + 0.42)], green)
        if snowy:
            b.poly([(-half * 0.45, y + 0.22), (half * 0.45, y + 0.22), (0, y + 0.42)], cap)


def acacia(g: Ground, b: Brush) -> None:
    """A flat-crowned acacia."""
    b.line([(0, 0), (0.02, 0.45), (-0.2, 0.72)], 0.06, g.lit((86, 62, 46), 0.15))
    b.line([(0.02, 0.4), (0.24, 0.72)], 0.05, g.lit((86, 62, 46), 0.15))
    leaf = g.lit((94, 122, 56), 0.15)
    b.ellipse(-0.12, 0.78, 0.42, 0.1, leaf)
    b.ellipse(0.2, 0.84, 0.36, 0.09, leaf)
