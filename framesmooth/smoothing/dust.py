"""Dust, dirt and hairs of film: specks that one frame shows are filled from the frames beside it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, in_levels
from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.occlusion import forward_backward_mask
from framesmooth.motion.shots import Step, shot_windows
from framesmooth.motion.warping import backward_warp, inside_frame
from framesmooth.smoothing.exposure import GridStep, grid_steps
from framesmooth.smoothing.motion_compensated import MotionSmoother
from framesmooth.smoothing.specks import (
    Image,
    confirmed,
    filled,
    find_specks,
    find_things,
    refilled,
    without_moving_things,
)
from framesmooth.smoothing.trajectory.flow_chains import Paths, trajectories
from framesmooth.smoothing.trajectory.pyramid import HALF, rescaled_flow
from framesmooth.smoothing.trajectory.registration import moved

NEAREST: Final = 2
"""Frames to either side that are looked at."""

# Levels of 255 that a speck differs at strength 1.
_FAINTEST: Final = 9.6
# Medians over five cells of so many pixels of the half grid: the motion of what is behind small things.
_CELL = 4
# Motion that differs by so many pixels of the half grid, over four cells, is that of things that hide others.
_SAME_LAYER: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class DustSmoother(MotionSmoother):
    """Takes dust, dirt and hairs off: what one frame shows and both frames beside it don't.

    Nothing else is touched: light, texture and wobble stay. ``strength`` says how faint a speck may be: 9.6
    levels of 255 beyond its surroundings at 1, 16 at 0.6, 96 at 0.1. What moves through three frames at an
    even pace, such as a ball, and what recurs at one place, such as a scratch, is left.
    """

    lowers_flicker = False
    reach = NEAREST + 1  # the frames that are looked at, and the last motion
    memory = NEAREST

    def _kept(self, stream: Iterable[Step]) -> Iterator[GridStep]:
        return grid_steps(stream)

    def _smoothed(self, stream: Iterable[GridStep]) -> Iterator[Frame]:
        for window, centre in shot_windows(stream, NEAREST):
            strength = self.strength_at(window[centre].index)
            yield _cleaned(window, centre, _FAINTEST / strength) if strength else window[centre].frame.copy()


def _cleaned(window: Sequence[GridStep], centre: int, threshold: float) -> Frame:
    """Return the frame at ``centre`` of its window without specks of ``threshold`` levels and more."""
    frame = window[centre].frame
    if len(window) == 1:
        return frame.copy()
    size, diagonal = frame.shape[:2], float(np.hypot(*frame.shape[:2]))
    paths, _ = trajectories([step.to_next and step.to_next[HALF] for step in window[:-1]], centre, NEAREST)
    nearest = {k: paths[k] for k in sorted(paths, key=abs)[:2]}
    specks = find_specks(
        frame,
        [moved(_levels(window[centre + k]), rescaled_flow(path.flow, size)) for k, path in nearest.items()],
        threshold=threshold,
        followed=_followed(window, centre, nearest),
    )
    if specks:
        behind = {
            k: backward_warp(
                _levels(window[centre + k]), rescaled_flow(_behind_small_things(path.flow), size)
            )
            for k, path in paths.items()
        }
        witnesses = [behind[k] for k in nearest]
        specks = refilled(confirmed(specks, frame, witnesses), frame, witnesses)
        others = {k: find_things(frame, image, threshold=threshold) for k, image in behind.items()}
        specks = without_moving_things(specks, others, diagonal)
    return filled(frame, specks)


def _levels(step: GridStep) -> Image:
    return np.asarray(in_levels(step.frame), np.float32)


def _followed(window: Sequence[GridStep], centre: int, nearest: Paths) -> NDArray[np.bool_] | None:
    """Return where the frame is surely seen by its witnesses (H, W); None where they are on both sides.

    At the ends of a shot what is seen once may be about to be hidden, or to leave the frame.
    """
    if min(nearest, default=0) * max(nearest, default=0) < 0 or len(nearest) < 2:
        return None
    step = 1 if min(nearest) > 0 else -1
    motion = window[min(centre, centre + step)].to_next
    assert motion is not None  # else there would be no path
    forward, backward = motion[HALF].forward, motion[HALF].backward
    there, back = (_behind_small_things(each.astype(np.float32)) for each in (forward, backward)[::step])
    square = np.ones((4 * _CELL + 1, 4 * _CELL + 1), np.uint8)
    layers = [cv2.dilate(axis, square) - cv2.erode(axis, square) for axis in cv2.split(there)]
    seen = forward_backward_mask(there, back) & (np.maximum(*layers) < _SAME_LAYER)
    for path in nearest.values():
        seen &= inside_frame(path.flow)
    size = window[centre].frame.shape[1::-1]
    return np.asarray(cv2.resize(seen.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0)


def _behind_small_things(flow: FlowField) -> FlowField:
    """Return the flow (h, w, 2) without that of small things: medians over 40 pixels of the frame."""
    height, width = flow.shape[:2]
    size = max(width // _CELL, 1), max(height // _CELL, 1)
    cells = (cv2.resize(flow[..., axis], size, interpolation=cv2.INTER_AREA) for axis in (0, 1))
    medians = [cv2.resize(cv2.medianBlur(cell, 5), (width, height)) for cell in cells]
    return np.asarray(np.stack(medians, axis=-1), np.float32)
