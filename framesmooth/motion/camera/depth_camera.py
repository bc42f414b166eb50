"""A camera over images with depth: what is near moves more than what is far.

Every pixel is a point in space, at its depth along the ray of the camera's lens. Moves are those of
``Camera``, in space: a pan moves the camera sideways, an approach forwards, by what they would do at depth 1;
zoom, roll and turns move all depths alike. At depth 1 everywhere a move gives the homography of ``Camera``.

The motion is known where an image is moved from; where it is moved to, it is found by splatting it there,
the nearer point winning (as Niklaus and Liu 2020, "Softmax Splatting", with a power of depth). What comes
into sight behind something moves as what is far beside it, and is told to be unseen.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_float
from framesmooth.motion.camera.homography import (
    FAR,
    FEATHER,
    Camera,
    grid_of,
    reflected,
    rotation,
)
from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.flow_completion import fill_holes
from framesmooth.motion.warping import backward_warp, splat

Depth = NDArray[np.float32]
"""Distance of every pixel along the camera's axis (H, W), above 0; 1 is where the plane would be."""

_HELD: Final = 4
_LEAST: Final = 1e-6
_FRONT: Final = 16
_LANDED: Final = 0.05
_HIDDEN: Final = 1.1
"""Behind something nearer by this factor, a point is hidden."""
_OUTSIDE: Final = 1e5
"""Pixels: outside of any image."""
_SOFTNESS: Final = 1.5


@dataclass(frozen=True)
class _Moved:
    """Where an image's points are at another time.

    Attributes:
        target: in pixels, (H, W, 2), on the image's grid.
        depth: there, (H, W), on the image's grid.
        back: flow (H, W, 2) to the image, on the other time's grid.
        nearest: depth (H, W) of what is seen, on that grid.
        revealed: (H, W), where nothing of the image is seen, on that grid.
    """

    target: NDArray[np.float64]
    depth: Depth
    back: FlowField
    nearest: Depth
    revealed: NDArray[np.bool_]


