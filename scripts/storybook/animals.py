"""The animals: bird, cat, lion, horse, fish, and an astronaut riding a horse."""

from dataclasses import replace

import numpy as np

from .brush import Brush, mix, shade
from .subjects import CREAM, DARK
from .world import RGB


def shaded(color: RGB) -> RGB:
    """The shaded side of a colour; of black things the lighter one."""
    return shade(color, 0.76) if sum(color) > 150 else shade(color, 1.2)


def bird(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """A bird in flight, seen from the side, one wing in front of the other."""
    lift = rng.uniform(0.75, 1.0)
    lift -= (lift - 0.28) * b.beat(1.25)
    b.poly([(-0.05, 0.52), (-0.34, lift), (-0.16, lift * 0.98), (0.2, 0.55)], shaded(color), rounds=2)
    b.poly([(-0.75, 0.5), (-0.68, 0.36), (-0.3, 0.4), (-0.3, 0.52)], shaded(color), rounds=1)
    b.ellipse(0.02, 0.46, 0.42, 0.15, color, 0.1)
    b.ellipse(0.4, 0.56, 0.15, 0.13, color)
    b.poly([(0.53, 0.6), (0.72, 0.54), (0.52, 0.5)], (246, 168, 40))
    b.poly([(-0.18, 0.5), (0.02, lift + 0.06), (0.22, lift), (0.3, 0.5)], shade(color, 0.92), rounds=2)
    eye = DARK if sum(color) > 150 else CREAM
    b.ellipse(0.44, 0.59, 0.028, 0.03, eye)


def cat(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """A sitting cat with its tail around it."""
    dim = shaded(color)
    tail = rng.uniform(0.1, 0.45)
    tail, wag = tail + 0.06 * b.wave(1.0), 0.1 * b.wave(0.8)
    b.curve(
        [(0.2, 0.08), (0.42, 0.1), (0.5 + wag * 0.4, 0.2 + tail * 0.5), (0.42 + wag, 0.3 + tail)], 0.085, dim
    )
    b.poly([(-0.25, 0), (0.3, 0), (0.33, 0.26), (0.17, 0.56), (-0.14, 0.58), (-0.24, 0.3)], color, rounds=2)
    b.poly([(0.05, 0), (0.31, 0), (0.32, 0.2), (0.14, 0.25)], dim, rounds=2)
    for x in (-0.15, -0.02):
        b.line([(x, 0.34), (x - 0.01, 0.04)], 0.085, mix(color, CREAM, 0.25))
    for side in (-1, 1):
        x = -0.05 + side * 0.14
        b.poly([(x - 0.09, 0.82), (x + 0.09, 0.82), (x + side * 0.05, 1.02)], color)
        b.poly([(x - 0.045, 0.83), (x + 0.045, 0.83), (x + side * 0.035, 0.95)], (236, 150, 150))
    b.ellipse(-0.05, 0.74, 0.235, 0.195, color)
    b.ellipse(-0.05, 0.66, 0.11, 0.075, mix(color, CREAM, 0.6))
    for x in (-0.145, 0.045):
        b.ellipse(x, 0.77, 0.045, 0.05, (200, 226, 110))
        b.ellipse(x, 0.77, 0.02, 0.045, (24, 22, 26))
    b.ellipse(-0.05, 0.69, 0.03, 0.022, (224, 120, 130))
    for side in (-1, 1):
        b.line(
            [(-0.05 + side * 0.1, 0.66), (-0.05 + side * 0.3, 0.68)],
            0.01,
            CREAM if sum(color) < 400 else DARK,
        )


def legs(
    b: Brush, color: RGB, xs: tuple[float, ...], top: float, width: float, rng: np.random.Generator
) -> None:
    """Legs from ``top`` down to the ground at ``xs``, each in a stride of its own, far ones darker."""
    for k, x in enumerate(xs):
        stride = rng.uniform(-0.1, 0.1)
        if b.action == "travel":  # legs across from each other go together
            stride += (0.12 if k in (0, 3) else -0.12) * b.wave(1.2) - stride * b.beat(1.2)
        knee = (x + stride * 0.3, top * 0.5)
        b.line([(x, top), knee, (x + stride, 0.03)], width, color if k % 2 else shaded(color))
        b.ellipse(x + stride + 0.015, 0.025, width * 0.62, 0.03, shaded(color))


def lion(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """A walking lion with a great scalloped mane."""
    mane = shade(color, 0.56) if sum(color) > 200 else mix(color, (150, 110, 80), 0.45)
    if sum(color) > 640:
        mane = (178, 152, 122)
    wag = (0.22 if b.action == "wag" else 0.06) * b.wave(0.8)
    b.curve(
        [(-0.58, 0.56), (-0.78, 0.6), (-0.84 - wag * 0.3, 0.42 + wag * 0.5), (-0.9 - wag * 0.3, 0.3 + wag)],
        0.05,
        color,
    )
    b.ellipse(-0.9 - wag * 0.3, 0.27 + wag, 0.06, 0.09, mane)
    legs(b, color, (-0.5, -0.36, 0.2, 0.34), 0.4, 0.12, rng)
    b.poly(
        [(-0.62, 0.36), (-0.62, 0.62), (-0.3, 0.68), (0.3, 0.72), (0.45, 0.4), (0.1, 0.3), (-0.3, 0.33)],
        color,
        rounds=2,
    )
    x, y = 0.5, 0.68
    for angle in np.linspace(0, 2 * np.pi, 11)[:-1] + rng.uniform(0, 0.6):
        b.ellipse(x + 0.2 * np.cos(angle), y + 0.21 * np.sin(angle), 0.12, 0.12, mane)
    b.ellipse(x, y, 0.22, 0.23, shade(mane, 1.1))
    for side in (-1, 1):
        b.ellipse(x + side * 0.14, y + 0.16, 0.05, 0.05, color)
    b.ellipse(x + 0.02, y, 0.155, 0.165, color)
    b.ellipse(x + 0.04, y - 0.08, 0.095, 0.075, mix(color, CREAM, 0.55))
    for side in (-1, 1):
        b.ellipse(
            x + 0.03 + side * 0.06, y + 0.04, 0.022, 0.026, DARK if sum(color) > 150 else (240, 210, 110)
        )
    b.poly([(x + 0.0, y - 0.035), (x + 0.08, y - 0.035), (x + 0.04, y - 0.085)], (96, 54, 48))


def horse(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """A horse with arched neck, mane and tail, its legs in a random stride."""
    mane = shade(color, 0.45) if sum(color) > 200 else (120, 100, 92)
    if sum(color) > 640:
        mane = (196, 188, 180)
    sway = 0.08 * b.wave(1.0)
    b.curve([(-0.5, 0.66), (-0.66, 0.62), (-0.7 + sway * 0.6, 0.4), (-0.66 + sway, 0.24)], 0.09, mane)
    legs(b, color, (-0.4, -0.28, 0.2, 0.31), 0.46, 0.075, rng)
    b.poly(
        [(-0.52, 0.46), (-0.5, 0.7), (-0.1, 0.66), (0.22, 0.7), (0.36, 0.58), (0.26, 0.42), (-0.2, 0.4)],
        color,
        rounds=2,
    )
    b.poly([(0.12, 0.62), (0.34, 0.98), (0.5, 1.0), (0.42, 0.84), (0.36, 0.5)], color, rounds=1)
    b.poly([(0.36, 1.0), (0.52, 0.98), (0.72, 0.78), (0.66, 0.71), (0.42, 0.82)], color, rounds=1)
    b.poly([(0.36, 0.97), (0.41, 1.08), (0.46, 0.98)], color)
    b.poly([(0.37, 1.02), (0.3, 1.0), (0.04, 0.68), (0.14, 0.64), (0.3, 0.86)], mane, rounds=1)
    b.ellipse(0.5, 0.91, 0.022, 0.024, DARK if sum(color) > 150 else CREAM)
    b.ellipse(0.67, 0.76, 0.035, 0.035, shaded(color))


def rider(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """An astronaut in white riding a horse in the colour."""
    low = replace(b, scale=b.scale * 0.72)
    horse(low, color, rng)
    white, dim = (246, 246, 248), (204, 208, 220)
    b.line([(-0.06, 0.5), (0.1, 0.42), (0.06, 0.24)], 0.085, dim)
    b.poly([(-0.16, 0.46), (0.04, 0.46), (0.06, 0.74), (-0.15, 0.74)], white, rounds=1)
    b.rect(-0.22, 0.5, -0.13, 0.72, (150, 152, 162))
    b.line([(0.0, 0.68), (0.12, 0.58), (0.22, 0.6)], 0.07, dim)
    b.ellipse(-0.04, 0.86, 0.125, 0.122, white)
    b.ellipse(-0.005, 0.86, 0.085, 0.078, (64, 56, 64))
    b.ellipse(0.005, 0.865, 0.07, 0.06, (236, 180, 80))


def fish(b: Brush, color: RGB, rng: np.random.Generator) -> None:
    """A leaping fish with tail, fins and a pale belly."""
    dim = shaded(color)
    bend = rng.uniform(-0.06, 0.06) + (0.14 if b.action == "wriggle" else 0.1) * b.wave(1.2)
    b.poly([(-0.42, 0.48), (-0.8, 0.74 + bend), (-0.7, 0.5 + bend), (-0.8, 0.24 + bend)], dim, rounds=1)
    b.poly([(-0.18, 0.64), (0.02, 0.9), (0.22, 0.66)], dim, rounds=1)
    b.poly(
        [
            (-0.52, 0.5),
            (-0.2, 0.74),
            (0.2, 0.76),
            (0.52, 0.6),
            (0.62, 0.5),
            (0.5, 0.38),
            (0.2, 0.26),
            (-0.2, 0.3),
        ],
        color,
        rounds=2,
    )
    b.poly([(-0.3, 0.4), (0.1, 0.3), (0.5, 0.4), (0.2, 0.44)], mix(color, CREAM, 0.5), rounds=2)
    for x in (-0.16, 0.02):
        b.line([(x, 0.66), (x - 0.05, 0.5), (x, 0.36)], 0.035, dim)
    b.poly([(0.04, 0.46), (-0.16, 0.36), (-0.1, 0.52)], dim, rounds=1)
    b.ellipse(0.4, 0.58, 0.06, 0.065, CREAM)
    b.ellipse(0.415, 0.58, 0.03, 0.035, (24, 22, 26))
    b.line([(0.56, 0.46), (0.48, 0.45)], 0.016, DARK)
