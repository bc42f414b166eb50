"""What moves in a scene, how fast, and which combinations are held out of training.

Time is in seconds, speed in heights of the picture a second. Every movement is 0 at time 0, and none draws a
random number, so that a scene at time 0 is the still picture.
"""

from dataclasses import replace
from math import cos, exp, sin
from zlib import crc32

import numpy as np

from .world import SUBJECTS, Motion, Scene, sample_scene

ACTIONS = ("rest", "travel", "beat")
DIRECTIONS = ("left", "right", "up", "down")
CAMERAS = ("still", "pan left", "pan right", "tilt up", "tilt down", "zoom in", "zoom out")
SKIES = ("still", "sun sets", "day breaks", "clouds left", "clouds right")
PACES = {"slow": 0.5, "normal": 1.0, "fast": 1.8}
FRAME_RATE = 8  # frames a second of painted clips

_SIDES, _ALL = ("left", "right"), DIRECTIONS
# Where each subject can go, and how fast it goes there.
TRAVEL: dict[str, tuple[tuple[str, ...], float]] = {
    "sailboat": (_SIDES, 0.12),
    "train": (_SIDES, 0.18),
    "car": (_SIDES, 0.2),
    "whale": (_SIDES, 0.12),
    "fish": (_SIDES, 0.14),
    "lion": (_SIDES, 0.12),
    "horse": (_SIDES, 0.18),
    "rider": (_SIDES, 0.16),
    "deer": (_SIDES, 0.12),
    "astronaut": (_SIDES, 0.1),
    "bird": (_ALL, 0.15),
    "butterfly": (_ALL, 0.12),
    "dragon": (_ALL, 0.14),
    "balloon": (_ALL, 0.1),
    "rocket": (("up", "down"), 0.18),
}
# What each subject can do where it is.
BEAT = {
    "sailboat": "bob",
    "bird": "flap",
    "butterfly": "flap",
    "owl": "flap",
    "dragon": "flap",
    "windmill": "turn",
    "cat": "wag",
    "dog": "wag",
    "lion": "wag",
    "astronaut": "wave",
    "tree": "sway",
    "flower": "sway",
    "balloon": "sway",
    "whale": "spout",
    "fish": "wriggle",
}
SETS, BREAKS = {"noon": "sunset", "sunset": "night"}, {"night": "dawn", "dawn": "noon"}
_CAMERA_PACE = 0.16  # heights a second; of a zoom, the logarithm of its factor
_CLOUD_PACE, _SUN_PACE, _DUSK_PACE = 0.08, 0.07, 0.25
# How much larger than the picture the canvas is that a camera moves over: height, width.
_CANVAS = {"pan": (1.0, 1.5), "tilt": (1.3, 1.3), "zoom": (1.5, 1.5)}


def held_out_motion(subject: str, motion: Motion) -> bool:
    """True for the sixth of all (subject, motion, direction) combinations that training never sees."""
    moving = f"{subject}/{motion.action}/{motion.direction}", f"{subject}/camera/{motion.camera}"
    still = "rest/" in moving[0], motion.camera == "still"
    return any(crc32(key.encode()) % 6 == 0 for key, rests in zip(moving, still, strict=True) if not rests)


def sample_clip(rng: np.random.Generator, *, held_out: bool = False, complete: bool = False) -> Scene:
    """Draws a scene that moves, or one whose ``motion`` is None: a still picture, and its captions say so.

    With ``held_out`` the scene and its motion are both held out of training; ``complete`` as in
    :func:`sample_scene`, and all that moves is mentioned.
    """
    while True:
        scene = sample_scene(rng, held_out=held_out, complete=complete)
        motion = _sample_motion(scene, rng)
        if complete and motion is not None:
            motion = replace(motion, mentions=Motion().mentions)
        if (motion is not None and held_out_motion(scene.subject, motion)) == held_out:
            return replace(scene, motion=motion)


def clip_at(index: int, *, held_out: bool = False, complete: bool = False) -> Scene:
    """The moving scene with a number, the same on every machine."""
    rng = np.random.default_rng([index, 31 + held_out])
    return sample_clip(rng, held_out=held_out, complete=complete)


