"""Motion from one frame of a window to the others, chained from neighbour to neighbour."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from framesmooth.flow import FlowField
from framesmooth.smoothers.pyramid import LevelMotion, Weight
from framesmooth.warp import backward_warp, inside_frame


@dataclass(frozen=True)
class Trajectory:
    """Where the centre frame's pixels are in the frame ``distance`` away, and where that can be trusted."""

    distance: int
    flow: FlowField
    trust: Weight


def trajectories(
    motions: Sequence[LevelMotion | None], centre: int, radius: int, size: tuple[int, int]
) -> dict[int, Trajectory]:
    """Return the trajectory from frame ``centre`` to the frames within ``radius``, by distance.

    ``motions[t]`` leads from frame t to t + 1; the grid has ``size`` (height, width). Adjacent flows are
    chained outwards; their masks multiply, so a pixel that was once lost stays lost.
    """
    ahead = motions[centre : centre + radius]
    behind = motions[max(centre - radius, 0) : centre][::-1]
    found = (*_chained(ahead, size, forward=True), *_chained(behind, size, forward=False))
    return {path.distance: path for path in found}


def _chained(
    motions: Iterable[LevelMotion | None], size: tuple[int, int], *, forward: bool
) -> Iterator[Trajectory]:
    flow: FlowField | None = None
    trust: Weight | None = None
    for index, motion in enumerate(motions, start=1):
        if motion is None:
            return
        here = motion.at(size)
        step_flow, step_trust = (
            (here.forward, here.trust) if forward else (here.backward, here.trust_backward)
        )
        if flow is None or trust is None:
            flow, trust = step_flow, step_trust
        else:
            # F02(x) = F01(x) + F12(x + F01(x)), and the trust of the second step in the same warp.
            moved = backward_warp(cv2.merge((*cv2.split(step_flow), step_trust)), flow)
            trust = np.asarray(trust * moved[..., 2] * inside_frame(flow), np.float32)
            flow = np.asarray(flow + moved[..., :2], np.float32)
        yield Trajectory(index if forward else -index, flow, trust)
