"""The ten places: ground, water and scenery from the horizon down, each with its own palette."""

from collections.abc import Callable

import numpy as np

from .brush import mix, shade
from .ground import Ground, acacia, cactus, fir, palm, parasol, water
from .skies import around


def sea(g: Ground) -> None:
    """Open water to the bottom of the picture, sometimes with a far island."""
    if g.rng.random() < 0.35:
        x, half = g.rng.uniform(0, g.width), g.height * g.rng.uniform(0.12, 0.3)
        g.brush.poly(
            [
                (x - half, -g.horizon - 2),
                (x - half * 0.3, -g.horizon + half * 0.25),
                (x + half * 0.2, -g.horizon + half * 0.18),
                (x + half, -g.horizon - 2),
            ],
            g.lit((70, 100, 110), 0.7),
            rounds=2,
        )
    water(g, g.horizon, g.height, (28, 112, 172))


def beach(g: Ground) -> None:
    """A band of turquoise water, foam, and sand; palms or parasols at times."""
    shore = g.horizon + (g.height - g.horizon) * g.rng.uniform(0.3, 0.45)
    water(g, g.horizon, shore, (40, 156, 184))
    slope = g.height * g.rng.uniform(0.01, 0.03)
    state = g.rng.bit_generator.state
    g.ridge(shore - slope * 0.7, slope, g.lit((244, 248, 248)), waves=1.2)
    g.rng.bit_generator.state = state
    g.rng.normal(0, 1, 3)
    g.ridge(shore + slope, slope, g.lit((240, 212, 150)), waves=1.2)
    for _ in range(g.rng.integers(2, 7)):
        x, y, s = g.spot(g.rng.uniform(0.6, 1.0))
        g.brush.ellipse(x, -y, s * 0.16, s * 0.08, g.lit((214, 182, 122)))
    if g.rng.random() < 0.55:
        palm(g)
    elif g.rng.random() < 0.5:
        parasol(g)


def hills(g: Ground) -> None:
    """Three or four rolling green ridges with flowers and bushes."""
    layers = g.rng.integers(3, 5)
    for k in range(layers):
        depth = 1 - k / (layers - 1)
        y = g.horizon + (g.height - g.horizon) * (k / layers) * 0.8 - g.height * 0.02
        g.ridge(
            y,
            g.height * g.rng.uniform(0.02, 0.05),
            g.lit(mix((112, 182, 74), (60, 140, 66), g.rng.random()), depth * 0.6),
            waves=g.rng.uniform(0.5, 1.2),
        )
    petal = [(250, 240, 120), (250, 250, 250), (236, 110, 120)][g.rng.integers(3)]
    for _ in range(g.rng.integers(6, 20)):
        x, y, s = g.spot(g.rng.uniform(0.5, 1.0))
        g.brush.ellipse(x, -y, s * 0.09, s * 0.08, g.lit(petal))
    for _ in range(g.rng.integers(0, 4)):
        x, y, s = g.spot(g.rng.uniform(0.25, 0.5))
        g.brush.ellipse(x, -y + s * 0.3, s * 0.55, s * 0.42, g.lit((48, 116, 60), 0.2))


def desert(g: Ground) -> None:
    """Dunes with a lit and a shadow side, cacti and rocks."""
    for k in range(g.rng.integers(3, 5)):
        y = g.horizon + (g.height - g.horizon) * k * 0.24
        sand = g.lit(mix((240, 196, 116), (222, 160, 84), g.rng.random()), max(0.5 - 0.2 * k, 0))
        g.ridge(y, g.height * g.rng.uniform(0.02, 0.045), sand, waves=g.rng.uniform(0.4, 0.9))
        x, half = g.rng.uniform(0, g.width), g.height * g.rng.uniform(0.15, 0.35)
        g.brush.poly(
            [(x, -y + half * 0.18), (x + half, -y - half * 0.25), (x + half * 0.1, -y - half * 0.3)],
            mix(sand, (120, 70, 50), 0.22),
            rounds=2,
        )
    for _ in range(g.rng.integers(1, 4)):
        x, y, s = g.spot(g.rng.uniform(0.15, 0.6))
        cactus(g.at(x, y, s * g.rng.uniform(1.2, 2.0)), g.lit((70, 130, 78)))


