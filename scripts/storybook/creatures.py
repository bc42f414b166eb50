"""More animals: dog, deer, owl, butterfly, whale and dragon, each in one colour and its shades."""

import numpy as np

from .animals import legs, shaded
from .brush import Brush, mix, shade
from .subjects import CREAM, DARK, WOOD
from .world import RGB

NOSE: RGB = (34, 28, 32)


def _eye(color: RGB) -> RGB:
    return DARK if sum(color) > 150 else CREAM


def dog(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """A dog that sits sideways: hanging ear, snout, collar, its tail up."""
    dark, pale = shaded(color), mix(color, CREAM, 0.5)
    lift, wag = rng.uniform(0.0, 0.14), 0.14 * b.wave(1.6)
    b.curve(
        [(-0.26, 0.1), (-0.44, 0.12), (-0.52 + wag * 0.4, 0.24 + lift), (-0.48 + wag, 0.36 + lift)],
        0.075,
        dark,
    )
    b.line([(0.15, 0.42), (0.17, 0.05)], 0.09, dark)
    b.poly(
        [(-0.34, 0.0), (-0.38, 0.22), (-0.2, 0.42), (-0.02, 0.66), (0.22, 0.66), (0.24, 0.4), (0.12, 0.0)],
        color,
        rounds=2,
    )
    b.poly([(0.08, 0.3), (0.12, 0.6), (0.23, 0.6), (0.24, 0.38), (0.17, 0.26)], pale, rounds=2)
    b.ellipse(-0.17, 0.16, 0.19, 0.165, dark)
    b.ellipse(-0.15, 0.165, 0.175, 0.15, color)
    b.poly([(-0.2, 0.0), (-0.18, 0.07), (0.0, 0.07), (0.03, 0.0)], dark, rounds=1)
    b.line([(0.1, 0.4), (0.1, 0.04)], 0.1, color)
    for x in (0.13, 0.2):
        b.ellipse(x, 0.028, 0.075, 0.032, pale)
    b.poly(
        [(-0.02, 0.58), (0.24, 0.55), (0.25, 0.63), (-0.01, 0.67)],
        (206, 48, 52) if color[0] < 190 else (44, 92, 190),
    )
    b.ellipse(0.12, 0.82, 0.2, 0.175, color)
    b.poly([(0.14, 0.9), (0.3, 0.86), (0.46, 0.8), (0.47, 0.7), (0.32, 0.66), (0.12, 0.68)], color, rounds=2)
    b.poly([(0.22, 0.74), (0.44, 0.74), (0.44, 0.69), (0.3, 0.65), (0.18, 0.68)], pale, rounds=2)
    b.ellipse(0.455, 0.79, 0.042, 0.036, NOSE if sum(color) > 150 else (96, 84, 90))
    b.line([(0.43, 0.72), (0.32, 0.705)], 0.014, DARK)
    if rng.random() < 0.5:
        b.poly([(0.34, 0.71), (0.4, 0.715), (0.39, 0.6), (0.345, 0.6)], (236, 110, 124), rounds=1)
    b.ellipse(0.235, 0.86, 0.028, 0.032, _eye(color))
    b.poly([(-0.02, 0.97), (0.09, 0.95), (0.09, 0.72), (0.0, 0.62), (-0.1, 0.72)], dark, rounds=2)


def deer(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """A stag: slender legs, upright neck, branched antlers, a white tail."""
    pale, bone = mix(color, CREAM, 0.55), (206, 180, 138) if sum(color) < 600 else (140, 104, 74)
    for side, spread in ((-1, 0.0), (1, 0.05)):
        foot = 0.29 + spread
        tip = (foot + side * 0.2, 1.04)
        b.curve([(foot, 0.78), (foot + side * 0.06, 0.88), (foot + side * 0.2, 0.94), tip], 0.026, bone)
        b.line([(foot + side * 0.07, 0.88), (foot + side * 0.045, 1.02)], 0.022, bone)
        b.line([(foot + side * 0.15, 0.92), (foot + side * 0.13, 1.05)], 0.022, bone)
    b.poly(
        [(-0.44, 0.58), (-0.54, 0.56), (-0.5, 0.44), (-0.42, 0.46)],
        CREAM if sum(color) < 640 else (196, 180, 160),
        rounds=1,
    )
    legs(b, color, (-0.36, -0.25, 0.1, 0.2), 0.42, 0.05, rng)
    b.poly(
        [(-0.46, 0.44), (-0.46, 0.6), (-0.1, 0.59), (0.16, 0.62), (0.28, 0.52), (0.2, 0.4), (-0.2, 0.37)],
        color,
        rounds=2,
    )
    b.poly([(-0.28, 0.39), (-0.1, 0.37), (0.16, 0.41), (0.1, 0.45), (-0.2, 0.44)], pale, rounds=1)
    b.poly([(0.06, 0.58), (0.22, 0.8), (0.36, 0.82), (0.33, 0.66), (0.26, 0.48)], color, rounds=1)
    b.poly([(0.22, 0.74), (0.17, 0.84), (0.07, 0.87), (0.12, 0.77)], shaded(color), rounds=1)
    b.poly(
        [(0.22, 0.82), (0.34, 0.85), (0.54, 0.73), (0.53, 0.67), (0.34, 0.68), (0.24, 0.72)], color, rounds=2
    )
    b.ellipse(0.515, 0.705, 0.03, 0.028, NOSE if sum(color) > 150 else CREAM)
    b.ellipse(0.34, 0.775, 0.022, 0.024, _eye(color))
    for x, y in ((-0.34, 0.54), (-0.24, 0.5), (-0.14, 0.55), (-0.05, 0.5), (0.05, 0.55)):
        b.ellipse(x + rng.normal(0, 0.01), y, 0.021, 0.019, pale)


def owl(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """An owl seen from the front on a branch: ear tufts, face discs, great eyes, barred breast."""
    dark, pale = shaded(color), mix(color, CREAM, 0.55)
    bough = WOOD if sum(color) > 200 else (150, 110, 78)
    b.poly([(-0.62, 0.02), (-0.6, 0.12), (0.0, 0.1), (0.64, 0.15), (0.62, 0.05), (0.0, 0.0)], bough, rounds=1)
    b.line([(0.38, 0.1), (0.54, 0.26)], 0.035, bough)
    b.ellipse(0.57, 0.3, 0.09, 0.045, (84, 140, 66), 0.7)
    b.poly([(-0.12, 0.16), (0.12, 0.16), (0.09, -0.1), (-0.09, -0.1)], dark, rounds=1)
    b.poly([(-0.3, 0.74), (-0.27, 1.02), (-0.08, 0.9)], color)
    b.poly([(0.3, 0.74), (0.27, 1.02), (0.08, 0.9)], color)
    b.ellipse(0, 0.41, 0.3, 0.34, color)
    b.ellipse(0, 0.74, 0.31, 0.21, color)
    b.ellipse(0, 0.36, 0.19, 0.25, pale)
    for y in (0.22, 0.31, 0.4, 0.49):
        for x in (-0.09, 0.0, 0.09):
            at = x + (0.045 if round(y * 100) % 2 else 0.0)
            b.poly([(at - 0.032, y + 0.025), (at, y - 0.02), (at + 0.032, y + 0.025)], dark)
    spread = 0.42 * b.beat(1.0)
    for side in (-1, 1):
        tip = (side * (0.36 + spread), 0.42 + 0.3 * spread), (side * (0.3 + spread), 0.16 + 0.6 * spread)
        b.poly([(side * 0.22, 0.64), *tip, (side * 0.17, 0.3)], dark, rounds=2)
        b.ellipse(side * 0.125, 0.75, 0.145, 0.14, pale)
        b.ellipse(side * 0.12, 0.75, 0.095, 0.095, (250, 190, 40))
        b.ellipse(side * 0.11, 0.75, 0.052, 0.056, (24, 22, 26))
        b.ellipse(side * 0.11 + 0.02, 0.775, 0.017, 0.017, (255, 255, 255))
        for toe in (-0.04, 0.02):
            b.ellipse(side * 0.11 + toe, 0.085, 0.028, 0.04, (236, 164, 56))
    b.poly([(-0.045, 0.7), (0.045, 0.7), (0.0, 0.58)], (236, 150, 44))


def butterfly(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """A butterfly with open wings: dark rims, bright fields, pale spots."""
    rim = DARK if sum(color) > 150 else (92, 92, 128)
    spot = CREAM if sum(color) < 640 else (240, 170, 60)
    fold = rng.uniform(0.82, 1.0)
    fold *= 1 - 0.65 * b.beat(1.25)
    for side in (-1, 1):
        s = side * fold
        b.poly(
            [(0, 0.56), (s * 0.22, 0.98), (s * 0.62, 1.04), (s * 0.66, 0.74), (s * 0.4, 0.5)], rim, rounds=2
        )
        b.poly([(0, 0.5), (s * 0.42, 0.5), (s * 0.54, 0.24), (s * 0.3, 0.0), (s * 0.08, 0.24)], rim, rounds=2)
        b.poly(
            [(s * 0.04, 0.57), (s * 0.24, 0.92), (s * 0.53, 0.95), (s * 0.56, 0.76), (s * 0.37, 0.56)],
            color,
            rounds=2,
        )
        b.poly(
            [(s * 0.04, 0.48), (s * 0.38, 0.46), (s * 0.46, 0.26), (s * 0.29, 0.09), (s * 0.11, 0.27)],
            shade(color, 1.25) if sum(color) < 640 else shade(color, 0.9),
            rounds=2,
        )
        for x, y in ((0.56, 0.93), (0.585, 0.83)):
            b.ellipse(s * x, y, 0.022, 0.022, spot)
        b.ellipse(s * 0.36, 0.76, 0.055, 0.065, spot)
        b.ellipse(s * 0.3, 0.27, 0.048, 0.055, rim)
        b.ellipse(s * 0.3, 0.27, 0.024, 0.028, spot)
        b.curve([(0, 0.72), (side * 0.04, 0.86), (side * 0.1, 0.94), (side * 0.15, 0.96)], 0.014, DARK)
    b.ellipse(0, 0.47, 0.042, 0.25, DARK)
    b.ellipse(0, 0.72, 0.05, 0.05, DARK)


def whale(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """A whale at the surface: great head, pale grooved belly, raised fluke, spout."""
    dark, pale = shaded(color), mix(color, CREAM, 0.68) if sum(color) < 640 else (196, 208, 222)
    top = rng.uniform(0.84, 1.0) - (0.16 if b.action == "spout" else 0.08) * b.beat(0.8)
    spray = (226, 242, 252)
    b.curve([(0.34, 0.6), (0.34, 0.8), (0.26, top), (0.12, top - 0.06)], 0.045, spray)
    b.curve([(0.36, 0.6), (0.36, 0.8), (0.44, top), (0.58, top - 0.06)], 0.045, spray)
    b.poly([(-0.78, 0.56), (-1.06, 0.86), (-0.86, 0.88), (-0.74, 0.72)], dark, rounds=2)
    b.poly([(-0.8, 0.56), (-0.72, 0.9), (-0.52, 0.9), (-0.66, 0.66)], color, rounds=2)
    b.poly(
        [
            (-0.86, 0.64),
            (-0.62, 0.4),
            (-0.26, 0.54),
            (0.2, 0.64),
            (0.62, 0.56),
            (0.82, 0.3),
            (0.7, 0.08),
            (0.2, 0.0),
            (-0.36, 0.04),
            (-0.7, 0.3),
        ],
        color,
        rounds=2,
    )
    b.poly(
        [(0.78, 0.24), (0.6, 0.22), (0.1, 0.14), (-0.3, 0.1), (0.0, 0.02), (0.5, 0.03), (0.72, 0.12)],
        pale,
        rounds=2,
    )
    for k in range(3):
        y = 0.165 - 0.04 * k
        b.line(
            [(0.68 - 0.05 * k, y + 0.01), (0.3, y - 0.02), (0.04 + 0.04 * k, y - 0.035)],
            0.012,
            mix(pale, dark, 0.45),
        )
    b.poly([(0.22, 0.16), (0.04, -0.08), (-0.1, -0.04), (0.06, 0.2)], dark, rounds=2)
    b.ellipse(0.58, 0.31, 0.032, 0.034, CREAM)
    b.ellipse(0.585, 0.31, 0.019, 0.023, (24, 22, 26))


def dragon(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """A flying dragon: bat wings, long neck, pale belly, spines, an arrow for a tail, perhaps fire."""
    dark, pale = shaded(color), mix(color, CREAM, 0.55)
    web = mix(color, (246, 196, 110), 0.45) if sum(color) > 150 else (120, 60, 84)
    lift = rng.uniform(0.9, 1.04)
    stroke = b.beat(1.25)
    lift -= 0.62 * stroke
    if rng.random() < 0.5:
        b.poly(
            [(0.72, 0.66), (1.02, 0.62), (0.94, 0.56), (1.04, 0.5), (0.72, 0.58)], (255, 150, 40), rounds=1
        )
        b.poly([(0.72, 0.64), (0.9, 0.59), (0.72, 0.6)], (255, 232, 130), rounds=1)
    b.poly(
        [(0.06, 0.5), (-0.02, lift), (-0.22, 0.88 - 0.5 * stroke), (-0.3, 0.7 - 0.3 * stroke), (-0.16, 0.56)],
        dark,
    )
    b.curve([(-0.2, 0.36), (-0.5, 0.24), (-0.66, 0.34), (-0.86, 0.3)], 0.085, color)
    b.poly([(-0.82, 0.38), (-1.0, 0.28), (-0.83, 0.2)], dark)
    b.curve([(0.12, 0.44), (0.34, 0.44), (0.34, 0.66), (0.5, 0.7)], 0.13, color)
    b.poly(
        [(-0.34, 0.36), (-0.14, 0.52), (0.14, 0.54), (0.28, 0.42), (0.1, 0.26), (-0.14, 0.24)],
        color,
        rounds=2,
    )
    b.poly([(-0.2, 0.28), (0.04, 0.26), (0.24, 0.38), (0.16, 0.42), (-0.04, 0.34)], pale, rounds=2)
    for x in (-0.12, 0.1):
        b.poly([(x - 0.06, 0.34), (x + 0.06, 0.32), (x + 0.04, 0.12), (x - 0.02, 0.12)], dark, rounds=1)
        b.ellipse(x + 0.03, 0.12, 0.06, 0.03, dark)
    for x, y in ((0.22, 0.53), (0.26, 0.62), (0.32, 0.72), (0.4, 0.78)):
        b.poly([(x - 0.045, y - 0.04), (x - 0.05, y + 0.06), (x + 0.035, y + 0.015)], dark)
    b.poly([(0.4, 0.74), (0.3, 0.9), (0.48, 0.78)], pale)
    b.poly([(0.42, 0.78), (0.56, 0.8), (0.74, 0.68), (0.73, 0.6), (0.54, 0.6), (0.42, 0.66)], color, rounds=2)
    b.line([(0.72, 0.63), (0.58, 0.635)], 0.014, DARK if sum(color) > 150 else CREAM)
    b.ellipse(0.55, 0.725, 0.03, 0.03, (252, 224, 90))
    b.ellipse(0.558, 0.725, 0.012, 0.024, (24, 22, 26))
    tips = [(-0.66, 0.86 - 0.66 * stroke), (-0.6, 0.62 - 0.4 * stroke), (-0.36, 0.56 - 0.26 * stroke)]
    folds = [(-0.54, 0.74 - 0.5 * stroke), (-0.42, 0.64 - 0.34 * stroke), (-0.24, 0.54 - 0.18 * stroke)]
    edge = [point for pair in zip(tips, folds, strict=True) for point in pair]
    b.poly([(0.06, 0.46), (-0.26, lift + 0.02), *edge, (-0.2, 0.46)], web)
    for x, y in tips:
        b.line([(-0.26, lift + 0.02), (x, y)], 0.022, dark)
    b.line([(0.06, 0.46), (-0.26, lift + 0.02)], 0.045, color)
