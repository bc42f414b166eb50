"""Motion from one frame of a window to the others, chained from neighbour to neighbour."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.warping import backward_warp, inside_frame
from framesmooth.smoothing.trajectory.pyramid import LevelMotion, Weight, as_single


@dataclass(frozen=True)
class Trajectory:
    """Where the centre frame's pixels are in the frame ``distance`` away, and how far that can be trusted."""

    distance: int
    flow: FlowField
    trust: Weight


Paths = dict[int, Trajectory]
"""The trajectories of one band by their distance in frames."""


def trajectories(motions: Sequence[LevelMotion | None], centre: int, radius: int) -> tuple[Paths, ...]:
    """Return the trajectories from frame ``centre`` to the frames within ``radius``, by band of the grid.

    ``motions[t]`` leads from frame t to t + 1. Adjacent flows are chained outwards; their masks multiply, so
    a pixel that was once lost stays lost. The bands differ in their trust and share the flow.
    """
    ahead = motions[centre : centre + radius]
    behind = motions[max(centre - radius, 0) : centre][::-1]
    found = (*_chained(ahead, forward=True), *_chained(behind, forward=False))
    return tuple({path.distance: path for path in paths} for paths in zip(*found, strict=True))


def _chained(motions: Iterable[LevelMotion | None], *, forward: bool) -> Iterator[tuple[Trajectory, ...]]:
    flow: FlowField | None = None
    trusts: tuple[Weight, ...] = ()
    for index, motion in enumerate(motions, start=1):
        if motion is None:
            return
        step_flow = as_single(motion.forward if forward else motion.backward)
        masks = motion.masks if forward else motion.masks_backward
        step_trusts = tuple(mask.astype(np.float32) for mask in masks)
        if flow is None:
            flow, trusts = step_flow, step_trusts
        else:
            # F02(x) = F01(x) + F12(x + F01(x)), and the trusts of the second step in the same warp.
            moved = backward_warp(cv2.merge((*cv2.split(step_flow), *step_trusts)), flow)
            inside = inside_frame(flow)
            trusts = tuple(trust * moved[..., 2 + band] * inside for band, trust in enumerate(trusts))
            flow = np.asarray(flow + moved[..., :2], np.float32)
        yield tuple(Trajectory(index if forward else -index, flow, trust) for trust in trusts)
