"""Ghosting: structure that fades in or out in place, as where two pictures are cross-faded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.metrics.base import Metric, Series, summarize
from framesmooth.metrics.luma_flicker_local import luma_image
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.warping import backward_warp

Map = NDArray[np.float32]

LONGEST_SIDE: Final = 256
"""Pixels at which pictures are compared: what is finer is no second contour that anybody sees."""

_WINDOW: Final = 6.0
"""Sigma in pixels of the window in which motion and light are fitted; what is coarser is no structure."""
_SOFT: Final = 0.8
"""Sigma of the blur before pictures are compared, against noise."""
_DIGITS: Final = 1
"""Of the share of all change: less than a tenth of a percent is rounding of the frames."""
_LEAST_CHANGE: Final = 0.25
"""Levels squared that are added to the change, so that the rounding of a still clip counts as none."""
_STIFFNESS: Final = 1.0
"""Levels squared per degree of freedom: without texture nothing is fitted."""
_EXPLAINED: Final = 4.0
"""A fade's energy over that of its residual: light, motion and the flow explain most of it. Measured."""


@dataclass(frozen=True)
class GhostMap:
    """Where a frame ghosts.

    Attributes:
        ghost: what fades, levels squared (h, w) float32; the longer side is 256 at most.
        change: all change of structure between the neighbours of this frame, likewise; never less.
    """

    ghost: Map
    change: Map

    @property
    def share(self) -> float:
        """The share of the change that fades, 0 to 1."""
        return float(self.ghost.sum() / (self.change + _LEAST_CHANGE).sum())

    @property
    def all_change(self) -> float:
        """What the mean of ``ghost`` is a share of, levels squared."""
        return float(self.change.mean()) + _LEAST_CHANGE


@dataclass(frozen=True)
class _Middle:
    """A frame that waits for the next one."""

    picture: Map
    before: Map
    warped: Map


class GhostingMeter:
    """Maps where each frame that has two neighbours in its shot ghosts."""

    def __init__(self) -> None:
        self._last: Map | None = None
        self._middle: _Middle | None = None

    def update(self, frame: Frame, motion: BidirectionalFlow | None) -> GhostMap | None:
        """Take the next frame and the motion to it, None at a cut; return the map of the frame before it."""
        picture, last, middle = small_luma(frame), self._last, self._middle
        self._last, self._middle = picture, None
        if motion is None or last is None:
            return None
        size = last.shape
        found = None
        if middle is not None:
            after = backward_warp(picture, _scaled(motion.forward, size))
            found = ghosting_of(middle.before, middle.warped, middle.picture, after, picture)
        self._middle = _Middle(picture, last, backward_warp(last, _scaled(motion.backward, size)))
        return found


class Ghosting(Metric):
    """Share of the structure's change between frames that fades in or out in place, in percent.

    Sum of G over the sum of C + 1/4. Pictures are luma Y, 0 to 255, shrunk to a longer side of 256 at most,
    less their Gaussian blur (sigma 6), which is the light. C = ((Y_(t+1) - Y_(t-1)) / 2)^2 is all change. The
    differences to both neighbours, warped along the flow, are fitted around every pixel (the same window) by
    a (dY/dx) + b (dY/dy) + c Y: a residual shift and gain, as in the generalised brightness-change model
    (Negahdaripour 1998). What fades in or out fits none of them, and it goes on from frame to frame:
    G = 4 (2 r_before r_after - (r_before^2 + r_after^2) / 2), with the residuals r of both fits, each product
    averaged in the window, between 0 and C. Noise and flicker turn back, what is uncovered changes once, and
    where the flow is wrong the two differ.

    100 for a cross-fade of two pictures without motion, near 0 for motion and light.
    """

    name = "ghosting"
    unit = "%"
    higher_is_better = False
    needs_motion = True
    skips_held = True
    own_motion = True

    def __init__(self) -> None:
        self._meter = GhostingMeter()
        self._values: list[float | None] = []
        self._ghost = self._change = 0.0

    def update(
        self,
        frame: Frame,
        reference: Frame | None = None,
        motion: BidirectionalFlow | None = None,
        *,
        cut: bool = False,
    ) -> None:
        """Take the next frame (H, W, 3) uint8 and the motion from the frame before to it."""
        self._values.append(None)
        found = self._meter.update(frame, None if cut else motion)
        if found is None:
            return
        ghost, change = float(found.ghost.mean()), found.all_change
        if np.isfinite(ghost + change):  # a flow that isn't made of numbers tells nothing
            self._values[-2] = 100 * found.share
            self._ghost += ghost
            self._change += change

    def compute(self) -> Series:
        """Return the shares per frame, and that of all change."""
        series = summarize(
            self._values,
            unit=self.unit,
            higher_is_better=self.higher_is_better,
            note="needs three frames of one shot",
        )
        mean = 100 * self._ghost / self._change if self._change else None
        return replace(series, mean=None if mean is None else round(mean, _DIGITS))


