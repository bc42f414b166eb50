"""Joint registration of the frames of a window when all of them jitter."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.motion.flow.base import FlowField, squared_length
from framesmooth.motion.warping import backward_warp
from framesmooth.smoothing.trajectory.flow_chains import Paths
from framesmooth.smoothing.trajectory.jitter import Jitter, common_motion, less
from framesmooth.smoothing.trajectory.pyramid import (
    Band,
    Weight,
    divided,
    gaussian,
    multiplied,
    rescaled_flow,
)

# Frames to either side through whose positions a line is laid.
_EVEN_RADIUS: Final = 3
# What is further off the line (mean square, in pixels of the grid, over a Gaussian of this sigma) moves
# unevenly or was not followed.
_WOBBLE_ENERGY, _OFF_SIGMA = 0.16, 2.0
# Pixels of the mid band over which a displacement is found (Gaussian sigma), and the largest believed.
_PATCH_SIGMA, _LARGEST_STEP = 3.0, 0.7
# Slopes (of the mid band, in [-1, 1] a pixel) with less energy than this tell nothing: noise has as much.
_SLOPE_ENERGY = (2 / 255) ** 2


def steadied(
    paths: Sequence[Paths], wobble: Jitter, share: float, bands: Mapping[int, Band]
) -> tuple[list[Paths], FlowField]:
    """Return trajectories from the steadied grid, and where to sample the frame itself (h, w, 2) for it.

    ``paths`` are those of the fine, mid and low band, ``bands`` the mid bands of the frame (0) and of those
    around it by their distance, and ``share`` (0 to 1) of the wobble is undone. Where all of the frame
    wobbles, its trajectories are evened out and lead from the steadied grid as they are; else they are those
    of the points that come to lie there.
    """
    fine, mid, low = paths
    even = share * wobble.presence
    own = np.float32(share) * wobble.own
    mid, low = evened(mid, even), evened(low, even)
    if even and wobble.gate.any():
        flows = {k: mid[k].flow if k else own for k in bands}
        trusts = {k: mid[k].trust if k else np.ones_like(wobble.gate) for k in bands}
        steps = steps_onto_mean({k: moved(bands[k], flow) for k, flow in flows.items()}, trusts)
        steps = {k: multiplied(step, np.float32(even) * wobble.gate) for k, step in steps.items()}
        own = own + steps.pop(0)
        mid = mid | {k: replace(mid[k], flow=mid[k].flow + step) for k, step in steps.items()}
    weave = np.float32(share) * wobble.weave
    rest = np.asarray((1 - even) * own + weave, np.float32)
    mid, low = _followed(mid, rest), _followed(low, rest)
    fine = {k: replace(path, flow=mid[k].flow) for k, path in fine.items()}
    return [fine, mid, low], np.asarray(own + weave, np.float32)


def evened(paths: Paths, share: float) -> Paths:
    """Return the trajectories with ``share`` (0 to 1) of their unevenness taken out.

    Positions of a point in the frames up to three away are replaced by those of a line through them, less its
    own position on it: the wobble of one frame, and what its flicker makes of the flow, are in no other. What
    the frame has in common (its median) stays as it is, and so does what cannot be followed through the
    window or is too far off the line to wobble.
    """
    near = {k: paths[k] for k in sorted(paths) if abs(k) <= _EVEN_RADIUS}
    if not near or not share:
        return paths
    common = {k: common_motion(path.flow, path.trust) for k, path in near.items()}
    distances = np.array([0, *near], np.float32)
    leans = distances - distances.mean()
    leans /= leans @ distances
    own = {k: less(path.flow, common[k]) for k, path in near.items()}
    slope = sum(lean * each for lean, each in zip(leans[1:], own.values(), strict=True))
    change = {k: np.asarray(np.float32(k) * slope - each, np.float32) for k, each in own.items()}
    off = np.asarray(sum(map(squared_length, change.values())) / len(change), np.float32)
    weight = np.float32(share) * np.min([path.trust for path in near.values()], axis=0)
    weight *= np.minimum(_WOBBLE_ENERGY / (gaussian(off, _OFF_SIGMA) + 1e-6), 1)
    return paths | {
        k: replace(near[k], flow=near[k].flow + multiplied(each, weight)) for k, each in change.items()
    }


def steps_onto_mean(pictures: Mapping[int, Band], trusts: Mapping[int, Weight]) -> dict[int, FlowField]:
    """Return how much further to sample each of the pictures, so that it lies on the mean of them all.

    One step of Lucas and Kanade (1981) for each, along the slopes of the mean: it has less noise than any of
    them. ``pictures`` are mid bands (h, w, 3) that lie on each other but for parts of a pixel, ``trusts``
    (h, w) what they count for.
    """
    grey = {k: np.asarray(cv2.cvtColor(band, cv2.COLOR_RGB2GRAY), np.float32) for k, band in pictures.items()}
    mean = sum(grey[k] * trusts[k] for k in grey) / np.maximum(sum(trusts[k] for k in grey), 1e-6)
    slopes = [np.asarray(cv2.Sobel(mean, cv2.CV_32F, *axis, scale=1 / 8)) for axis in ((1, 0), (0, 1))]
    xx, xy, yy = (
        gaussian(slopes[i] * slopes[j], _PATCH_SIGMA) + np.float32(_SLOPE_ENERGY * (i == j))
        for i, j in ((0, 0), (0, 1), (1, 1))
    )
    determinant = xx * yy - xy * xy

    def step(picture: NDArray[np.float32]) -> FlowField:
        x, y = (gaussian(slope * (mean - picture), _PATCH_SIGMA) for slope in slopes)
        both = np.asarray(cv2.merge((yy * x - xy * y, xx * y - xy * x)), np.float32)
        found = divided(both, determinant)
        return np.asarray(np.clip(found, -_LARGEST_STEP, _LARGEST_STEP), np.float32)

    return {k: step(picture) for k, picture in grey.items()}


def moved(band: Band, flow: FlowField) -> Band:
    """Sample a band by cubic interpolation: linear would take a part of the detail at every neighbour."""
    return np.asarray(backward_warp(band, flow, interpolation=cv2.INTER_CUBIC), np.float32)


def _followed(paths: Paths, shift: FlowField) -> Paths:
    """Return the trajectories seen from a grid moved by s: s(x) + F(x + s(x))."""
    if not paths or not shift.any():
        return paths
    shift = rescaled_flow(shift, next(iter(paths.values())).flow.shape[:2])
    return {
        k: replace(path, flow=np.asarray(shift + backward_warp(path.flow, shift), np.float32))
        for k, path in paths.items()
    }
