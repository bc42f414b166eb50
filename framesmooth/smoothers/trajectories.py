"""Motion from one frame of a window to the others, chained from neighbour to neighbour."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framesmooth.cuts import Step
from framesmooth.flow import FlowField
from framesmooth.motion import PairMotion
from framesmooth.warp import backward_warp, inside_frame


@dataclass(frozen=True)
class Trajectory:
    """Where the centre frame's pixels are in the frame ``distance`` away, and where that can be trusted."""

    distance: int
    flow: FlowField
    trust: NDArray[np.float32]


def trajectories(window: Sequence[Step], centre: int) -> dict[int, Trajectory]:
    """Return the trajectory from ``window[centre]`` to every other frame of the window, by distance.

    Adjacent flows are chained outwards; their masks multiply, so a pixel that was once lost stays lost.
    """
    found = _chained((step.to_next for step in window[centre:-1]), forward=True)
    behind = _chained((step.to_next for step in reversed(window[:centre])), forward=False)
    return {path.distance: path for path in (*found, *behind)}


def _chained(motions: Iterator[PairMotion | None], *, forward: bool) -> Iterator[Trajectory]:
    flow: FlowField | None = None
    trust: NDArray[np.float32] | None = None
    for index, motion in enumerate(motions, start=1):
        if motion is None:
            return
        step_flow = motion.forward if forward else motion.backward
        step_trust = (motion.consistent if forward else motion.consistent_backward).astype(np.float32)
        if flow is None or trust is None:
            flow, trust = step_flow, step_trust
        else:
            # F02(x) = F01(x) + F12(x + F01(x)), and the trust of the second step in the same warp.
            moved = backward_warp(np.dstack([step_flow, step_trust]), flow)
            trust = trust * moved[..., 2] * inside_frame(flow)
            flow = flow + moved[..., :2]
        yield Trajectory(index if forward else -index, flow, trust)
