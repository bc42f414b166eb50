"""Pumping at the key frames of a codec: the jump from one group of pictures to the next, spread over time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_deep_as, as_float
from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.shots import Step, shot_windows
from framesmooth.smoothing.exposure import log_ratio
from framesmooth.smoothing.motion_compensated import FloatImage, MotionSmoother
from framesmooth.smoothing.trajectory.flow_chains import trajectories
from framesmooth.smoothing.trajectory.pyramid import (
    FINE_SIGMA,
    HALF,
    MID,
    LevelMotion,
    gaussian,
    grid_motions,
    rescaled_flow,
    resized,
)
from framesmooth.smoothing.trajectory.registration import moved

RADIUS: Final = 8
"""Frames to either side of a key frame that its jump is spread over."""

# A key frame renews the fine structure of most places: by so many levels, and so many times as much as each
# of the frames beside it.
_CELLS: Final = 8
_LEAST_RENEWAL, _STANDS_OUT, _BESIDE = 0.5, 1.4, 3
# Log-ratio of the light from which on it is a lamp: key frames change tone by a level or two.
_LAMP: Final = 0.04
# What differs by so many times the usual, over a Gaussian of so many pixels, was not followed. Where things
# move by less than so many pixels of the half grid there is little to follow: more is the codec's.
_TOLERANCE, _STILL_TOLERANCE, _STILL, _WINDOW = 3.0, 4.5, 0.5, 2.0


@dataclass(frozen=True)
class RenewedStep:
    """A frame, its motion to the next one on the half grid, and the levels of fine structure it renews.

    ``kept`` has its jumps from the frame before: on its own grid (0) and on that of the frame before (-1).
    """

    frame: Frame
    index: int
    to_next: LevelMotion | None
    renewal: float
    kept: dict[int, FloatImage] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PumpingSmoother(MotionSmoother):
    """Takes the pumping out that a codec makes at its key frames, and touches nothing else.

    A key frame is coded anew: grain, sharpness and tone jump, all over the picture at once. That jump is the
    difference, along the motion, between a key frame and the one before. It is carried to the eight frames
    before and after along their trajectories and added or taken away bit by bit, so that a straight line
    over 16 frames takes its place. No frame is averaged with others, so detail stays. ``strength`` is the
    share of the correction that is applied, whole from 0.5 on.
    """

    selective = True
    # A key frame is known by the frames beside it.
    reach = RADIUS + _BESIDE + 1
    memory = RADIUS + _BESIDE + 1

    def _kept(self, stream: Iterable[Step]) -> Iterator[RenewedStep]:
        last: RenewedStep | None = None
        for step in stream:
            motion = None if step.to_next is None else grid_motions(step.to_next)[HALF]
            renewal = 0.0 if last is None or last.to_next is None else _renewal(last, step.frame)
            last = RenewedStep(step.frame, step.index, motion, renewal)
            yield last

    def _smoothed(self, stream: Iterable[Any]) -> Iterator[Frame]:
        for window, centre in shot_windows(stream, RADIUS + _BESIDE):
            frame, share = window[centre].frame, min(2 * self.strength_at(window[centre].index), 1.0)
            change = _correction(window, centre) if share else None
            yield frame.copy() if change is None else _added(frame, np.float32(share) * change)


def _renewal(last: RenewedStep, frame: Frame) -> float:
    """Return by how many levels a frame renews the fine structure of the frame before, in a usual place.

    It is unknown (NaN) where light changes at once.
    """
    assert last.to_next is not None
    if np.abs(log_ratio(last.frame, frame, last.to_next)).max() > _LAMP:
        return float("nan")
    before, here = (cv2.cvtColor(as_float(each), cv2.COLOR_RGB2GRAY) for each in (last.frame, frame))
    gap = here - moved(np.asarray(before, np.float32), _whole(last.to_next.backward, frame))
    energy = np.square(gap - gaussian(gap, FINE_SIGMA))
    places = cv2.resize(energy, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
    return 255 * float(np.sqrt(np.median(places)))


def key_frames(renewals: Sequence[float]) -> dict[int, float]:
    """Return the frames that renew much more than each of those beside them, and what these renew (levels).

    The first one has none before it. Beside a change of light (NaN) there are none.
    """
    sizes = np.asarray(renewals)
    found = {}
    for at in range(1, len(sizes)):
        beside = np.r_[sizes[max(at - _BESIDE, 1) : at], sizes[at + 1 : at + _BESIDE + 1]]
        if len(beside) > 1 and sizes[at] > np.maximum(_STANDS_OUT * beside.max(), _LEAST_RENEWAL):
            found[at] = float(np.median(beside))
    return found


def _correction(window: Sequence[RenewedStep], centre: int) -> FloatImage | None:
    """Return what puts a frame on the line between two looks (H, W, 3); None far from any key frame."""
    keys = key_frames([step.renewal for step in window])
    # A frame after the jump sees the key frame, one before it the frame before that.
    seen = {key: key if centre >= key else key - 1 for key in keys}
    near = {key: at for key, at in seen.items() if abs(at - centre) < RADIUS}
    if not near:
        return None
    motions = [step.to_next for step in window[:-1]]
    paths = trajectories(motions, centre, RADIUS)[MID]
    change = np.zeros(window[centre].frame.shape, np.float32)
    for key, at in near.items():
        jump = _jump(window, key, keys[key], side=0 if centre >= key else -1)
        if at != centre:
            if at - centre not in paths:
                continue
            path = paths[at - centre]
            jump = moved(jump, rescaled_flow(path.flow, jump.shape[:2]))
            jump = jump * resized(path.trust, jump.shape[:2])[..., None]
        change += np.float32(share_of_jump(centre - key)) * jump
    return change


def share_of_jump(distance: int) -> float:
    """Return what a frame gets of a jump; ``distance`` is in frames from the first one behind it.

    It is the line from 0 to 1 over 2 RADIUS frames less the step from 0 to 1.
    """
    line = 0.5 + (distance + 0.5) / (2 * RADIUS)
    return float(np.clip(line, 0, 1)) - (distance >= 0)


def _jump(window: Sequence[RenewedStep], key: int, usual: float, *, side: int) -> FloatImage:
    """Return the jump at a key frame (H, W, 3) on the grid of that frame, or of the one before (``side``).

    As far as it stands out of what other frames renew; what was not followed has none.
    """
    here, before = window[key], window[key - 1]
    if side not in here.kept:
        assert before.to_next is not None
        motion = before.to_next
        first, second = as_float(before.frame), as_float(here.frame)
        flow = motion.forward if side else motion.backward
        if side:
            gap = moved(second, _whole(flow, here.frame)) - first
        else:
            gap = second - moved(first, _whole(flow, here.frame))
        mask = (motion.masks if side else motion.masks_backward)[MID]
        trust = resized(mask.astype(np.float32), gap.shape[:2])
        stands_out = max(1 - (usual / here.renewal) ** 2, 0.0)
        followed = _followed(gap, trust, _speed(flow, here.frame))
        here.kept[side] = np.asarray(gap * (np.float32(stands_out) * followed)[..., None])
    return here.kept[side]


def _followed(gap: FloatImage, trust: NDArray[np.float32], speed: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return where a difference (H, W, 3) is as small as the others of the frame, 0 to 1 (H, W)."""
    energy = gaussian(np.square(gap).mean(axis=-1), _WINDOW)
    known = energy[trust > 0.5]
    usual = float(np.median(known)) if known.size else 0.0
    still = np.exp(-np.square(speed / np.float32(_STILL)))
    tolerance = _TOLERANCE + (_STILL_TOLERANCE - _TOLERANCE) * still
    unlike = energy / np.maximum(2 * np.square(tolerance) * usual, 1e-9)
    return np.asarray(trust * np.exp(np.minimum(0.25 - unlike, 0)), np.float32)


def _speed(flow: NDArray[np.float16], frame: Frame) -> NDArray[np.float32]:
    """Return by how many pixels of its grid (h, w, 2) a flow moves the pixels of a frame (H, W)."""
    speed = np.hypot(*cv2.split(flow.astype(np.float32)))
    return resized(gaussian(speed, _WINDOW), (frame.shape[0], frame.shape[1]))


def _whole(flow: NDArray[np.float16], frame: Frame) -> FlowField:
    return rescaled_flow(flow.astype(np.float32), (frame.shape[0], frame.shape[1]))


def _added(frame: Frame, change: FloatImage) -> Frame:
    return as_deep_as(frame, np.asarray(as_float(frame) + change, np.float32))