def _sample_motion(scene: Scene, rng: np.random.Generator) -> Motion | None:
    chance, kind = rng.random(), rng.random()
    action, direction = "rest", ""
    if scene.subject in TRAVEL and chance < (0.7 if scene.subject in BEAT else 0.85):
        action, direction = "travel", str(rng.choice(TRAVEL[scene.subject][0]))
    elif scene.subject in BEAT and chance < 0.85:
        action = "beat"
    moves = action != "rest"
    camera = str(rng.choice(CAMERAS[1:])) if rng.random() < (0.12 if moves else 0.6) else "still"
    skies = [name for name, lights in (("sun sets", SETS), ("day breaks", BREAKS)) if scene.light in lights]
    skies += ["clouds left", "clouds right"] if scene.light == "storm" else []
    sky = str(rng.choice(skies)) if skies and rng.random() < (0.2 if moves else 0.4) else "still"
    pace = str(rng.choice(list(PACES), p=(0.15, 0.7, 0.15))) if moves else "normal"
    named = {part for part in ("action", "direction", "camera", "sky", "pace") if rng.random() < 0.88}
    return None if kind < 0.1 else Motion(action, direction, camera, sky, pace, frozenset(named))


def travelled(scene: Scene, t: float, angle: float = 0.0) -> tuple[float, float]:
    """How far right and up the subject has gone by a time, in heights; ``angle`` is what a rocket leans."""
    motion = scene.motion
    if motion is None or motion.action != "travel":
        return 0.0, 0.0
    way = TRAVEL[scene.subject][1] * PACES[motion.pace] * t
    if scene.subject == "rocket":
        way = way if motion.direction == "up" else -way
        return -sin(angle) * way, cos(angle) * way
    across, up = {"left": (-1, 0), "right": (1, 0), "up": (0, 1), "down": (0, -1)}[motion.direction]
    return across * way, up * way


def tempo(scene: Scene, t: float) -> float:
    """The time by which a subject's own parts move (wings, legs, sails): 0 while it rests."""
    motion = scene.motion
    return 0.0 if motion is None or motion.action == "rest" else t * PACES[motion.pace]


def ambient(scene: Scene, t: float) -> float:
    """The time by which water, rain, snow and fog move: 0 in a still picture."""
    return 0.0 if scene.motion is None else t


def clouds_gone(scene: Scene, t: float) -> float:
    """How far right clouds have drifted, in heights."""
    sky = scene.motion.sky if scene.motion else "still"
    return {"clouds left": -_CLOUD_PACE, "clouds right": _CLOUD_PACE}.get(sky, 0.0) * t


def sun_sunk(scene: Scene, t: float) -> float:
    """How far down the sun has gone, in heights."""
    sky = scene.motion.sky if scene.motion else "still"
    return {"sun sets": _SUN_PACE, "day breaks": -_SUN_PACE}.get(sky, 0.0) * t


def nearing(scene: Scene, t: float) -> tuple[str, float] | None:
    """The light that the scene goes towards, and the share of the way that it has gone."""
    sky = scene.motion.sky if scene.motion else "still"
    other = {"sun sets": SETS, "day breaks": BREAKS}.get(sky, {}).get(scene.light)
    return scene.nearing if other is None else (other, float(np.clip(_DUSK_PACE * t, 0, 1)))


def canvas(scene: Scene, height: int, width: int) -> tuple[int, int]:
    """The size to paint at so that the camera has something to move over: that of the picture if it rests."""
    camera = scene.motion.camera if scene.motion else "still"
    if camera == "still":
        return height, width
    tall, wide = _CANVAS[camera.split()[0]]
    return round(height * tall), round(width * wide)


def window(scene: Scene, height: int, width: int, t: float) -> tuple[float, float, float] | None:
    """What the camera sees of its canvas: left and top edge in pixels and size relative to the picture.

    None where the camera stands still. It stops at the canvas' edges.
    """
    camera = scene.motion.camera if scene.motion else "still"
    if camera == "still":
        return None
    kind, way = camera.split()
    tall, wide = canvas(scene, height, width)
    size, right, down = 1.0, 0.0, 0.0
    if kind == "zoom":
        middle = (tall / height) ** 0.5
        size = float(np.clip(middle * exp(_CAMERA_PACE * t * (-1 if way == "in" else 1)), 1, tall / height))
    else:
        shift = _CAMERA_PACE * t * height
        right, down = {"left": (-shift, 0), "right": (shift, 0), "up": (0, -shift), "down": (0, shift)}[way]
    left = float(np.clip((wide - size * width) / 2 + right, 0, wide - size * width))
    top = float(np.clip((tall - size * height) / 2 + down, 0, tall - size * height))
    return left, top, size


def combinations() -> list[tuple[str, str, str]]:
    """Every (subject, action, direction) that moves."""
    return [
        (subject, action, direction)
        for subject in SUBJECTS
        for action, directions in (("travel", TRAVEL.get(subject, ((), 0))[0]), ("beat", ("",)))
        for direction in directions
        if action == "travel" or subject in BEAT
    ]
