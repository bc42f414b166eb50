"""Planar camera motion: homographies that are known, and need no estimating.

From one frame to the next the image is shifted, turned and enlarged about its centre, as in Deforum's 2D
animation, and then seen in perspective: the camera approaches it and turns to other sides, while the image
is a plane that faced it. All of this is a homography: the 3 x 3 matrix that takes a point (x, y, 1) of one
frame to where it is in another. Points are in pixels; the centre of the first pixel is (0, 0).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.defaults import FIELD_OF_VIEW
from framesmooth.frames import Frame, as_float
from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.warping import Mask, backward_warp

Homography = NDArray[np.float64]


_ROUNDING: Final = 1e-4  # pixels
FAR: Final = 1e9  # pixels: as good as infinitely far
FEATHER: Final = 1 / 12
"""Share of the shorter side over which an image that was moved fades in from its border."""


class Camera:
    """A camera over a clip of frames.

    Args:
        values: what ``Moves.values`` gives: the value of each move, by name, at every frame.
        size: (height, width) of the frames.
    """

    def __init__(self, values: Mapping[str, Sequence[float]], size: tuple[int, int]) -> None:
        self.size = size
        self._values = values
        self._step = lru_cache(maxsize=None)(self._find_step)

    def between(self, start: int, end: int) -> Homography:
        """Return where the points of frame ``start`` are in frame ``end``; either may be the later one."""
        matrix: Homography = np.eye(3)
        for frame in range(min(start, end) + 1, max(start, end) + 1):
            step = self._step(frame)
            matrix = matrix @ np.linalg.inv(step) if start > end else step @ matrix
            matrix /= np.abs(matrix).max()  # hundreds of large steps would leave the range of numbers
        depth = np.copysign(max(abs(matrix[2, 2]), FAR**-2), matrix[2, 2])
        return np.asarray(matrix / depth, np.float64)

    def flow(self, start: int, end: int) -> FlowField:
        """Return the motion from frame ``start`` to ``end``, (H, W, 2) in pixels on the grid of ``start``."""
        return homography_flow(self.between(start, end), self.size)

    def view(
        self, image: Frame, time: int, at: int, *, feather: float = FEATHER
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the image (H, W, 3) uint8 of frame ``at`` as seen at ``time``, float32 in 0 to 1.

        What it doesn't show is its mirror image. The second array is its ``sight``.
        """
        flow = reflected(self.flow(time, at))[0]
        warped = backward_warp(as_float(image), flow, interpolation=cv2.INTER_CUBIC)
        return np.asarray(np.clip(warped, 0, 1), np.float32), self.sight(time, at, feather=feather)

    def carried(self, values: NDArray[np.float32], image: Frame, time: int, at: int) -> NDArray[np.float32]:
        """Return values (H, W) of frame ``at``, which is ``image``, as they lie at ``time``.

        They are mirrored at the border.
        """
        del image  # it is a plane
        return backward_warp(values, reflected(self.flow(time, at))[0])

    def sight(self, time: int, at: int, *, feather: float = FEATHER) -> NDArray[np.float32]:
        """Return how surely an image of frame ``at`` is seen at ``time`` (H, W).

        It is 1 well inside the image and falls to 0 at its border, over ``feather`` of the shorter side.
        """
        return self.inside(self.flow(time, at), feather=feather)

    def inside(self, flow: FlowField, *, feather: float) -> NDArray[np.float32]:
        """Return how far inside the image a flow (H, W, 2) leads, 0 outside, to 1 (H, W); see ``sight``."""
        height, width = self.size
        x, y = np.moveaxis(grid_of(self.size) + flow, -1, 0)
        # Half a pixel of leave, so that a camera that stands still sees the whole image.
        distance = np.minimum.reduce([x, width - 1 - x, y, height - 1 - y]) + 0.5
        return np.asarray(np.clip(distance / max(feather * min(height, width), 0.5), 0, 1), np.float32)

    def mover(
        self, image: Frame, start: int, end: int, factor: float
    ) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
        """Return where points (..., 2) of frame ``start``, which is ``image``, go until frame ``end``.

        They are on a grid with ``factor`` times as many pixels per side.
        """
        del image  # it is a plane
        return partial(transform, scaled(self.between(start, end), factor))

    def value(self, frame: int) -> dict[str, float]:
        """Return the value of each move, by name, from the frame before to this one."""
        return {name: values[frame] for name, values in self._values.items()}

    @property
    def focal(self) -> float:
        """The focal length in pixels."""
        return max(self.size) / 2 / math.tan(math.radians(FIELD_OF_VIEW / 2))

    def _find_step(self, frame: int) -> Homography:
        value = self.value(frame)
        height, width = self.size
        to_centre = _shift(-(width - 1) / 2, -(height - 1) / 2)
        turned = rotation(2, -value["roll"]) * np.array([[value["zoom"]], [value["zoom"]], [1.0]])
        flat = turned @ _shift(value["pan_x"], value["pan_y"])
        lens = np.diag([self.focal, self.focal, 1.0])
        looked = rotation(0, -value["rotate_3d_x"]) @ rotation(1, -value["rotate_3d_y"])
        nearer = np.diag([1.0, 1.0, 1 - value["translate_z"] / 100])
        matrix = np.linalg.inv(to_centre) @ lens @ looked @ nearer @ np.linalg.inv(lens) @ flat @ to_centre
        return np.asarray(matrix, np.float64)