class DepthCamera(Camera):
    """A camera over images with the depth that ``depth`` estimates; else like ``Camera``."""

    def __init__(
        self,
        values: Mapping[str, Sequence[float]],
        size: tuple[int, int],
        depth: Callable[[Frame], Depth],
    ) -> None:
        super().__init__(values, size)
        self._depth = depth
        self._held: dict[str, Depth] = {}

    def in_space(self, start: int, end: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (A, b), (3, 3) and (3,): point X of frame ``start`` is A X + b in ``end``, up to scale.

        Points are (x, y, z), in the units of the first one's depth, x and y in focal lengths times z.
        """
        matrix, offset, unit = np.eye(3), np.zeros(3), 1.0
        for frame in range(min(start, end) + 1, max(start, end) + 1):
            value = self.value(frame)
            pan = np.array([value["pan_x"], value["pan_y"], 0.0]) / self.focal
            flat = rotation(2, -value["roll"]) * np.array([[value["zoom"]], [value["zoom"]], [1.0]])
            nearer = np.array([0.0, 0.0, value["translate_z"] / 100])
            looked = rotation(0, -value["rotate_3d_x"]) @ rotation(1, -value["rotate_3d_y"])
            offset = looked @ (flat @ (offset + unit * pan) - unit * nearer)
            matrix = looked @ flat @ matrix
            unit *= 1 - value["translate_z"] / 100
        if start <= end:
            return matrix, offset
        inverse = np.linalg.inv(matrix)
        return np.asarray(unit * inverse, np.float64), np.asarray(-inverse @ offset, np.float64)

    def view(
        self, image: Frame, time: int, at: int, *, feather: float = FEATHER
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the image (H, W, 3) uint8 of frame ``at`` as seen at ``time``, float32 in 0 to 1.

        What it doesn't show is its mirror image, or what is far beside it. The second array (H, W) says how
        surely it is seen: 0 there and at its border, 1 well inside.
        """
        if time == at:
            return super().view(image, time, at, feather=feather)
        moved = self._moved(image, at, time)
        flow = reflected(moved.back)[0]
        warped = backward_warp(as_float(image), flow, interpolation=cv2.INTER_CUBIC)
        seen = 1 - cv2.GaussianBlur(moved.revealed.astype(np.float32), (0, 0), _SOFTNESS)
        sight = self.inside(moved.back, feather=feather) * np.where(moved.revealed, 0, seen)
        return np.asarray(np.clip(warped, 0, 1), np.float32), np.asarray(sight, np.float32)

    def carried(self, values: NDArray[np.float32], image: Frame, time: int, at: int) -> NDArray[np.float32]:
        """Return values (H, W) of frame ``at``, which is ``image``, as they lie at ``time``."""
        if time == at:
            return values
        return backward_warp(values, reflected(self._moved(image, at, time).back)[0])

    def mover(
        self, image: Frame, start: int, end: int, factor: float
    ) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
        """Return where points (..., 2) of frame ``start``, which is ``image``, go until frame ``end``.

        Points that something nearer hides go infinitely far.
        """
        moved = self._moved(image, start, end)
        flow = np.asarray(moved.target - grid_of(self.size), np.float32)
        before = np.asarray(cv2.remap(moved.nearest, *_maps(moved.target), cv2.INTER_NEAREST), np.float32)
        hidden = moved.depth > _HIDDEN * np.maximum(before, _LEAST)
        inside = self.inside(flow, feather=0) > 0
        return partial(_carry, flow, (hidden & inside).astype(np.float32), factor)

    def _moved(self, image: Frame, start: int, end: int) -> _Moved:
        depth = self._depth_of(image)
        matrix, offset = self.in_space(start, end)
        centre, focal = (np.array(self.size[::-1]) - 1) / 2, self.focal
        rays = np.dstack([(grid_of(self.size) - centre) / focal, np.ones(self.size)])
        points = (rays * depth[..., None]) @ matrix.T + offset
        distance = np.maximum(points[..., 2:], _LEAST)
        target = np.clip(points[..., :2] / distance * focal + centre, -FAR, FAR)
        target = np.where(points[..., 2:] > _LEAST, target, -FAR)
        return self._seen_from(target, np.asarray(distance[..., 0], np.float32))

    def _seen_from(self, target: NDArray[np.float64], distance: Depth) -> _Moved:
        flow = np.asarray(target - grid_of(self.size), np.float32)
        front = np.asarray((distance.min() / distance) ** _FRONT + 1e-6, np.float32)
        values = np.dstack([-flow, distance])
        found, _ = splat(values, flow, front)
        _, landed = splat(np.ones((*self.size, 1), np.float32), flow, np.ones(self.size, np.float32))
        empty = landed < _LANDED
        share = np.clip(found[..., 2] / distance.max(), 0, 1) ** _FRONT
        far = np.where(empty, 0, _LANDED * np.maximum(share, 1e-3)).astype(np.float32)
        filled = fill_holes(np.ascontiguousarray(found[..., :2]), far)
        back = np.where(empty[..., None], filled, found[..., :2]).astype(np.float32)
        nearest = np.where(landed > 0, found[..., 2], np.inf).astype(np.float32)
        return _Moved(target, distance, back, nearest, empty)

    def _depth_of(self, image: Frame) -> Depth:
        name = hashlib.sha256(image.tobytes()).hexdigest()
        if name not in self._held:
            self._held[name] = self._depth(image)
            if len(self._held) > _HELD:
                del self._held[next(iter(self._held))]
        return self._held[name]


def _maps(points: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    x, y = np.moveaxis(np.clip(points, -_OUTSIDE, _OUTSIDE).astype(np.float32), -1, 0)
    return np.ascontiguousarray(x), np.ascontiguousarray(y)


def _carry(
    flow: FlowField, hidden: NDArray[np.float32], factor: float, points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return where ``points`` (..., 2) go along a flow on a grid of 1 / ``factor`` times as many pixels."""
    pixels = (points + 0.5) / factor - 0.5
    maps = _maps(pixels)
    border = cv2.BORDER_REPLICATE
    moved = [
        cv2.remap(np.ascontiguousarray(flow[..., axis]), *maps, cv2.INTER_LINEAR, borderMode=border)
        for axis in (0, 1)
    ]
    lost = cv2.remap(hidden, *maps, cv2.INTER_LINEAR, borderMode=border) > 0.5
    target = (pixels + np.stack(moved, axis=-1) + 0.5) * factor - 0.5
    return np.where(lost[..., None], -FAR, target)
