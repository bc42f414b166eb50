"""Light and weather: the sky, the tint that it lays on things, and what falls or hangs in the air."""

from dataclasses import dataclass

import cv2
import numpy as np

from .brush import Brush, Picture, mix
from .world import RGB


@dataclass(frozen=True)
class Light:
    """A time of day or weather: sky from top to horizon, tints of ground and subject, haze and clouds."""

    sky: tuple[RGB, RGB, RGB]
    ground: RGB
    subject: RGB
    haze: RGB
    cloud: RGB


LIGHTS = {
    "dawn": Light(
        ((150, 150, 214), (244, 178, 196), (255, 226, 190)),
        (0.86, 0.76, 0.84),
        (0.98, 0.92, 0.96),
        (252, 210, 204),
        (255, 222, 226),
    ),
    "noon": Light(
        ((48, 128, 228), (112, 182, 246), (198, 230, 252)),
        (1.0, 1.0, 0.97),
        (1.0, 1.0, 1.0),
        (214, 234, 250),
        (255, 255, 255),
    ),
    "sunset": Light(
        ((84, 44, 120), (226, 80, 66), (255, 186, 64)),
        (0.82, 0.60, 0.54),
        (1.0, 0.88, 0.82),
        (248, 140, 80),
        (250, 122, 92),
    ),
    "night": Light(
        ((10, 14, 48), (24, 36, 92), (58, 78, 146)),
        (0.36, 0.42, 0.66),
        (0.80, 0.82, 0.96),
        (44, 62, 122),
        (46, 58, 108),
    ),
    "storm": Light(
        ((44, 48, 60), (74, 80, 94), (122, 130, 138)),
        (0.54, 0.58, 0.60),
        (0.88, 0.90, 0.92),
        (108, 116, 126),
        (52, 56, 68),
    ),
    "fog": Light(
        ((206, 210, 214), (218, 221, 222), (228, 229, 228)),
        (0.84, 0.86, 0.88),
        (0.96, 0.97, 0.98),
        (222, 225, 226),
        (236, 238, 238),
    ),
}


def look_of(light: str, nearing: tuple[str, float] | None = None) -> Light:
    """The palette of a light, or of one that has gone a share of the way to another."""
    look = LIGHTS[light]
    if nearing is None:
        return look
    other, share = LIGHTS[nearing[0]], nearing[1]
    top, middle, low = (mix(a, b, share) for a, b in zip(look.sky, other.sky, strict=True))
    parts = {
        name: mix(getattr(look, name), getattr(other, name), share)
        for name in ("ground", "subject", "haze", "cloud")
    }
    return Light((top, middle, low), **parts)


def jitter(color: RGB, rng: np.random.Generator, amount: float = 10.0) -> RGB:
    """Moves a colour by a few grey levels, so that no two scenes share a palette exactly."""
    r, g, b = np.clip(np.asarray(color) + rng.normal(0, amount, 3), 0, 255)
    return (float(r), float(g), float(b))


def paint_sky(
    picture: Picture,
    horizon: float,
    light: str,
    look: Light,
    rng: np.random.Generator,
    *,
    bands: bool,
    sunk: float = 0.0,
    drift: float = 0.0,
) -> float:
    """Paints the whole picture as sky with its sun, moon, stars and clouds; returns the sun's x in pixels.

    With ``bands`` the gradient comes in a few flat steps, as in poster art. The sun stands ``sunk`` pixels
    lower than it did at first, and clouds have drifted ``drift`` pixels to the right.
    """
    height, width = picture.shape[:2]
    stops = np.asarray([jitter(c, rng, 7) for c in look.sky])
    position = np.clip(np.arange(height) / max(horizon, 1), 0, 1) ** rng.uniform(0.8, 1.25)
    if bands:
        steps = rng.integers(5, 9)
        position = np.floor(position * steps) / (steps - 1)
    gradient = np.stack([np.interp(position, [0, 0.55, 1], stops[:, c]) for c in range(3)], axis=1)
    picture[:] = np.clip(gradient, 0, 255).astype(np.uint8)[:, None]
    sun_x = width * rng.uniform(0.15, 0.85)
    brush = Brush(picture, 0, 0, 1.0)
    if light == "night":
        _stars(brush, horizon, rng)
    if light in ("dawn", "noon", "sunset"):
        _sun(picture, sun_x, horizon, light, rng, glow=not bands, sunk=sunk)
    amount = {"noon": 3, "storm": 9, "dawn": 2, "sunset": 3, "night": 1, "fog": 0}[light]
    for _ in range(rng.integers(0 if amount < 9 else 7, amount + 1)):
        _cloud(brush, horizon, look, rng, storm=light == "storm", drift=drift)
    if light == "storm":
        _lightning(brush, horizon, rng)
    return float(sun_x)


