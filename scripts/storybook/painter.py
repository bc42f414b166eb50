"""Puts a scene together: sky, place, subject, air, style."""

import cv2
import numpy as np
from numpy.typing import NDArray

from . import animals, creatures, motion, subjects, things
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


def paint(scene: Scene, height: int, width: int, t: float = 0.0) -> Picture:
    """Paints a scene at a time in seconds: (height, width, 3) uint8 RGB, the same for the same arguments.

    Time moves what the scene's ``motion`` says; it changes no random draw. Styles keep their paper and their
    strokes in place while things move under them.
    """
    rng = np.random.default_rng(scene.seed)
    picture, horizon, _ = _compose(scene, *motion.canvas(scene, height, width), rng, t)
    paint_air(picture, horizon, scene.light, rng, motion.ambient(scene, t))
    return STYLES[scene.style](_seen(picture, scene, height, width, t), rng)


def subject_mask(scene: Scene, height: int, width: int, t: float = 0.0) -> NDArray[np.bool_]:
    """Where the subject stands in the picture of :func:`paint`, seen or behind something: (height, width)."""
    rng = np.random.default_rng(scene.seed)
    mask = _compose(scene, *motion.canvas(scene, height, width), rng, t)[2]
    return _seen(mask.astype(np.uint8) * 255, scene, height, width, t) > 127


def _seen(canvas: Picture, scene: Scene, height: int, width: int, t: float) -> Picture:
    """What the camera sees of a canvas: (height, width, …)."""
    view = motion.window(scene, height, width, t)
    if view is None:
        return canvas
    left, top, size = view
    middle = (size - 1) / 2  # pixels are sampled at their centres
    place = np.array([[size, 0, left + middle], [0, size, top + middle]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(canvas, place, (width, height), None, flags, cv2.BORDER_REPLICATE))


def _compose(
    scene: Scene, height: int, width: int, rng: np.random.Generator, t: float
) -> tuple[Picture, float, NDArray[np.bool_]]:
    """Sky, place and subject: the picture, its horizon in pixels and the pixels that the subject changed."""
    picture = np.empty((height, width, 3), np.uint8)
    horizon = height * rng.uniform(0.5, 0.64)
    look = look_of(scene.light, motion.nearing(scene, t))
    sun_x = paint_sky(
        picture,
        horizon,
        scene.light,
        look,
        rng,
        bands=scene.style == "flat",
        sunk=height * motion.sun_sunk(scene, t),
        drift=height * motion.clouds_gone(scene, t),
    )
    ground = Ground(picture, horizon, scene.light, look, sun_x, rng, motion.ambient(scene, t))
    behind = scene.subject == "mountain" and scene.place != "moon"
    changed = np.zeros((height, width), bool)
    for step in ("subject", "place") if behind else ("place", "subject"):
        if step == "place":
            PAINTERS[scene.place](ground)
        elif scene.subject != "none":
            before = picture.copy()
            _subject(picture, scene, look, horizon, rng, t)
            changed = (picture != before).any(axis=2)
    return picture, horizon, changed


def _subject(
    picture: Picture, scene: Scene, look: Light, horizon: float, rng: np.random.Generator, t: float
) -> None:
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
    heading = scene.motion.direction if scene.motion else ""
    if heading in ("left", "right"):  # it faces where it goes
        flip = heading == "left"
    if scene.subject in ("rocket", "fish") and flip:
        tilt = -tilt
    brush = Brush(picture, x, foot, size, flip, float(tilt), look.subject, motion.tempo(scene, t))
    if scene.motion is not None:
        action = scene.motion.action
        brush.action = motion.BEAT[scene.subject] if action == "beat" else action
        across, up = motion.travelled(scene, t, brush.angle)
        brush.x, brush.y = brush.x + height * across, brush.y - height * up
        _sway(brush, scene.subject)
    DRAW[scene.subject](brush, jitter(color, rng, 5), rng)


def _sway(b: Brush, subject: str) -> None:
    """Moves a whole subject up and down and to and fro: afloat, in the wind, in flight."""
    if subject in ("sailboat", "whale"):
        more = 2.2 if b.action in ("bob", "spout") else 1.0
        b.y += 0.018 * more * b.scale * b.wave(0.7)
        b.angle += 0.035 * more * b.wave(0.5, 0.1)
    elif subject == "balloon" or b.action == "sway":
        b.angle += 0.07 * b.wave(0.5)
    elif subject in ("bird", "butterfly", "dragon", "owl") and b.action == "flap":
        b.y += (0.0 if subject == "owl" else 0.03) * b.scale * b.beat(1.25)
    elif b.action == "travel" and subject in ("lion", "horse", "rider", "deer", "astronaut"):
        b.y -= 0.02 * b.scale * b.beat(2.4)
    elif b.action == "travel" and subject in ("train", "car"):
        b.y -= 0.008 * b.scale * b.beat(3.0)
