"""The subjects that stand, swim or float alone in a scene; animals are in ``animals``.

Each draws with a :class:`Brush` whose origin is the subject's foot and whose height is 1, in one colour
from which it derives its lighter and darker parts.
"""

import numpy as np

from .brush import Brush, mix, shade
from .world import COLORS, RGB

DARK: RGB = (52, 44, 48)
GLASS: RGB = (176, 214, 236)
WOOD: RGB = (120, 78, 50)
CREAM: RGB = (250, 244, 230)


def _contrast(color: RGB) -> RGB:
    """A neutral that stands out against a colour: dark grey on light things, cream on dark ones."""
    return (96, 92, 104) if sum(color) > 560 else CREAM


def sailboat(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """Two sails in the colour above a dark hull."""
    lean, hull = rng.uniform(-0.03, 0.05), WOOD if sum(color) > 260 else (206, 190, 170)
    b.poly([(-0.46, 0.2), (0.5, 0.2), (0.36, 0.02), (-0.34, 0.02)], hull, rounds=1)
    b.rect(-0.45, 0.17, 0.47, 0.2, shade(hull, 1.3))
    b.line([(0.0, 0.18), (lean, 1.0)], 0.025, DARK)
    belly = rng.uniform(0.0, 0.08) + 0.02 * b.wave(0.4)
    b.poly([(lean + 0.02, 0.98), (0.03, 0.24), (0.46, 0.26), (0.36 + belly, 0.5)], color)
    b.poly([(lean - 0.02, 0.9), (-0.03, 0.24), (-0.4, 0.26), (-0.26 - belly, 0.46)], shade(color, 0.82))


def lighthouse(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """A tapering striped tower with a lantern, on a rock."""
    b.poly([(-0.34, -0.02), (-0.24, 0.1), (0.2, 0.11), (0.34, -0.02)], (108, 102, 100), rounds=1)
    other = _contrast(color)
    for k in range(5):
        y0, y1 = 0.06 + 0.14 * k, 0.06 + 0.14 * (k + 1)
        w0, w1 = 0.17 - 0.075 * y0, 0.17 - 0.075 * y1
        b.poly([(-w0, y0), (w0, y0), (w1, y1), (-w1, y1)], color if k % 2 == 0 else other)
    b.poly(
        [(0.03, 0.06), (0.16, 0.06), (0.115, 0.76), (0.03, 0.76)],
        shade(color, 0.92) if rng.random() < 0.2 else color,
    )
    b.rect(-0.14, 0.76, 0.14, 0.79, DARK)
    b.rect(-0.085, 0.79, 0.085, 0.9, (255, 232, 130))
    b.poly([(-0.13, 0.9), (0.13, 0.9), (0, 1.0)], shade(color, 0.8))


def house(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """Walls in the colour, a gable roof, door, windows and chimney."""
    half, eave, peak = rng.uniform(0.38, 0.5), rng.uniform(0.48, 0.56), rng.uniform(0.86, 0.98)
    roof = [(128, 66, 52), (86, 80, 96)][rng.integers(2)]
    b.rect(half * 0.35, eave, half * 0.6, peak, (150, 110, 96))
    b.rect(-half, 0, half, eave, color)
    b.rect(half * 0.4, 0, half, eave, shade(color, 0.86))
    b.poly([(-half * 1.18, eave), (half * 1.18, eave), (half * 0.7, peak), (-half * 0.7, peak)], roof)
    b.rect(-0.08, 0, 0.08, 0.3, WOOD)
    for x in (-half * 0.62, half * 0.62):
        b.rect(x - 0.09, 0.2, x + 0.09, 0.38, _contrast(color))
        b.rect(x - 0.065, 0.225, x + 0.065, 0.355, (255, 226, 140) if rng.random() < 0.5 else GLASS)


def tree(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """A broad crown of overlapping clumps on a forked trunk."""
    b.poly([(-0.07, 0), (0.08, 0), (0.05, 0.45), (-0.04, 0.45)], WOOD)
    b.line([(0.0, 0.35), (0.18, 0.6)], 0.04, WOOD)
    for tone, dy, spread in ((0.78, -0.03, 0.3), (1.0, 0.02, 0.26), (1.22, 0.08, 0.17)):
        for _ in range(4 if tone > 1 else 6):
            x, y = rng.normal(0, spread * 0.55), 0.68 + dy + rng.normal(0, 0.07)
            radius = rng.uniform(0.1, 0.17) if tone > 1 else rng.uniform(0.17, 0.25)
            b.ellipse(float(np.clip(x, -0.34, 0.34)), y, radius, radius * 0.85, shade(color, tone))


def balloon(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """A hot-air balloon with gores of two shades and a basket."""
    pale = shade(color, 1.3 if sum(color) < 600 else 0.86)
    t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    for k, width in enumerate((1.0, 0.66, 0.26)):
        across, up = 0.38 * width * np.sin(t), 0.6 + 0.38 * np.cos(t)
        narrow = np.where(up < 0.6, np.clip((up - 0.14) / 0.46, 0.0, 1) ** 0.5, 1)
        b.poly(list(zip(across * narrow, up, strict=True)), color if k != 1 else pale)
    for x in (-0.09, 0.09):
        b.line([(x, 0.26), (x * 0.75, 0.12)], 0.014, DARK)
    b.rect(-0.08, 0.0, 0.08, 0.12, WOOD)
    b.rect(-0.095, 0.1, 0.095, 0.13, shade(WOOD, 1.3))


def mountain(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """One great peak with a lit and a shadow flank and a snow cap."""
    left, right, lean = -rng.uniform(0.75, 1.1), rng.uniform(0.75, 1.1), rng.uniform(-0.12, 0.12)
    b.poly(
        [
            (left, -0.3),
            (left, 0),
            (left * 0.45, 0.52),
            (lean, 1.0),
            (right * 0.4, 0.56),
            (right, 0),
            (right, -0.3),
        ],
        color,
    )
    b.poly(
        [
            (lean, 1.0),
            (right * 0.4, 0.56),
            (right, 0),
            (right, -0.3),
            (0.12, -0.3),
            (0.16, 0.3),
            (lean + 0.02, 0.6),
        ],
        shade(color, 0.74) if sum(color) > 130 else shade(color, 1.2),
    )
    cap = CREAM if sum(color) < 620 else (190, 204, 226)
    b.poly(
        [
            (lean, 1.0),
            (lean + 0.17, 0.78),
            (lean + 0.08, 0.81),
            (lean + 0.01, 0.72),
            (lean - 0.07, 0.8),
            (lean - 0.16, 0.75),
        ],
        cap,
    )


def castle(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """Walls and towers in the colour, cone roofs, gate and a flag."""
    roof = shade(color, 0.55) if sum(color) > 240 else (120, 116, 130)
    b.rect(-0.4, 0, 0.4, 0.42, color)
    for x in np.arange(-0.38, 0.36, 0.13):
        b.rect(x, 0.42, x + 0.07, 0.48, color)
    for x, half, top in ((-0.42, 0.11, 0.62), (0.42, 0.11, 0.62), (rng.uniform(-0.1, 0.1), 0.14, 0.76)):
        b.rect(x - half, 0, x + half, top, shade(color, 0.9) if sum(color) > 240 else shade(color, 1.12))
        b.poly([(x - half * 1.3, top), (x + half * 1.3, top), (x, top + half * 1.9)], roof)
        b.rect(x - 0.025, top - 0.2, x + 0.025, top - 0.1, DARK if sum(color) > 240 else CREAM)
    b.poly(
        [(-0.09, 0), (0.09, 0), (0.09, 0.17), (0.05, 0.24), (-0.05, 0.24), (-0.09, 0.17)],
        DARK if sum(color) > 240 else WOOD,
    )


def windmill(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """A tapered tower with four lattice sails at a random turn."""
    b.poly([(-0.2, 0), (0.2, 0), (0.12, 0.62), (-0.12, 0.62)], color)
    b.poly(
        [(0.04, 0), (0.2, 0), (0.12, 0.62), (0.04, 0.62)],
        shade(color, 0.84) if sum(color) > 130 else shade(color, 1.15),
    )
    b.poly([(-0.14, 0.6), (0.14, 0.6), (0.09, 0.73), (-0.09, 0.73)], (112, 70, 56), rounds=1)
    b.rect(-0.05, 0, 0.05, 0.15, WOOD)
    b.ellipse(0, 0.38, 0.04, 0.05, _contrast(color))
    turn = rng.uniform(0, np.pi / 2) - 2 * np.pi * 0.2 * b.time
    for k in range(4):
        c, s = np.cos(turn + k * np.pi / 2), np.sin(turn + k * np.pi / 2)

        def at(r: float, side: float, c: float = c, s: float = s) -> tuple[float, float]:
            return (r * c - side * s, 0.64 + r * s + side * c)

        b.poly([at(0.1, 0.0), at(0.42, 0.0), at(0.42, 0.11), at(0.1, 0.09)], CREAM)
        b.line([at(0, 0), at(0.44, 0)], 0.022, DARK)
    b.ellipse(0, 0.64, 0.03, 0.03, DARK)


def rocket(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """A rocket in flight on its flame."""
    fin = (206, 60, 52) if color != COLORS["red"] else (238, 232, 224)
    b.poly(
        [(-0.09, 0.22), (0.09, 0.22), (rng.uniform(-0.03, 0.03), -0.06 - 0.05 * b.wave(2.6))],
        (255, 170, 50),
        rounds=1,
    )
    b.poly([(-0.05, 0.22), (0.05, 0.22), (0.0, 0.06)], (255, 236, 150), rounds=1)
    for side in (-1, 1):
        b.poly([(side * 0.12, 0.44), (side * 0.28, 0.18), (side * 0.11, 0.24)], fin)
    b.poly(
        [(-0.11, 0.22), (0.11, 0.22), (0.155, 0.5), (0.11, 0.8), (0, 1.0), (-0.11, 0.8), (-0.155, 0.5)],
        color,
        rounds=1,
    )
    b.poly(
        [(0.04, 0.24), (0.1, 0.24), (0.14, 0.5), (0.1, 0.76), (0.04, 0.86)],
        shade(color, 0.84) if sum(color) > 130 else shade(color, 1.2),
    )
    b.poly([(-0.1, 0.8), (0.1, 0.8), (0, 1.0)], fin, rounds=1)
    b.ellipse(0, 0.6, 0.075, 0.075, _contrast(color))
    b.ellipse(0, 0.6, 0.05, 0.05, GLASS)


def astronaut(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """A space suit in the colour, gold visor, one arm perhaps waving."""
    dim = shade(color, 0.78) if sum(color) > 130 else shade(color, 1.22)
    b.rect(-0.23, 0.34, 0.23, 0.66, (150, 152, 162))
    step = rng.uniform(0.02, 0.07)
    pace = 0.1 * b.wave(1.2) if b.action == "travel" else 0.0
    b.line([(-0.09, 0.34), (-0.1 - step + pace, 0.06 + 0.3 * max(pace, 0.0))], 0.14, color)
    b.line([(0.09, 0.34), (0.1 + step + pace, 0.06 + 0.3 * max(-pace, 0.0))], 0.14, dim)
    wave = rng.random() < 0.5
    swing = b.beat(1.1) * (-1 if wave else 1) * (2.0 if b.action == "wave" else 0.3)
    b.line([(-0.17, 0.58), (-0.32 - 0.05 * swing, (0.42 if not wave else 0.74) + 0.16 * swing)], 0.11, dim)
    b.line([(0.17, 0.58), (0.31, 0.38)], 0.11, color)
    b.poly([(-0.19, 0.3), (0.19, 0.3), (0.21, 0.66), (-0.21, 0.66)], color, rounds=1)
    b.rect(-0.08, 0.42, 0.08, 0.52, (90, 98, 118))
    b.line([(-0.2, 0.5), (0.2, 0.5)], 0.03, _contrast(color))
    b.ellipse(0, 0.81, 0.2, 0.19, CREAM)
    b.ellipse(0, 0.64, 0.15, 0.035, (150, 152, 162))
    b.ellipse(0.03, 0.81, 0.15, 0.13, (64, 56, 64))
    b.ellipse(0.05, 0.82, 0.125, 0.1, (236, 180, 80))
    b.ellipse(0.09, 0.85, 0.035, 0.026, (255, 240, 200))


def train(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """A steam engine with one wagon, wheels and a plume of smoke."""
    dim = shade(color, 0.78) if sum(color) > 130 else shade(color, 1.25)
    for k in range(4):
        rise = rng.normal(0, 0.015)
        b.ellipse(
            0.46 - 0.2 * k + 0.04 * b.wave(0.9, 0.3 * k),
            0.84 + 0.05 * k + rise + 0.025 * b.wave(0.9, 0.2 * k),
            0.08 + 0.03 * k,
            0.055 + 0.016 * k,
            mix((246, 246, 246), (180, 184, 192), k / 4),
        )
    b.rect(-0.98, 0.18, -0.38, 0.56, dim)
    b.rect(-1.01, 0.54, -0.35, 0.6, DARK if sum(color) > 130 else CREAM)
    for x in (-0.9, -0.7, -0.52):
        b.rect(x, 0.34, x + 0.11, 0.48, (255, 232, 160))
    b.rect(-0.28, 0.18, 0.1, 0.68, color)
    b.rect(-0.33, 0.66, 0.15, 0.73, DARK if sum(color) > 130 else CREAM)
    b.rect(-0.2, 0.46, 0.02, 0.62, (255, 232, 160))
    b.poly([(0.1, 0.2), (0.66, 0.2), (0.7, 0.34), (0.66, 0.5), (0.1, 0.5)], color, rounds=1)
    b.rect(0.44, 0.48, 0.54, 0.74, DARK if sum(color) > 130 else dim)
    b.rect(0.41, 0.7, 0.57, 0.76, dim)
    b.rect(-0.98, 0.14, 0.7, 0.2, (70, 66, 74))
    b.poly([(0.66, 0.02), (0.82, 0.02), (0.68, 0.2)], (70, 66, 74))
    for x, r in ((-0.86, 0.085), (-0.5, 0.085), (-0.16, 0.11), (0.1, 0.11), (0.38, 0.08), (0.58, 0.08)):
        b.ellipse(x, r, r, r, DARK)
        b.ellipse(x, r, r * 0.45, r * 0.45, (190, 186, 180))
        if b.time:
            c, s = r * 0.85 * np.cos(5 * b.time), -r * 0.85 * np.sin(5 * b.time)
            b.line([(x - c, r - s), (x + c, r + s)], 0.025, (190, 186, 180))
