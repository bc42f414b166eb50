"""Jitter: small geometric displacements from frame to frame, separated from real motion."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, eight_bits
from framesmooth.motion.flow.base import FlowField
from framesmooth.smoothing.trajectory.flow_chains import Trajectory
from framesmooth.smoothing.trajectory.pyramid import Weight, gaussian, multiplied

WHITE_CORRELATION: Final = -2 / 3
"""Lag-1 autocorrelation of the second difference of white noise: -4 / 6."""

STEADY_RADIUS: Final = 2
"""Frames to either side whose positions are averaged."""

# In pixels of the mid band: over which the autocorrelation is estimated (Gaussian sigma), and over which
# the gate is softened.
_GATE_SIGMA, _GATE_EDGE = 4.0, 1.0
# Second differences below this many pixels squared are errors of the flow, which alternate just as much.
_NOISE_ENERGY = 0.02
# Those of the whole frame below this are a hand that holds the camera; the gate of a film projector is worse.
_HELD_ENERGY = 0.2
# Wobble is all over the frame. What alternates so many times as strongly as the frame's median moves: a
# runner, or anything between repeated frames.
_OVER_MEDIAN = 16.0
# Mean of the gate from which on a frame as a whole may wobble, and from which on it does. Of seven real shots
# wobble of half a pixel has 0.5 to 0.7, without it most have less than 0.2.
_MAY_WOBBLE, _WOBBLES = 0.25, 0.4
# Levels of 255 a pixel, and over how many pixels (Gaussian sigma): flatter places don't tell how they move.
_LEAST_SLOPE, _OUTLINE_SIGMA = 0.25, 3.0
# Medians over a frame are taken from every so many-th pixel and row.
_SPARSE = 4


@dataclass(frozen=True)
class Jitter:
    """The wobble of a frame.

    Attributes:
        presence: 0 to 1, how surely all of the frame wobbles, and not only a part of it moves unevenly.
        gate: 0 to 1, how far a pixel wobbles (h, w).
        own: where to sample the frame (h, w, 2), in pixels from the mid grid, to undo its local wobble.
        weave: the same (2,) for what its pixels have in common: film that weaves in its gate.
    """

    presence: float
    gate: Weight
    own: FlowField
    weave: NDArray[np.float32]

    @property
    def presence_only(self) -> "Jitter":
        """The presence alone, which also holds for other frames of the shot."""
        return Jitter(self.presence, 0 * self.gate, 0 * self.own, 0 * self.weave)


def visible_motion(frame: Frame, size: tuple[int, int]) -> Weight:
    """Return 1 where a frame (H, W, 3) has outlines that tell where it moves, 0 where it is flat.

    On a grid of ``size`` (h, w). A flow over a flat surface is filled in from around it: a thing that passes
    seems to drag it along.
    """
    grey = np.asarray(cv2.cvtColor(eight_bits(frame), cv2.COLOR_RGB2GRAY), np.float32)
    grey = np.asarray(cv2.resize(grey, size[::-1], interpolation=cv2.INTER_AREA), np.float32)
    slopes = [cv2.Sobel(grey, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1))]
    energy = gaussian(np.asarray(sum(np.square(slope) for slope in slopes), np.float32), _OUTLINE_SIGMA)
    return np.asarray(energy > _LEAST_SLOPE**2, np.float32)


def find_jitter(paths: Mapping[int, Trajectory], visible: Weight | None = None) -> Jitter | None:
    """Return the wobble of the frame in the middle of a window; None where that is cut off on either side.

    A point's position averaged over the window, less where it is now, is minus its wobble as far as its
    motion is even. Uneven motion is told apart by a = second difference of the position: white wobble
    alternates, with lag-1 autocorrelation rho = -2/3 along the trajectory, real acceleration does not; and
    wobble is everywhere, real motion that alternates is where something moves. The gate
    clip(-rho / (2/3), 0, 1) clip(16 median(a^2) / a^2, 0, 1) lets only wobble through. The frame's common
    motion (its median) is judged by itself, across its direction alone: film that weaves in its gate
    alternates, a pan with repeated frames does so along its way. Only what is ``visible`` (h, w) is judged.
    """
    span = _span(paths)
    if span is None:
        return None
    near = {k: path for k, path in paths.items() if k in span or (0 not in span[1:-1] and abs(k) <= END_RADIUS)}
    trust = np.min([path.trust for k, path in paths.items() if k in span], axis=0)
    if visible is not None:
        trust = trust * visible
    common = {k: common_motion(path.flow, trust) for k, path in near.items()}
    own = {k: less(path.flow, common[k]) for k, path in near.items()}
    positions = [own.get(k, 0 * own[span[0] or span[1]]) for k in span]
    alternation, presence = _alternation(positions, trust)
    gate = alternation * trust
    drift = even_position(own)
    gate = gaussian(gate, _GATE_EDGE)
    return Jitter(presence, gate, multiplied(np.asarray(drift, np.float32), -gate), -_weave(common, span))


def _span(paths: Mapping[int, Trajectory]) -> list[int] | None:
    """Return five neighbouring distances with 0 among them, as near to its middle as they are there."""
    whole = 2 * STEADY_RADIUS
    for off in (0, 1, -1, 2, -2):
        span = list(range(off - STEADY_RADIUS, off + STEADY_RADIUS + 1))
        if all(k in paths or not k for k in span):
            return span
    return None


END_RADIUS = 4


def even_position(own: Mapping[int, FlowField]) -> FlowField:
    """Return where a point would be now (h, w, 2) by the line through its positions, 0 now."""
    distances = np.array([0, *own], np.float32)
    mean = np.sum(list(own.values()), axis=0) / len(distances)
    middle = distances.mean()
    if not middle:
        return np.asarray(mean, np.float32)
    leans = distances - middle
    spread = float(leans @ leans)
    slope = sum(lean * each for lean, each in zip(leans[1:] / spread, own.values(), strict=True))
    left = squared(mean + leans[0] * slope) + sum(
        squared(each - mean - lean * slope) for lean, each in zip(leans[1:], own.values(), strict=True)
    )
    error = gaussian(np.asarray(left / (len(distances) - 2) / spread, np.float32), _SLOPE_SIGMA)
    steep = gaussian(np.asarray(squared(slope), np.float32), _SLOPE_SIGMA) + 1e-9
    share = np.maximum(1 - _SLOPE_ERRORS * error / steep, 0)
    return np.asarray(mean - middle * multiplied(np.asarray(slope, np.float32), np.asarray(share, np.float32)), np.float32)


_SLOPE_SIGMA, _SLOPE_ERRORS = 4.0, 4.0


def squared(flow):
    return flow[..., 0] ** 2 + flow[..., 1] ** 2


def common_motion(flow: FlowField, trust: Weight) -> NDArray[np.float32]:
    """Return the median (2,) of a flow where it is trusted; 0 where less than half of the frame is."""
    seen = trust[::_SPARSE, ::_SPARSE] > 0.5
    if 2 * np.count_nonzero(seen) < seen.size:
        return np.zeros(2, np.float32)
    return np.asarray(np.median(flow[::_SPARSE, ::_SPARSE][seen], axis=0), np.float32)


def less(flow: FlowField, motion: NDArray[np.float32]) -> FlowField:
    """Return a flow (h, w, 2) less a motion (2,) of all of the frame."""
    return np.asarray(cv2.subtract(flow, np.array([*motion, 0, 0], np.float64)), np.float32)


def _weave(common: Mapping[int, NDArray[np.float32]], span) -> NDArray[np.float32]:
    """Return the mean (2,) of a frame's common motion, as far as that is white and not on its way."""
    positions = [common.get(k, np.zeros(2, np.float32)) for k in span]
    velocity = (positions[-1] - positions[0]) / (2 * STEADY_RADIUS)
    before, here, after = np.diff(positions, 2, axis=0)
    jitter = (before @ before + here @ here + after @ after) / 3 / 12  # the variance of a coordinate
    speed = velocity @ velocity + 1e-9
    along = np.outer(velocity, velocity) / speed * np.clip(2 * speed / (jitter + 1e-9) - 1, 0, 1)
    middle = sum(span) / len(span)
    mean = sum(positions) / len(positions) - middle * velocity
    before, here, after, drift = (vector - along @ vector for vector in (before, here, after, mean))
    energy = (before @ before + here @ here + after @ after) / 3 + 1e-9
    rho = (before + after) @ here / 2 / energy
    gate = np.clip(rho / WHITE_CORRELATION, 0, 1) * np.maximum(1 - _HELD_ENERGY / energy, 0)
    return np.asarray(gate * drift, np.float32)