def snow(g: Ground) -> None:
    """White hills, snow-laden firs and falling flakes."""
    if g.rng.random() < 0.5:
        g.ridge(g.horizon - g.height * 0.04, g.height * 0.06, g.lit((170, 190, 214), 0.4), sharp=True)
    for k in range(3):
        y = g.horizon + (g.height - g.horizon) * k * 0.3
        g.ridge(
            y,
            g.height * 0.03,
            g.lit(mix((236, 242, 250), (206, 220, 238), 0.4 - 0.2 * k)),
            waves=g.rng.uniform(0.5, 1.1),
        )
        for _ in range(g.rng.integers(1, 4)):
            x = g.rng.uniform(0, g.width)
            fir(
                g.at(x, y + g.height * 0.06, g.height * g.rng.uniform(0.09, 0.15) * (1 + 0.3 * k)),
                g,
                (52, 96, 92),
                True,
            )
    for _ in range(g.rng.integers(14, 36)):
        r = g.height * g.rng.uniform(0.003, 0.007)
        x, y = g.rng.uniform(0, g.width), g.rng.uniform(0, g.height)
        g.brush.ellipse(
            around(x, 0.02 * g.height * g.time, g.width),
            -around(y, 20 * r * g.time, g.height),
            r,
            r,
            mix((250, 252, 255), g.look.haze, 0.15),
        )


def forest(g: Ground) -> None:
    """Rows of firs or round trees in front of each other, moss in front."""
    round_trees = g.rng.random() < 0.4
    for row in range(3):
        depth = 0.7 - 0.33 * row
        y = g.horizon + (g.height - g.horizon) * (0.1 + 0.16 * row)
        g.ridge(y - g.height * 0.03, g.height * 0.015, g.lit((44, 92, 58), depth))
        for x in np.arange(-0.05, 1.1, 0.1) * g.width + g.rng.uniform(0, 0.1) * g.width:
            if row == 2 and abs(x / g.width - 0.5) < 0.3:
                continue
            b = g.at(
                x + g.rng.uniform(-0.03, 0.03) * g.width,
                y,
                g.height * g.rng.uniform(0.3, 0.42) * (0.8 + 0.25 * row),
            )
            green = mix((24, 84, 56), (62, 122, 52), g.rng.random())
            if round_trees:
                b.rect(-0.04, 0, 0.04, 0.5, g.lit((84, 60, 44), depth))
                b.ellipse(0, 0.68, 0.26, 0.32, g.lit(green, depth))
                b.ellipse(-0.08, 0.78, 0.12, 0.14, g.lit(shade(green, 1.15), depth))
            else:
                fir(b, g, green, False, depth)
    g.ridge(g.horizon + (g.height - g.horizon) * 0.45, g.height * 0.012, g.lit((66, 118, 58)))
    for _ in range(g.rng.integers(4, 12)):
        x, y, s = g.spot(g.rng.uniform(0.6, 1.0))
        g.brush.ellipse(x, -y, s * 0.3, s * 0.1, g.lit((44, 92, 50)))


def city(g: Ground) -> None:
    """A skyline in two depths with windows (lit when it is dark) above a street."""
    dark = g.light in ("night", "storm", "sunset")
    base = g.horizon + g.height * 0.05
    for depth, low, high in ((0.7, 0.28, 0.5), (0.25, 0.14, 0.4)):
        x = -0.02 * g.width
        while x < g.width:
            wide, tall = g.height * g.rng.uniform(0.09, 0.17), g.height * g.rng.uniform(low, high)
            wall = [(118, 128, 150), (150, 122, 112), (96, 112, 140), (160, 152, 146)][g.rng.integers(4)]
            g.brush.rect(x, -base, x + wide, -base + tall, g.lit(wall, depth))
            if g.rng.random() < 0.3:
                g.brush.line(
                    [(x + wide / 2, -base + tall), (x + wide / 2, -base + tall * 1.15)],
                    g.height * 0.008,
                    g.lit(wall, depth),
                )
            if depth < 0.5:
                pane = (255, 220, 120) if dark else g.lit((206, 224, 240), 0.1)
                step = g.height * 0.032
                for wy in np.arange(step, tall - step * 0.5, step * 1.25):
                    for wx in np.arange(step * 0.6, wide - step * 0.6, step):
                        if g.rng.random() < (0.55 if dark else 0.85):
                            g.brush.rect(
                                x + wx, -base + wy, x + wx + step * 0.5, -base + wy + step * 0.6, pane
                            )
            x += wide * g.rng.uniform(1.0, 1.12)
    g.brush.rect(-5, -g.height - 5, g.width + 5, -base, g.lit((150, 148, 150)))
    g.brush.rect(-5, -g.height - 5, g.width + 5, -base - g.height * 0.08, g.lit((92, 94, 102)))
    y = base + (g.height - base) * 0.68
    for x in np.arange(-0.05, 1.05, 0.16) * g.width:
        g.brush.rect(x, -y, x + g.width * 0.08, -y + g.height * 0.014, g.lit((232, 226, 196)))


