"""A camera that moves over a picture: motion that is known, and needs no estimating.

From one frame to the next the picture is shifted, turned and enlarged about its centre, as in Deforum's 2D
animation, and then seen in perspective: the camera approaches it and turns to other sides, while the picture
is a plane that faced it. All of this is a homography: the 3 x 3 matrix that takes a point (x, y, 1) of one
frame to where it is in another. Points are in pixels; the centre of the first pixel is (0, 0).
"""

import math
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from framesmooth.errors import UsageError
from framesmooth.flow import FlowField
from framesmooth.schedule import Schedule
from framesmooth.warp import Mask

Homography = NDArray[np.float64]

FIELD_OF_VIEW: Final = 40.0
"""Degrees that the longer side of the picture fills."""

_ROUNDING: Final = 1e-4  # pixels
_LEAST_ZOOM: Final = 0.1
_MOST_ZOOM: Final = 10.0


@dataclass(frozen=True, kw_only=True)
class Moves:
    """How the camera moves, as schedules in text: per frame, from the frame before to this one."""

    zoom: str = "1"
    """Factor by which the picture grows."""
    pan_x: str = "0"
    """Pixels that the picture moves to the right."""
    pan_y: str = "0"
    """Pixels that the picture moves down."""
    roll: str = "0"
    """Degrees that the picture turns counter-clockwise."""
    translate_z: str = "0"
    """Percent of the way to the picture that the camera approaches it."""
    rotate_3d_x: str = "0"
    """Degrees that the camera turns upwards."""
    rotate_3d_y: str = "0"
    """Degrees that the camera turns to the right."""

    def schedules(self, num_frames: int, fps: Fraction, seed: int = 0) -> dict[str, Schedule]:
        """Return the schedules by name.

        Raises:
            UsageError: one that cannot be read; the message names its option.
        """
        found = {}
        for field in fields(self):
            try:
                found[field.name] = Schedule.parse(getattr(self, field.name), num_frames, fps, seed=seed)
            except UsageError as error:
                raise UsageError(f"--{field.name.replace('_', '-')}: {error}") from error
        return found


class Camera:
    """A camera over a clip of frames of ``size`` (height, width); see ``Moves`` for what moves it how."""

    def __init__(
        self, moves: Moves, num_frames: int, fps: Fraction, size: tuple[int, int], *, seed: int = 0
    ) -> None:
        self.size = size
        self._values = {
            name: schedule.values(num_frames)
            for name, schedule in moves.schedules(num_frames, fps, seed).items()
        }
        for frame, zoom in enumerate(self._values["zoom"]):
            if not _LEAST_ZOOM <= zoom <= _MOST_ZOOM:
                raise UsageError(
                    f"--zoom: {zoom:g} at frame {frame} is outside {_LEAST_ZOOM:g} to {_MOST_ZOOM:g}: "
                    "it is the factor from one frame to the next, 1 is none"
                )
        for frame, share in enumerate(self._values["translate_z"]):
            if share >= 100 * (1 - 1 / _MOST_ZOOM):
                raise UsageError(
                    f"--translate-z: {share:g} at frame {frame}: at 100 the camera hits the picture"
                )
        self._step = lru_cache(maxsize=None)(self._find_step)

    @property
    def moves(self) -> bool:
        """Whether the picture moves at all."""
        return any(not np.allclose(self._step(frame), np.eye(3)) for frame in range(1, self._num_frames))

    @property
    def _num_frames(self) -> int:
        return len(self._values["zoom"])

    def between(self, start: int, end: int) -> Homography:
        """Return where the points of frame ``start`` are in frame ``end``; either may be the later one."""
        if start > end:
            return np.asarray(np.linalg.inv(self.between(end, start)), np.float64)
        matrix: Homography = np.eye(3)
        for frame in range(start + 1, end + 1):
            matrix = self._step(frame) @ matrix
        return np.asarray(matrix / matrix[2, 2], np.float64)

    def flow(self, start: int, end: int) -> FlowField:
        """Return the motion from frame ``start`` to ``end``, (H, W, 2) in pixels on the grid of ``start``."""
        return homography_flow(self.between(start, end), self.size)

    def _find_step(self, frame: int) -> Homography:
        value = {name: values[frame] for name, values in self._values.items()}
        height, width = self.size
        to_centre = _shift(-(width - 1) / 2, -(height - 1) / 2)
        turned = _rotation(2, -value["roll"]) * np.array([[value["zoom"]], [value["zoom"]], [1.0]])
        flat = turned @ _shift(value["pan_x"], value["pan_y"])
        focal = max(self.size) / 2 / math.tan(math.radians(FIELD_OF_VIEW / 2))
        lens = np.diag([focal, focal, 1.0])
        looked = _rotation(0, -value["rotate_3d_x"]) @ _rotation(1, -value["rotate_3d_y"])
        nearer = np.diag([1.0, 1.0, 1 - value["translate_z"] / 100])
        matrix = np.linalg.inv(to_centre) @ lens @ looked @ nearer @ np.linalg.inv(lens) @ flat @ to_centre
        return np.asarray(matrix, np.float64)


def transform(matrix: Homography, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where ``matrix`` takes points (..., 2); infinitely far where it takes them behind the camera."""
    x, y, depth = np.moveaxis(points @ matrix[:, :2].T + matrix[:, 2], -1, 0)
    ahead = np.where(depth > 1e-6, depth, np.nan)
    return np.asarray(np.nan_to_num(np.stack([x / ahead, y / ahead], axis=-1), nan=1e9), np.float64)


def scaled(matrix: Homography, factor: float) -> Homography:
    """Return the homography on a grid with ``factor`` times as many pixels per side."""
    grid = np.array([[factor, 0, (factor - 1) / 2], [0, factor, (factor - 1) / 2], [0, 0, 1.0]])
    return np.asarray(grid @ matrix @ np.linalg.inv(grid), np.float64)


def homography_flow(matrix: Homography, size: tuple[int, int]) -> FlowField:
    """Return the flow (H, W, 2) float32 of a homography, in pixels, on the grid that it leads from."""
    grid = _grid(size)
    return np.asarray(transform(matrix, grid) - grid, np.float32)


def reflected(flow: FlowField) -> tuple[FlowField, Mask]:
    """Fold the targets of a flow that lie outside the frame back into it, as in a mirror at the border.

    Returns the flow (H, W, 2) and a mask (H, W), True where the target was inside anyway.
    """
    size = flow.shape[:2]
    grid = _grid((size[0], size[1]))
    target = grid + flow
    folded = np.empty_like(target)
    inside = np.ones(size, np.bool_)
    for axis, last in ((0, size[1] - 1), (1, size[0] - 1)):
        inside &= (target[..., axis] > -_ROUNDING) & (target[..., axis] < last + _ROUNDING)
        period = max(2 * last, 1)
        place = np.mod(target[..., axis], period)
        folded[..., axis] = np.minimum(place, period - place) if last else 0
    return np.asarray(folded - grid, np.float32), inside


def _grid(size: tuple[int, int]) -> NDArray[np.float64]:
    height, width = size
    return np.stack(
        np.meshgrid(np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64)), axis=-1
    )


def _shift(x: float, y: float) -> Homography:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def _rotation(axis: int, degrees: float) -> Homography:
    """Return the right-handed rotation about one axis; x is to the right, y down, z away from the camera."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix: Homography = np.eye(3)
    matrix[first, first] = matrix[second, second] = cosine
    matrix[first, second], matrix[second, first] = -sine, sine
    return matrix
