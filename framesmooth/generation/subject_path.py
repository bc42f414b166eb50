"""Where a subject is in each frame of a clip, and how it leans: from what the prompts say of its motion."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import pi, sin
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.generation.subject_gaits import GAITS, Bend, Gait
from framesmooth.generation.subject_layers import Layers
from framesmooth.generation.word_maps import Map
from framesmooth.motion.warping import backward_warp
from framesmooth.timeline.motion_words import SubjectMotion

Way = NDArray[np.float64]
"""(frames, 2): pixels to the right and downwards; or (2,)."""

_WAYS: Final = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1), "": (0, 0)}
_FURTHEST: Final = 0.9
"""Widths of the picture that a subject travels at most, or heights: on a long clip it goes more slowly."""

_LEAST_SECONDS: Final = 0.75
"""Of its speed that a subject needs at least to come to rest."""


_HEAD: Final = 0.3
"""Share of an animal's height in which its head is."""
_TO_ONE_SIDE: Final = 0.12
"""Share of its width by which the head is off the middle at least."""
_CUT_OFF: Final = 0.02
"""Share of a border that a subject covers at least which is cut off by it."""
_ON_LEGS: Final = ("walk", "gallop")


@dataclass(frozen=True)
class Pose:
    """Where a subject is, against the picture that it was cut from.

    Attributes:
        across: pixels to the right.
        down: pixels downwards.
        lean: degrees that it is turned about its foot, anticlockwise.
        bend: how its limbs are bent, None for not at all.
        mirrored: whether left and right are exchanged, about its middle.
        turn: degrees that its sails have turned, clockwise.
    """

    across: float
    down: float
    lean: float = 0.0
    bend: Bend | None = None
    mirrored: bool = False
    turn: float = 0.0

    @property
    def rests(self) -> bool:
        """Whether the subject stands as it was drawn, but for its sails."""
        return replace(self, turn=0.0) == Pose(0.0, 0.0)


