"""Where a subject is in each frame of a clip, and how it leans: from what the prompts say of its motion."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi, sin
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.generation.subject_layers import Layers
from framesmooth.generation.word_maps import Map
from framesmooth.timeline.motion_words import SubjectMotion

Way = NDArray[np.float64]
"""(frames, 2): pixels to the right and downwards; or (2,)."""

_WAYS: Final = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1), "": (0, 0)}
_FURTHEST: Final = 0.9
"""Widths of the picture that a subject travels at most, or heights: on a long clip it goes more slowly."""

_LEAST_SECONDS: Final = 0.75
"""Of its speed that a subject needs at least to come to rest."""


@dataclass(frozen=True)
class Gait:
    """How a subject moves by itself: sine waves in time.

    Attributes:
        rise: how far up and down, in heights of the subject.
        lean: how far it turns, in degrees.
        stretch: how far it grows and shrinks in height, as a share.
        rate: times a second.
    """

    rise: float = 0.0
    lean: float = 0.0
    stretch: float = 0.0
    rate: float = 1.0


GAITS: Final = {
    "": Gait(),
    "bob": Gait(rise=0.03, lean=2.0, rate=0.45),
    "roll": Gait(rise=0.008, rate=2.2),
    "walk": Gait(rise=0.02, lean=1.0, rate=1.4),
    "gallop": Gait(rise=0.05, lean=3.0, rate=1.8),
    "swim": Gait(rise=0.03, lean=3.0, rate=0.8),
    "fly": Gait(rise=0.05, lean=2.0, stretch=0.1, rate=1.2),
    "sway": Gait(lean=3.0, rate=0.4),
}


@dataclass(frozen=True)
class Pose:
    """Where a subject is, against the picture that it was cut from.

    Attributes:
        across: pixels to the right.
        down: pixels downwards.
        lean: degrees that it is turned, anticlockwise.
        stretch: factor of its height; its foot stays where it is.
    """

    across: float
    down: float
    lean: float = 0.0
    stretch: float = 1.0


def towards_room(alpha: Map) -> str:
    """Return "left" or "right": where the picture has more room beside the subject of ``alpha`` (H, W)."""
    covered = np.flatnonzero((alpha > 0.5).any(axis=0))
    if not len(covered):
        return "right"
    return "right" if alpha.shape[1] - 1 - covered[-1] >= covered[0] else "left"


def poses(
    motions: Sequence[SubjectMotion | None],
    shares: Sequence[tuple[int, int, float]],
    alpha: Map,
    *,
    fps: float,
    speed: float,
    loop: bool,
    planned: int | None = None,
) -> list[Pose]:
    """Return the subject's pose in each frame.

    Halfway it is in the middle of the picture. In a loop it leaves the picture on one side and comes
    back from the other one.

    Args:
        motions: of each prompt.
        shares: per frame (prompt before, prompt after, share of the way between them).
        alpha: where the subject is in the picture, (H, W).
        fps: frames per second.
        speed: factor of all speeds.
        loop: whether the last frame is followed by the first.
        planned: in so many frames it gets there; in the frames after them it goes on, and comes to rest
            before it leaves the picture. None is all.
    """
    height, count = len(alpha), planned or len(shares)
    room = towards_room(alpha)
    velocities = np.array([_velocity(motion, room) for motion in motions]) * height * speed
    own = np.array(
        [(1 - mix) * velocities[start] + mix * velocities[end] for start, end, mix in shares[:count]]
    )
    gone = np.cumsum(own, axis=0) / fps
    gone -= gone[len(gone) // 2]
    gone = gone * _slower(gone, alpha, loop=loop)
    gone = gone + _centred(gone, alpha)
    gone = np.concatenate([gone, _onwards(gone, alpha, len(shares) - count, fps)])
    tall = float((alpha > 0.5).any(axis=1).sum())
    gaits = [_gait(motions, one) for one in shares]
    middle, seconds = count // 2, count / fps
    found = []
    for frame, ((across, down), gait) in enumerate(zip(gone.tolist(), gaits, strict=True)):
        rate = gait.rate * speed
        if loop:  # a whole number of times
            rate = max(1, round(rate * seconds)) / seconds
        wave = 2 * pi * rate * (frame - middle) / fps
        rise = gait.rise * tall * sin(wave)
        found.append(Pose(across, down - rise, gait.lean * sin(wave + 0.8), 1 + gait.stretch * sin(2 * wave)))
    return found


def _velocity(motion: SubjectMotion | None, room: str) -> tuple[float, float]:
    """Return heights a second to the right and downwards."""
    if motion is None or not motion.speed:
        return 0.0, 0.0
    across, down = _WAYS[motion.way or room]
    return motion.speed * across, motion.speed * down


def _onwards(gone: Way, alpha: Map, frames: int, fps: float) -> Way:
    """Return how a way goes on: at the speed that it ends with, and ever slower towards the border."""
    covered = np.argwhere(alpha > 0.5)[:, ::-1]
    if len(gone) < 2 or not len(covered):
        return np.repeat(gone[-1:], frames, axis=0)
    step = gone[-1] - gone[-2]
    sides = np.array([alpha.shape[1], alpha.shape[0]], np.float64)
    low, high = covered.min(axis=0) + gone[-1], covered.max(axis=0) + gone[-1]
    left = np.maximum(np.where(step > 0, sides - 1 - high, low), _LEAST_SECONDS * fps * np.abs(step))
    left = np.maximum(left, 1e-6)
    times = np.arange(1, frames + 1)[:, None]
    return np.asarray(gone[-1] + np.sign(step) * left * -np.expm1(-np.abs(step) * times / left), np.float64)


def _gait(motions: Sequence[SubjectMotion | None], share: tuple[int, int, float]) -> Gait:
    start, end, mix = share
    motion = motions[end if mix > 0.5 else start]
    return Gait() if motion is None else GAITS[motion.gait]


def _slower(gone: Way, alpha: Map, *, loop: bool) -> Way:
    """Return the factors (across, down) that keep a subject within reach, or bring a loop full circle."""
    covered = alpha > 0.5
    sides = np.array([alpha.shape[1], alpha.shape[0]], np.float64)
    extent = np.array([covered.any(axis=0).sum(), covered.any(axis=1).sum()], np.float64)
    whole = np.ptp(gone, axis=0) * (len(gone) / max(len(gone) - 1, 1) if loop else 1)
    wanted = 1.1 * (sides + extent) if loop else np.minimum(whole, _FURTHEST * sides)
    return np.where(whole > 1e-6, wanted / np.maximum(whole, 1e-6), 0.0)


def _centred(gone: Way, alpha: Map) -> Way:
    """Return what to add (across, down) so that the middle of the way is the middle of the picture."""
    covered = np.argwhere(alpha > 0.5)
    if not len(covered):
        return np.zeros(2)
    here = (covered.min(axis=0) + covered.max(axis=0))[::-1] / 2 + (gone.min(axis=0) + gone.max(axis=0)) / 2
    middle = np.array([alpha.shape[1] / 2, alpha.shape[0] / 2])
    return np.where(np.ptp(gone, axis=0) > 1, middle - here, 0.0)


def composed(layers: Layers, pose: Pose) -> Frame:
    """Return the frame (H, W, 3) in which the subject of ``layers`` stands in a pose before its scene."""
    height, width = layers.alpha.shape
    covered = np.argwhere(layers.alpha > 0.5)
    if not len(covered):
        return layers.scene
    left, right, foot = covered[:, 1].min(), covered[:, 1].max(), covered[:, 0].max()
    middle = (float(left) + float(right)) / 2, float(foot)
    turn = np.asarray(cv2.getRotationMatrix2D(middle, pose.lean, 1.0), np.float64)
    foot_stays = turn[:, 1] * middle[1] * (1 - pose.stretch)
    moved = turn[:, 2] + foot_stays + np.array([pose.across, pose.down])
    place = np.stack([turn[:, 0], turn[:, 1] * pose.stretch, moved], axis=1)
    size = width, height
    # What a border cuts off goes on behind it.
    subject = cv2.warpAffine(
        layers.subject, place, size, flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT_101
    )
    alpha = cv2.warpAffine(
        layers.alpha, place, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )[..., None]
    mixed = layers.scene * (1 - alpha) + subject * alpha
    return np.asarray(np.clip(mixed + 0.5, 0, 255), np.uint8)
