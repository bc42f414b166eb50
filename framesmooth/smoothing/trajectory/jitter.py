"""Jitter: small geometric displacements from frame to frame, separated from real motion."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, eight_bits
from framesmooth.motion.flow.base import FlowField, squared_length
from framesmooth.smoothing.trajectory.flow_chains import Trajectory
from framesmooth.smoothing.trajectory.pyramid import Weight, gaussian, multiplied

WHITE_CORRELATION: Final = -2 / 3
"""Lag-1 autocorrelation of the second difference of white noise: -4 / 6."""

STEADY_RADIUS: Final = 2
"""Frames to either side whose positions are averaged; at the ends of a shot as many on one side."""

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
# The same at the ends of a shot: motion that is uneven tilts a line that leans to one side.
_OVER_MEDIAN_AT_ENDS = 1.5
# From the first on, the median's energy may be that of flow that is lost, from the second on it is; on a mid
# grid so many pixels long. Wobble of a pixel, with all else doubled, has up to 2, bare floors have 2.5 to 8.
_MAY_BE_LOST, _LOST, _AT_LENGTH = 2.5, 4.5, 240
# A slope of fewer standard errors is none: it makes positions on one side as uncertain as the wobble itself.
_SIGNIFICANT = 2.0
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
        span: the distances of the frames that told it, 0 among them.
        presence: 0 to 1, how surely all of the frame wobbles, and not only a part of it moves unevenly.
        gate: 0 to 1, how far a pixel wobbles (h, w).
        own: where to sample the frame (h, w, 2), in pixels from the mid grid, to undo its local wobble.
        weave: the same (2,) for what its pixels have in common: film that weaves in its gate.
    """

    span: range
    presence: float
    gate: Weight
    own: FlowField
    weave: NDArray[np.float32]


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


def steady_span(distances: Collection[int]) -> range | None:
    """Return five neighbouring distances, 0 among them and as near to their middle as these allow.

    None where a shot is too short for it.
    """
    for shift in (0, 1, -1, 2, -2):
        span = range(shift - STEADY_RADIUS, shift + STEADY_RADIUS + 1)
        if all(k in distances for k in span if k):
            return span
    return None


def find_jitter(paths: Mapping[int, Trajectory], visible: Weight | None = None) -> Jitter | None:
    """Return the wobble of a frame by its trajectories; None in a shot of fewer than five frames.

    A point's position on the line through those around, less where it is now, is minus its wobble as far as
    its motion is even. Uneven motion is told apart by a = second difference of the position: white wobble
    alternates, with lag-1 autocorrelation rho = -2/3 along the trajectory, real acceleration does not; and
    wobble is everywhere, real motion that alternates is where something moves. The gate
    clip(-rho / (2/3), 0, 1) clip(16 median(a^2) / a^2, 0, 1) lets only wobble through. The frame's common
    motion (its median) is judged by itself, across its direction alone: film that weaves in its gate
    alternates, a pan with repeated frames does so along its way. Only what is ``visible`` (h, w) is judged.
    Where half of the frame alternates by more than a pixel or two, flow is lost, and nothing is undone.
    At the ends of a shot the line is less sure: less of the wobble is undone, and 1.5 takes the place of 16.
    """
    span = steady_span(paths)
    if span is None:
        return None
    trust = np.min([paths[k].trust for k in span if k], axis=0)
    if visible is not None:
        trust = trust * visible
    common = {k: common_motion(paths[k].flow, trust) for k in span if k}
    own = {k: less(paths[k].flow, motion) for k, motion in common.items()}
    positions = _positions(own, span)
    changes = _accelerations(positions)
    energy, everywhere = _energy(changes, trust)
    most = _OVER_MEDIAN if sum(span) == 0 else _OVER_MEDIAN_AT_ENDS
    followed = _followed(everywhere, max(trust.shape))
    gate = _alternation(changes, energy, most * everywhere) * trust * followed
    mean = float(gate.sum() / max(trust.sum(), 1.0))
    presence = float(np.clip((mean - _MAY_WOBBLE) / (_WOBBLES - _MAY_WOBBLE), 0, 1))
    sure = _sureness(span)
    gate = gaussian(gate, _GATE_EDGE) * sure
    weave = _weave(_positions(common, span), span, everywhere) * sure
    return Jitter(span, presence, gate, multiplied(_even_position(positions, span), -gate), -weave)


def _sureness(span: range) -> np.float32:
    """Return how surely a line through a span tells where the frame is: 1 in its middle, 1/2 at its ends.

    That is 1 less the weight of the frame's own position in it (its leverage), over the same in the middle.
    """
    distances = np.array(span)
    leverage = 1 / len(span) + distances.mean() ** 2 / np.square(distances - distances.mean()).sum()
    return np.float32((1 - leverage) / (1 - 1 / len(span)))


