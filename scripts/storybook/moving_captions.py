"""Captions of clips: what moves, where to, how fast, what camera and sky do, or that nothing moves."""

import copy

import numpy as np

from .captions import caption
from .motion import BEAT
from .world import Motion, Scene

WAYS = {
    "left": ["to the left", "left", "leftwards", "towards the left", "from right to left"],
    "right": ["to the right", "right", "rightwards", "towards the right", "from left to right"],
    "up": ["up", "upwards", "up into the sky", "higher and higher"],
    "down": ["down", "downwards", "down to the ground", "lower and lower"],
}
MOVES = {
    "sailboat": ["sailing", "sails", "drifting", "gliding", "moving"],
    "train": ["driving", "rolling", "steaming", "passing", "moving", "travels"],
    "car": ["driving", "drives", "rolling", "racing", "moving"],
    "whale": ["swimming", "swims", "gliding", "moving"],
    "fish": ["swimming", "swims", "darting", "moving"],
    "lion": ["walking", "walks", "stalking", "prowling", "strolling", "moving"],
    "horse": ["running", "runs", "galloping", "trotting", "walking", "moving"],
    "rider": ["riding", "galloping", "trotting", "moving"],
    "deer": ["walking", "walks", "running", "strolling", "moving"],
    "astronaut": ["walking", "walks", "strolling", "moving"],
    "bird": ["flying", "flies", "soaring", "gliding", "moving"],
    "butterfly": ["flying", "flies", "fluttering", "moving"],
    "dragon": ["flying", "flies", "soaring", "moving"],
    "balloon": ["floating", "floats", "drifting", "flying", "moving"],
    "rocket": ["flying", "flies", "shooting", "moving"],
}
# Verbs that say the direction by themselves.
RISES = {
    ("balloon", "up"): ["rising", "rises", "climbing"],
    ("balloon", "down"): ["sinking", "descending", "landing"],
    ("rocket", "up"): ["launching", "rising", "taking off", "lifting off", "blasting off"],
    ("rocket", "down"): ["landing", "descending", "coming down", "falling"],
    ("bird", "up"): ["rising", "climbing"],
    ("bird", "down"): ["sinking", "descending", "swooping down", "landing"],
    ("butterfly", "up"): ["rising", "climbing"],
    ("butterfly", "down"): ["sinking", "descending", "landing"],
    ("dragon", "up"): ["rising", "climbing"],
    ("dragon", "down"): ["sinking", "descending", "swooping down", "landing"],
}
BEATS = {
    "bob": ["bobbing up and down", "bobs on the waves", "rocking", "rocking up and down", "bobbing"],
    "flap": ["flapping its wings", "flaps its wings", "beating its wings", "with flapping wings", "hovering"],
    "turn": ["turning", "turning its sails", "with turning sails", "its sails turn", "spinning", "rotating"],
    "wag": ["wagging its tail", "wags its tail", "moving its tail", "swishing its tail"],
    "wave": ["waving", "waves its arm", "waving its hand", "waving hello"],
    "sway": ["swaying", "swaying in the wind", "sways in the breeze", "moving in the wind"],
    "spout": ["spouting", "spouting water", "blowing water", "bobbing up and down"],
    "wriggle": ["wriggling", "wagging its tail", "wriggles its tail", "flapping its tail"],
}
CAMERAS = {
    "pan left": ["the camera pans left", "camera panning left", "panning to the left", "pan left"],
    "pan right": ["the camera pans right", "camera panning right", "panning to the right", "pan right"],
    "tilt up": ["the camera tilts up", "camera moving up", "tilting up", "tilt up"],
    "tilt down": ["the camera tilts down", "camera moving down", "tilting down", "tilt down"],
    "zoom in": ["the camera zooms in", "zooming in", "the camera moves closer", "zoom in"],
    "zoom out": ["the camera zooms out", "zooming out", "the camera moves away", "zoom out"],
}
SKIES = {
    "sun sets": [
        "as the sun sets",
        "while the sun goes down",
        "the sun is setting",
        "the sun sinks",
        "as it grows dark",
        "as evening falls",
    ],
    "day breaks": [
        "as the sun rises",
        "while the sun comes up",
        "the sun is rising",
        "as day breaks",
        "as it grows light",
        "as morning comes",
    ],
    "clouds left": ["clouds drift to the left", "clouds drifting left", "clouds moving to the left"],
    "clouds right": ["clouds drift to the right", "clouds drifting right", "clouds moving to the right"],
}
PACES = {
    "slow": ["slowly", "gently", "at a slow pace"],
    "fast": ["fast", "quickly", "at high speed", "swiftly"],
}
STILL_BEFORE = ["a still picture of", "a still image of", "a motionless picture of", "a frozen moment of"]
STILL_AFTER = ["nothing moves", "standing still", "motionless", "completely still", "no movement", "frozen"]


def moving_caption(scene: Scene, rng: np.random.Generator) -> str:
    """Writes one caption of a clip of a scene; every call finds other words.

    A scene without motion is called a still picture. Of others only what ``motion.mentions`` holds is named.
    """
    return caption_pair(scene, rng)[0]


def caption_pair(scene: Scene, rng: np.random.Generator) -> tuple[str, str]:
    """A caption of a clip, and the same without the words that are about motion."""
    motion = scene.motion
    if motion is None:
        before = _pick([*STILL_BEFORE, *STILL_AFTER], rng)
        words = caption(scene, rng)
        return f"{before} {words}" if before in STILL_BEFORE else f"{words}, {before}", words
    clause = _deed(scene, motion, rng)
    more = [
        _pick(table[name], rng)
        for part, name, table in (("sky", motion.sky, SKIES), ("camera", motion.camera, CAMERAS))
        if name in table and part in motion.mentions
    ]
    direct = bool(clause) and rng.random() < 0.7  # in the sentence, or a clause after it
    ahead = rng.random() < 0.1
    twin = copy.deepcopy(rng)
    plain, words = caption(scene, twin), caption(scene, rng, clause if direct else None)
    if clause and (not direct or clause not in words):  # pictures without a subject have no verb
        more.insert(0, clause)
    return ", ".join([*more[-1:], words, *more[:-1]] if ahead else [words, *more]), plain


def _deed(scene: Scene, motion: Motion, rng: np.random.Generator) -> str:
    """What the subject does: verb, direction and pace as far as they are mentioned; "" where it rests."""
    if motion.action == "rest" or "action" not in motion.mentions:
        return ""
    if motion.action == "beat":
        deed = _pick(BEATS[BEAT[scene.subject]], rng)
    else:
        rises = RISES.get((scene.subject, motion.direction), [])
        if rises and rng.random() < 0.4:
            deed = _pick(rises, rng)
        else:
            deed = _pick(MOVES[scene.subject], rng)
            if "direction" in motion.mentions:
                deed += " " + _pick(WAYS[motion.direction], rng)
    if motion.pace in PACES and "pace" in motion.mentions:
        pace = _pick(PACES[motion.pace], rng)
        deed = f"{deed} {pace}" if rng.random() < 0.8 or not pace.endswith("ly") else f"{pace} {deed}"
    return deed


def _pick(options: list[str], rng: np.random.Generator) -> str:
    return options[rng.integers(len(options))]