def lake(g: Ground) -> None:
    """Still water between far hills and a reedy near shore."""
    g.ridge(
        g.horizon - g.height * 0.07, g.height * 0.05, g.lit((92, 116, 140), 0.55), sharp=g.rng.random() < 0.6
    )
    g.ridge(g.horizon - g.height * 0.015, g.height * 0.015, g.lit((64, 120, 80), 0.3))
    shore = g.horizon + (g.height - g.horizon) * g.rng.uniform(0.62, 0.74)
    water(g, g.horizon + g.height * 0.02, shore, (64, 140, 168))
    g.ridge(shore, g.height * 0.02, g.lit((92, 150, 76)), waves=0.8)
    for _ in range(g.rng.integers(5, 11)):
        x = g.rng.uniform(0, g.width)
        b = g.at(x, shore + g.height * g.rng.uniform(0.02, 0.08), g.height * g.rng.uniform(0.09, 0.16))
        for dx in (-0.12, 0.0, 0.13):
            b.line([(dx, 0), (dx * 1.8, 0.9)], 0.05, g.lit((70, 118, 56)))
            b.ellipse(dx * 1.8, 0.85, 0.05, 0.14, g.lit((112, 78, 48)))


def savanna(g: Ground) -> None:
    """Golden grass, far hills and flat-crowned acacias."""
    g.ridge(g.horizon - g.height * 0.02, g.height * 0.025, g.lit((150, 128, 104), 0.5), waves=0.7)
    g.ridge(g.horizon + g.height * 0.02, g.height * 0.01, g.lit((216, 176, 84), 0.15))
    g.ridge(g.horizon + (g.height - g.horizon) * 0.45, g.height * 0.015, g.lit((196, 150, 62)))
    for _ in range(g.rng.integers(1, 4)):
        x, y, s = g.spot(g.rng.uniform(0.05, 0.35))
        acacia(g, g.at(x, y, s * g.rng.uniform(2.6, 4.2)))
    for _ in range(g.rng.integers(16, 34)):
        x, y, s = g.spot(g.rng.uniform(0.3, 1.0))
        b = g.at(x, y, s * 0.7)
        for dx in (-0.2, 0.0, 0.2):
            b.line(
                [(dx * 0.3, 0), (dx, 0.6)], 0.06, g.lit(mix((232, 196, 104), (168, 124, 52), g.rng.random()))
            )


def moon(g: Ground) -> None:
    """Grey regolith with craters under a black-ish sky in which the Earth hangs."""
    yy = np.arange(g.height, dtype=np.float32)[:, None, None]
    dark = np.clip(1.15 - yy / max(g.horizon, 1) * 0.55, 0.35, 1.0) * 0.68
    g.picture[:] = (g.picture * (1 - dark) + np.array([10, 10, 26], np.float32) * dark).astype(np.uint8)
    for _ in range(40):
        r = g.height * g.rng.uniform(0.002, 0.005)
        g.brush.ellipse(g.rng.uniform(0, g.width), -g.rng.uniform(0, g.horizon), r, r, (232, 234, 246))
    b = g.at(
        g.width * g.rng.uniform(0.12, 0.88),
        g.horizon * g.rng.uniform(0.2, 0.5),
        g.height * g.rng.uniform(0.07, 0.12),
    )
    b.ellipse(0, 0, 1, 1, (58, 124, 206))
    b.poly([(-0.6, 0.2), (-0.2, 0.7), (0.2, 0.4), (0.0, 0.0), (-0.3, -0.2)], (84, 160, 92), rounds=2)
    b.poly([(0.2, -0.1), (0.7, 0.1), (0.5, -0.6), (0.1, -0.5)], (84, 160, 92), rounds=2)
    gray = g.lit((188, 188, 196))
    g.ridge(g.horizon, g.height * 0.02, mix(gray, (60, 60, 76), 0.25), waves=1.1)
    g.ridge(g.horizon + (g.height - g.horizon) * 0.3, g.height * 0.015, gray)
    for _ in range(g.rng.integers(5, 10)):
        x, y, s = g.spot(g.rng.uniform(0.1, 0.98))
        wide = s * g.rng.uniform(0.5, 1.3)
        g.brush.ellipse(x, -y, wide, wide * 0.34, mix(gray, (255, 255, 255), 0.25))
        g.brush.ellipse(x, -y - wide * 0.05, wide * 0.86, wide * 0.26, mix(gray, (50, 50, 64), 0.42))


PAINTERS: dict[str, Callable[[Ground], None]] = {
    f.__name__: f for f in (sea, beach, hills, desert, snow, forest, city, lake, savanna, moon)
}