def transform(matrix: Homography, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where ``matrix`` takes points (..., 2); infinitely far where it takes them behind the camera."""
    x, y, depth = np.moveaxis(points @ matrix[:, :2].T + matrix[:, 2], -1, 0)
    ahead = np.where(depth > 1e-6, depth, np.nan)
    target = np.nan_to_num(np.stack([x / ahead, y / ahead], axis=-1), nan=FAR)
    return np.asarray(np.clip(target, -FAR, FAR), np.float64)


def scaled(matrix: Homography, factor: float) -> Homography:
    """Return the homography on a grid with ``factor`` times as many pixels per side."""
    grid = np.array([[factor, 0, (factor - 1) / 2], [0, factor, (factor - 1) / 2], [0, 0, 1.0]])
    return np.asarray(grid @ matrix @ np.linalg.inv(grid), np.float64)


def homography_flow(matrix: Homography, size: tuple[int, int]) -> FlowField:
    """Return the flow (H, W, 2) float32 of a homography, in pixels, on the grid that it leads from."""
    grid = grid_of(size)
    return np.asarray(transform(matrix, grid) - grid, np.float32)


def reflected(flow: FlowField) -> tuple[FlowField, Mask]:
    """Fold the targets of a flow that lie outside the frame back into it, as in a mirror at the border.

    Returns the flow (H, W, 2) and a mask (H, W), True where the target was inside anyway.
    """
    size = flow.shape[:2]
    grid = grid_of((size[0], size[1]))
    target = grid + flow
    folded = np.empty_like(target)
    inside = np.ones(size, np.bool_)
    for axis, last in ((0, size[1] - 1), (1, size[0] - 1)):
        inside &= (target[..., axis] > -_ROUNDING) & (target[..., axis] < last + _ROUNDING)
        period = max(2 * last, 1)
        place = np.mod(target[..., axis], period)
        folded[..., axis] = np.minimum(place, period - place) if last else 0
    return np.asarray(folded - grid, np.float32), inside


def grid_of(size: tuple[int, int]) -> NDArray[np.float64]:
    """Return the pixels of an image of ``size`` (height, width) as points, (H, W, 2)."""
    height, width = size
    return np.stack(
        np.meshgrid(np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64)), axis=-1
    )


def _shift(x: float, y: float) -> Homography:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def rotation(axis: int, degrees: float) -> Homography:
    """Return the right-handed rotation about one axis; x is to the right, y down, z away from the camera."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix: Homography = np.eye(3)
    matrix[first, first] = matrix[second, second] = cosine
    matrix[first, second], matrix[second, first] = -sine, sine
    return matrix
