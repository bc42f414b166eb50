"""A car and a flower."""

import numpy as np

from .brush import Brush, mix, shade
from .subjects import CREAM, DARK, GLASS
from .world import RGB


def car(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """A small round car from the side: two windows, wheels with hubs, lamps, bumpers."""
    dark = shade(color, 0.78) if sum(color) > 130 else shade(color, 1.25)
    steel, roof = (190, 194, 202), rng.uniform(0.94, 1.04)
    b.rect(-1.0, 0.2, 1.02, 0.29, steel)
    b.poly(
        [(-0.62, 0.5), (-0.5, 0.84), (-0.28, roof), (0.14, roof), (0.38, 0.84), (0.56, 0.5)], color, rounds=1
    )
    b.poly(
        [(-0.96, 0.24), (-0.94, 0.5), (-0.7, 0.6), (0.5, 0.6), (0.84, 0.55), (0.98, 0.42), (0.98, 0.24)],
        color,
        rounds=1,
    )
    b.rect(-0.9, 0.24, 0.94, 0.33, dark)
    b.poly([(-0.5, 0.58), (-0.42, 0.8), (-0.26, roof - 0.1), (-0.1, roof - 0.1), (-0.1, 0.58)], GLASS)
    b.poly([(-0.02, 0.58), (-0.02, roof - 0.1), (0.12, roof - 0.1), (0.29, 0.8), (0.43, 0.58)], GLASS)
    b.poly([(0.04, 0.6), (0.2, roof - 0.16), (0.26, roof - 0.2), (0.14, 0.6)], (232, 244, 250))
    b.line([(-0.06, 0.56), (-0.06, 0.3)], 0.018, dark)
    b.rect(0.02, 0.49, 0.13, 0.52, steel)
    b.ellipse(0.89, 0.46, 0.06, 0.07, (255, 240, 170))
    b.rect(-0.96, 0.42, -0.9, 0.52, (226, 60, 50))
    for x in (-0.56, 0.56):
        b.ellipse(x, 0.22, 0.255, 0.255, dark)
        b.ellipse(x, 0.19, 0.2, 0.2, DARK)
        b.ellipse(x, 0.19, 0.1, 0.1, steel)
        b.ellipse(x, 0.19, 0.045, 0.045, DARK)
        if b.time:
            c, s = 0.17 * np.cos(6 * b.time), -0.17 * np.sin(6 * b.time)
            b.line([(x - c, 0.19 - s), (x + c, 0.19 + s)], 0.035, steel)


def flower(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """One great bloom: two rings of petals around a round heart, on a stem with two leaves."""
    green, leaf = (66, 136, 58), (88, 164, 70)
    lean, turn = rng.uniform(-0.06, 0.06), rng.uniform(0, 0.5)
    b.curve([(0.0, 0.0), (-0.02, 0.2), (lean * 0.5, 0.45), (lean, 0.7)], 0.045, green)
    b.poly([(0.0, 0.12), (0.14, 0.3), (0.36, 0.36), (0.26, 0.18)], leaf, rounds=2)
    b.poly([(-0.01, 0.2), (-0.14, 0.38), (-0.34, 0.42), (-0.26, 0.26)], shade(leaf, 0.84), rounds=2)
    back = shade(color, 0.76) if sum(color) > 150 else shade(color, 1.22)
    for tone, shift, reach in ((back, 0.5, 0.235), (color, 0.0, 0.215)):
        for k in range(9):
            angle = turn + (k + shift) * 2 * np.pi / 9
            x, y = lean + reach * 0.82 * np.cos(angle), 0.7 + reach * 0.82 * np.sin(angle)
            b.ellipse(x, y, 0.125, 0.062, tone, angle)
    heart = (250, 204, 60) if color[2] > 90 or color[1] < 100 else (110, 66, 36)
    b.ellipse(lean, 0.7, 0.112, 0.112, shade(heart, 0.78))
    b.ellipse(lean, 0.705, 0.09, 0.09, heart)
    b.ellipse(lean - 0.025, 0.725, 0.03, 0.03, mix(heart, CREAM, 0.45))