def _alternation(positions, trust: Weight) -> NDArray[np.float32]:
    """Return the gate (H, W) in 0 to 1: how far the accelerations around the centre frame are wobble's."""
    before, here, after = (
        one - 2 * two + three for one, two, three in zip(positions, positions[1:], positions[2:])
    )
    along_x, along_y = (((before + after) * here)[..., axis] for axis in (0, 1))
    product = np.asarray((along_x + along_y) / 2, np.float32)
    squares = np.square(before) + np.square(here) + np.square(after)
    energy = (squares[..., 0] + squares[..., 1]) / 3
    energy = gaussian(energy, _GATE_SIGMA) + 1e-6
    rho = gaussian(product, _GATE_SIGMA) / energy
    seen = energy[::_SPARSE, ::_SPARSE][trust[::_SPARSE, ::_SPARSE] > 0]
    everywhere = np.median(seen) if seen.size else 0.0
    above_noise = np.maximum(1 - _NOISE_ENERGY / energy, 0)
    sure = np.clip(rho / WHITE_CORRELATION, 0, 1) * above_noise * np.minimum(_OVER_MEDIAN * everywhere / energy, 1)
    mean = float((sure * trust).sum() / max(trust.sum(), 1.0))
    presence = float(np.clip((mean - _MAY_WOBBLE) / (_WOBBLES - _MAY_WOBBLE), 0, 1))
    all_over = (rho < 0) * above_noise * np.minimum(_OVER_WOBBLE * everywhere / energy, 1)
    return np.asarray(sure + presence * (all_over - sure), np.float32), presence


_OVER_WOBBLE = 4.0