def small_luma(frame: Frame) -> Map:
    """Return the luma (h, w) float32, 0 to 255, of a frame, shrunk to a longer side of 256, blurred a bit."""
    luma = luma_image(frame)
    factor = LONGEST_SIDE / max(luma.shape)
    if factor < 1:
        height, width = (max(1, round(side * factor)) for side in luma.shape)
        luma = np.asarray(cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(cv2.GaussianBlur(luma, (0, 0), _SOFT), np.float32)


def ghosting_of(before: Map, warped_before: Map, middle: Map, warped_after: Map, after: Map) -> GhostMap:
    """Return where ``middle`` ghosts, given its neighbours as they are and warped onto it, (h, w) each."""
    unexplained = _Unexplained(middle)
    earlier, later = unexplained(middle - warped_before), unexplained(warped_after - middle)
    steady = (after - before) / 2
    change = _window(np.square(steady - _window(steady)))
    fading = _window(2 * earlier * later - (np.square(earlier) + np.square(later)) / 2)
    return GhostMap(np.clip(_EXPLAINED * fading, 0, change), change)


class _Unexplained:
    """What a local shift, gain and offset of a picture (h, w) do not explain of a difference."""

    def __init__(self, picture: Map) -> None:
        along_x = cv2.Sobel(picture, cv2.CV_32F, 1, 0, scale=1 / 8)
        along_y = cv2.Sobel(picture, cv2.CV_32F, 0, 1, scale=1 / 8)
        contrast: Map = picture - _window(picture)
        self._basis = np.asarray(along_x, np.float32), np.asarray(along_y, np.float32), contrast
        self._normal = _Symmetric(*(_window(one * other) for one, other in _pairs(self._basis)))

    def __call__(self, difference: Map) -> Map:
        """Return the rest of a difference (h, w)."""
        level = difference - _window(difference)
        weights = self._normal.solve(*(_window(each * level) for each in self._basis))
        for weight, each in zip(weights, self._basis, strict=True):
            level -= weight * each
        return level


class _Symmetric:
    """A symmetric 3 by 3 matrix at every pixel, stiffened, as six maps (h, w), and its adjugate's rows."""

    def __init__(self, xx: Map, xy: Map, xz: Map, yy: Map, yz: Map, zz: Map) -> None:
        xx, yy, zz = (each + np.float32(_STIFFNESS) for each in (xx, yy, zz))
        a, b, c = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
        d, e, f = xx * zz - xz * xz, xy * xz - xx * yz, xx * yy - xy * xy
        self._inverse = tuple(each / (xx * a + xy * b + xz * c) for each in (a, b, c, d, e, f))

    def solve(self, x: Map, y: Map, z: Map) -> tuple[Map, Map, Map]:
        """Return what the matrix takes to (x, y, z)."""
        a, b, c, d, e, f = self._inverse
        return a * x + b * y + c * z, b * x + d * y + e * z, c * x + e * y + f * z


def _pairs(basis: Sequence[Map]) -> Iterator[tuple[Map, Map]]:
    return combinations_with_replacement(basis, 2)


def _window(image: NDArray[Any]) -> Map:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), _WINDOW, borderType=cv2.BORDER_REFLECT), np.float32)


def _scaled(flow: FlowField, size: tuple[int, ...]) -> FlowField:
    """Return a flow on the smaller grid (height, width) of ``size``, in its pixels."""
    if flow.shape[:2] == size:
        return flow
    height, width = size
    factors = np.array([width / flow.shape[1], height / flow.shape[0]], np.float32)
    return np.asarray(cv2.resize(flow, (width, height), interpolation=cv2.INTER_AREA) * factors, np.float32)