def _even_position(positions: Sequence[FlowField], span: range) -> FlowField:
    """Return where points would be now (h, w, 2) by the line through their ``positions`` in a span.

    Now is distance 0. The line is as steep as stands out of what the positions are off it.
    """
    middle = sum(span) / len(span)
    leans = np.array(span, np.float32) - np.float32(middle)
    mean = np.asarray(sum(positions) / np.float32(len(span)), np.float32)
    if not middle:
        return mean
    spread = leans @ leans
    slope = np.asarray(sum(lean * where for lean, where in zip(leans, positions, strict=True)) / spread)
    off = sum(
        squared_length(where - mean - lean * slope) for lean, where in zip(leans, positions, strict=True)
    )
    error = gaussian(np.asarray(off / (len(span) - 2) / spread, np.float32), _GATE_SIGMA)
    steepness = gaussian(squared_length(slope), _GATE_SIGMA) + np.float32(1e-9)
    share = np.maximum(1 - _SIGNIFICANT**2 * error / steepness, 0)
    return np.asarray(mean - multiplied(slope, np.asarray(middle * share, np.float32)), np.float32)


def common_motion(flow: FlowField, trust: Weight) -> NDArray[np.float32]:
    """Return the median (2,) of a flow where it is trusted; 0 where less than half of the frame is."""
    seen = trust[::_SPARSE, ::_SPARSE] > 0.5
    if 2 * np.count_nonzero(seen) < seen.size:
        return np.zeros(2, np.float32)
    return np.asarray(np.median(flow[::_SPARSE, ::_SPARSE][seen], axis=0), np.float32)


def less(flow: FlowField, motion: NDArray[np.float32]) -> FlowField:
    """Return a flow (h, w, 2) less a motion (2,) of all of the frame."""
    return np.asarray(cv2.subtract(flow, np.array([*motion, 0, 0], np.float64)), np.float32)


def _positions(moved: Mapping[int, NDArray[np.float32]], span: range) -> list[NDArray[np.float32]]:
    """Return the positions in the frames of a span, in order: 0 now."""
    now = np.zeros_like(next(iter(moved.values())))
    return [moved.get(k, now) for k in span]


def _weave(positions: Sequence[NDArray[np.float32]], span: range, own_energy: float) -> NDArray[np.float32]:
    """Return where a frame would be (2,) by its common motion, as far as that is white and not on its way.

    Film weaves as a whole: what points change by beside that (``own_energy``, the median) is less.
    """
    velocity = (positions[-1] - positions[0]) / (len(positions) - 1)
    before, here, after = _accelerations(positions)
    jitter = (before @ before + here @ here + after @ after) / 3 / 12  # the variance of a coordinate
    speed = velocity @ velocity + 1e-9
    along = np.outer(velocity, velocity) / speed * np.clip(2 * speed / (jitter + 1e-9) - 1, 0, 1)
    mean = sum(positions) / len(positions) - sum(span) / len(span) * velocity
    before, here, after, drift = (vector - along @ vector for vector in (before, here, after, mean))
    energy = (before @ before + here @ here + after @ after) / 3 + 1e-9
    rho = (before + after) @ here / 2 / energy
    gate = np.clip(rho / WHITE_CORRELATION, 0, 1) * np.maximum(1 - (_HELD_ENERGY + own_energy) / energy, 0)
    return np.asarray(gate * drift, np.float32)


def _accelerations(positions: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Return the second differences of positions in five frames: three."""
    steps = [later - earlier for earlier, later in pairwise(positions)]
    return [later - earlier for earlier, later in pairwise(steps)]


def _energy(changes: Sequence[FlowField], trust: Weight) -> tuple[Weight, float]:
    """Return the local mean square of accelerations (h, w), and its median where ``trust`` is above 0."""
    mean = np.asarray(sum(map(squared_length, changes)) / len(changes), np.float32)
    energy = gaussian(mean, _GATE_SIGMA) + np.float32(1e-6)
    seen = energy[::_SPARSE, ::_SPARSE][trust[::_SPARSE, ::_SPARSE] > 0]
    return energy, float(np.median(seen)) if seen.size else 0.0


def _followed(energy: float, length: int) -> np.float32:
    """Return 1 where a frame's median ``energy`` may be wobble's, falling to 0 where its flow is lost.

    ``length`` is the longer side of the grid: in larger frames things move by more pixels.
    """
    energy /= max(length / _AT_LENGTH, 1.0) ** 2
    return np.float32(np.clip((_LOST - energy) / (_LOST - _MAY_BE_LOST), 0, 1))


def _alternation(changes: Sequence[FlowField], energy: Weight, most: float) -> Weight:
    """Return the gate (h, w) in 0 to 1: how far the accelerations around a frame are wobble's.

    They are, where they alternate and their local ``energy`` (h, w) is at ``most`` so much.
    """
    before, here, after = changes
    along_x, along_y = (((before + after) * here)[..., axis] for axis in (0, 1))
    rho = gaussian(np.asarray((along_x + along_y) / 2, np.float32), _GATE_SIGMA) / energy
    above_noise = np.maximum(1 - _NOISE_ENERGY / energy, 0)
    no_motion = np.minimum(most / energy, 1)
    return np.asarray(np.clip(rho / WHITE_CORRELATION, 0, 1) * above_noise * no_motion, np.float32)