def facing(alpha: Map) -> str:
    """Return "left" or "right", where an animal on legs with the outline ``alpha`` (H, W) has its head.

    "" where its upper part is in the middle.
    """
    covered = np.argwhere(alpha > 0.5)
    if not len(covered):
        return ""
    (top, left), (foot, right) = covered.min(axis=0), covered.max(axis=0)
    upper = covered[covered[:, 0] <= top + _HEAD * (foot - top)][:, 1].mean()
    off = (upper - (left + right) / 2) / max(right - left, 1)
    return "" if abs(off) < _TO_ONE_SIDE else "left" if off < 0 else "right"


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

    Halfway it is in the middle of the picture, or beside it where a border cuts the subject off. An animal on
    legs looks where it goes. In a loop it leaves the picture on one side and comes back from the other one.

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
    faces = facing(alpha) if any(one and one.gait in _ON_LEGS for one in motions) else ""
    room = faces or towards_room(alpha)
    velocities = np.array([_velocity(motion, room) for motion in motions]) * height * speed
    own = np.array(
        [(1 - mix) * velocities[start] + mix * velocities[end] for start, end, mix in shares[:count]]
    )
    gone = np.cumsum(own, axis=0) / fps
    gone -= gone[len(gone) // 2]
    gone = gone * _slower(gone, alpha, loop=loop)
    gone = gone + _centred(gone, alpha, loop=loop)
    gone = np.concatenate([gone, _onwards(gone, alpha, len(shares) - count, fps)])
    tall = float((alpha > 0.5).any(axis=1).sum())
    gaits = [_gait(motions, one) for one in shares]
    middle, seconds = count // 2, count / fps
    first, last = gone[0, 0], gone[count - 1, 0]
    goes_left = bool(last < first)
    turned = bool(faces) and last != first and (faces == "left") != goes_left
    strides = _strides(gone, count)
    turns = np.cumsum([360 * gait.turns * speed / fps for gait in gaits]) - 360 * gaits[0].turns * speed / fps
    if loop:  # four sails are alike after a quarter
        whole = float(turns[-1]) * len(turns) / max(len(turns) - 1, 1)
        turns *= 90 * max(round(whole / 90), 1) / whole if whole else 0.0
    found = []
    for frame, ((across, down), gait) in enumerate(zip(gone.tolist(), gaits, strict=True)):
        rate = gait.rate * speed
        if loop:  # a whole number of times
            rate = max(1, round(rate * seconds)) / seconds
        wave = 2 * pi * rate * ((strides[frame] if gait.limbs else frame) - middle) / fps
        rise = gait.rise * tall * sin(wave)
        bend = Bend(gait.limbs, wave, facing_left=goes_left) if gait.limbs else None
        found.append(
            Pose(across, down - rise, gait.lean * sin(wave + 0.8), bend, turned, float(turns[frame]))
        )
    return found


def _velocity(motion: SubjectMotion | None, room: str) -> tuple[float, float]:
    """Return heights a second to the right and downwards."""
    if motion is None or not motion.speed:
        return 0.0, 0.0
    across, down = _WAYS[motion.way or room]
    return motion.speed * across, motion.speed * down


def _strides(gone: Way, count: int) -> list[float]:
    """Return what legs go by, in frames: from frame ``count`` on they slow down with what they carry."""
    lengths = np.linalg.norm(np.diff(gone, axis=0), axis=1)
    usual = lengths[count - 2] if count > 1 else 0.0
    later = lengths[count - 1 :] / usual if usual > 0 else np.ones(len(gone) - count)
    return [*map(float, range(count)), *(count - 1 + np.cumsum(later)).tolist()]


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


def _centred(gone: Way, alpha: Map, *, loop: bool) -> Way:
    """Return what to add (across, down) so that the middle of the way is the middle of the picture."""
    covered = np.argwhere(alpha > 0.5)
    if not len(covered):
        return np.zeros(2)
    here = (covered.min(axis=0) + covered.max(axis=0))[::-1] / 2 + (gone.min(axis=0) + gone.max(axis=0)) / 2
    middle = np.array([alpha.shape[1] / 2, alpha.shape[0] / 2])
    wanted = np.where(np.ptp(gone, axis=0) > 1, middle - here, 0.0)
    return wanted if loop else _uncut(wanted, gone, alpha)


def _uncut(wanted: Way, gone: Way, alpha: Map) -> Way:
    """Return where a way is put so that no border that cuts the subject off moves into the picture.

    Where opposite borders do, the way is where it was ``wanted``.
    """
    covered = alpha > 0.5
    found = np.array(wanted, np.float64)
    for axis, (first, last) in enumerate(((covered[:, 0], covered[:, -1]), (covered[0], covered[-1]))):
        cut_first, cut_last = first.mean() > _CUT_OFF, last.mean() > _CUT_OFF
        if np.ptp(gone[:, axis]) > 1 and cut_first != cut_last:
            low, high = float(gone[:, axis].min()), float(gone[:, axis].max())
            found[axis] = min(found[axis], -high) if cut_first else max(found[axis], -low)
    return found


def composed(layers: Layers, pose: Pose) -> Frame:
    """Return the frame (H, W, 3) in which the subject of ``layers`` stands in a pose before its scene."""
    height, width = layers.alpha.shape
    covered = np.argwhere(layers.alpha > 0.5)
    if not len(covered):
        return layers.scene
    left, right, foot = covered[:, 1].min(), covered[:, 1].max(), covered[:, 0].max()
    middle = (float(left) + float(right)) / 2, float(foot)
    turn = np.asarray(cv2.getRotationMatrix2D(middle, pose.lean, 1.0), np.float64)
    place = turn + np.array([[0, 0, pose.across], [0, 0, pose.down]])
    if pose.mirrored:
        place[:, 2] += 2 * middle[0] * place[:, 0]
        place[:, 0] *= -1
    size = width, height
    own, outline = layers.subject, layers.alpha
    if pose.bend is not None:
        box = int(left), int(covered[:, 0].min()), int(right), int(foot)
        flow = pose.bend.flow((height, width), box)
        own, outline = (backward_warp(image, flow) for image in (own, outline))
    # What a border cuts off goes on behind it.
    subject = cv2.warpAffine(own, place, size, flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT_101)
    alpha = cv2.warpAffine(outline, place, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[
        ..., None
    ]
    mixed = layers.scene * (1 - alpha) + subject * alpha
    return np.asarray(np.clip(mixed + 0.5, 0, 255), np.uint8)
