"""Puts a scene together: sky, place, subject, air, style."""

import numpy as np
from numpy.typing import NDArray

from . import animals, creatures, subjects, things
from .brush import Brush, Picture
from .ground import Ground
from .places import PAINTERS
from .skies import Light, jitter, look_of, paint_air, paint_sky
from .styles import STYLES
from .world import COLORS, NATURAL, Scene

DRAW = {
    name: next(getattr(part, name) for part in (animals, creatures, subjects, things) if hasattr(part, name))
    for name in NATURAL
    if name != "none"
}
IN_THE_SKY = {"balloon", "bird", "rocket", "butterfly", "dragon"}
WIDTHS = {
    "train": 0.62,
    "lion": 0.66,
    "bird": 0.55,
    "fish": 0.6,
    "mountain": 0.9,
    "horse": 0.8,
    "cat": 0.9,
    "dog": 0.92,
    "butterfly": 0.72,
    "whale": 0.66,
    "car": 0.55,
    "dragon": 0.72,
    "owl": 0.9,
}  # height relative to others


def paint(scene: Scene, height: int, width: int) -> Picture:
    """Paints a scene: (height, width, 3) uint8 RGB, the same for the same scene and size."""
    rng = np.random.default_rng(scene.seed)
    picture, horizon, _ = _compose(scene, height, width, rng)
    paint_air(picture, horizon, scene.light, rng)
    return STYLES[scene.style](picture, rng)


def subject_mask(scene: Scene, height: int, width: int) -> NDArray[np.bool_]:
    """Where the subject stands in the picture of :func:`paint`, seen or behind something: (height, width)."""
    return _compose(scene, height, width, np.random.default_rng(scene.seed))[2]


def _compose(
    scene: Scene, height: int, width: int, rng: np.random.Generator
) -> tuple[Picture, float, NDArray[np.bool_]]:
    """Sky, place and subject: the picture, its horizon in pixels and the pixels that the subject changed."""
    picture = np.empty((height, width, 3), np.uint8)
    horizon = height * rng.uniform(0.5, 0.64)
    look = look_of(scene.light, scene.nearing)
    sun_x = paint_sky(picture, horizon, scene.light, look, rng, bands=scene.style == "flat")
    ground = Ground(picture, horizon, scene.light, look, sun_x, rng)
    behind = scene.subject == "mountain" and scene.place != "moon"
    changed = np.zeros((height, width), bool)
    for step in ("subject", "place") if behind else ("place", "subject"):
        if step == "place":
            PAINTERS[scene.place](ground)
        elif scene.subject != "none":
            before = picture.copy()
            _subject(picture, scene, look, horizon, rng)
            changed = (picture != before).any(axis=2)
    return picture, horizon, changed


def _subject(picture: Picture, scene: Scene, look: Light, horizon: float, rng: np.random.Generator) -> None:
    height, width = picture.shape[:2]
    natural = NATURAL[scene.subject]
    color = COLORS[scene.color] if scene.color else natural[rng.integers(len(natural))]
    size = height * rng.uniform(0.44, 0.66) * WIDTHS.get(scene.subject, 1.0)
    margin = min(0.36, 0.6 * size / width)
    x = width * float(np.clip(rng.normal(0.5, 0.14), margin, 1 - margin))
    if scene.subject in IN_THE_SKY:
        foot = size + height * rng.uniform(0.04, 0.2)
    elif scene.subject == "mountain":
        foot, size = horizon + height * 0.06, size * 0.95
    elif scene.subject in ("fish", "whale"):
        foot = horizon + height * rng.uniform(0.05, 0.25)
    else:
        foot = min(horizon + (height - horizon) * rng.uniform(0.35, 0.85), height * 0.97)
    tilt = rng.normal(0, 0.05) + {"fish": rng.uniform(0.0, 0.5), "rocket": rng.uniform(-0.5, 0.5)}.get(
        scene.subject, 0.0
    )
    flip = bool(rng.random() < 0.5)
    if scene.subject in ("rocket", "fish") and flip:
        tilt = -tilt
    brush = Brush(picture, x, foot, size, flip, float(tilt), look.subject)
    DRAW[scene.subject](brush, jitter(color, rng, 5), rng)