def _stars(brush: Brush, horizon: float, rng: np.random.Generator) -> None:
    height, width = brush.picture.shape[:2]
    for _ in range(rng.integers(22, 46)):
        radius = rng.uniform(0.5, 1.5) * height / 256
        brush.ellipse(rng.uniform(0, width), -rng.uniform(0, horizon), radius, radius, (236, 238, 255))
    x, y = width * rng.uniform(0.12, 0.88), -horizon * rng.uniform(0.12, 0.4)
    radius = height * rng.uniform(0.05, 0.085)
    brush.ellipse(x, y, radius, radius, (250, 246, 216))
    if rng.random() < 0.5:
        brush.ellipse(x + radius * 0.45, y + radius * 0.2, radius * 0.85, radius * 0.85, (22, 30, 80))


def _sun(
    picture: Picture,
    x: float,
    horizon: float,
    light: str,
    rng: np.random.Generator,
    *,
    glow: bool,
    sunk: float,
) -> None:
    height, width = picture.shape[:2]
    low, high, size, color = {
        "dawn": (0.86, 1.0, 0.055, (255, 246, 214)),
        "noon": (0.12, 0.36, 0.065, (255, 248, 190)),
        "sunset": (0.72, 1.0, 0.105, (255, 226, 110)),
    }[light]
    y, radius = horizon * rng.uniform(low, high) + sunk, height * size * rng.uniform(0.85, 1.25)
    if glow:
        yy, xx = np.ogrid[:height, :width]
        distance = ((xx - x) ** 2 + (yy - y) ** 2) / (radius * 3.2) ** 2
        halo = (0.6 * np.exp(-distance)).astype(np.float32)[..., None]
        picture[:] = (picture + (np.array(color, np.float32) - picture) * halo).astype(np.uint8)
    else:
        brush = Brush(picture, 0, 0, 1.0)
        under = tuple(
            float(v) for v in picture[int(np.clip(y, 0, height - 1)), int(np.clip(x, 0, width - 1))]
        )
        brush.ellipse(x, -y, radius * 1.5, radius * 1.5, mix(under, color, 0.35))  # type: ignore[arg-type]
    Brush(picture, 0, 0, 1.0).ellipse(x, -y, radius, radius, color)


def around(x: float, shift: float, size: float, margin: float = 0.0) -> float:
    """A place moved by ``shift``; what leaves the range −margin … size + margin comes in again opposite."""
    return x if shift == 0 else (x + shift + margin) % (size + 2 * margin) - margin


def _cloud(
    brush: Brush, horizon: float, look: Light, rng: np.random.Generator, *, storm: bool, drift: float
) -> None:
    height, width = brush.picture.shape[:2]
    x = around(rng.uniform(0, width), drift, width, 0.5 * height)
    y = horizon * (rng.uniform(-0.05, 0.5) if storm else rng.uniform(0.08, 0.7))
    size = height * (rng.uniform(0.12, 0.26) if storm else rng.uniform(0.05, 0.12))
    color = jitter(look.cloud, rng, 8)
    for k in range(rng.integers(3, 6)):
        offset = (k - 2) * size * rng.uniform(0.5, 0.75)
        radius = size * rng.uniform(0.4, 0.75) * (1 - 0.15 * abs(k - 2))
        brush.ellipse(x + offset, -y + size * rng.uniform(-0.05, 0.2), radius * 1.3, radius * 0.75, color)
    brush.ellipse(x, -y - size * 0.12, size * 1.7, size * 0.3, mix(color, look.sky[1], 0.25))


def _lightning(brush: Brush, horizon: float, rng: np.random.Generator) -> None:
    height, width = brush.picture.shape[:2]
    x, y = width * rng.uniform(0.1, 0.9), horizon * rng.uniform(0.05, 0.2)
    points = [(x, -y)]
    while y < horizon * 0.9:
        x, y = x + width * rng.uniform(-0.06, 0.06), y + horizon * rng.uniform(0.1, 0.2)
        points.append((x, -y))
    brush.line(points, height * 0.011, (252, 250, 214))


def paint_air(picture: Picture, horizon: float, light: str, rng: np.random.Generator, t: float = 0.0) -> None:
    """Lays rain or fog over the finished scene, as they are after ``t`` seconds."""
    height, width = picture.shape[:2]
    if light == "storm":
        slant, length = rng.uniform(-0.35, 0.35), height * 0.07
        fallen = height * 0.6 * t
        brush = Brush(picture, 0, 0, 1.0)
        for _ in range(rng.integers(36, 60)):
            x, y = rng.uniform(0, width), rng.uniform(0, height)
            x, y = around(x, -slant * fallen, width), around(y, fallen, height)
            brush.line([(x, -y), (x + slant * length, -y - length)], height * 0.004, (176, 186, 198))
    if light == "fog":
        yy = np.arange(height, dtype=np.float32)[:, None] / height
        drift = cv2.resize(rng.random((4, 6), np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        if t:
            shift = np.array([[1, 0, 0.04 * height * t], [0, 1, 0]], np.float32)
            drift = cv2.warpAffine(drift, shift, (width, height), borderMode=cv2.BORDER_REFLECT_101)
        thickness = 0.46 - 0.22 * np.abs(yy - horizon / height) + 0.16 * (drift - 0.5)
        veil = np.clip(thickness, 0.2, 0.6)[..., None]
        picture[:] = (picture + (np.array(LIGHTS["fog"].haze, np.float32) - picture) * veil).astype(np.uint8)
