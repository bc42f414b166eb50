"""In-betweens of two keyframes by occlusion-aware flow, with a cross-fade where flow cannot be trusted.

The flow is carried to the time between (Baker et al. 2011, "A Database and Evaluation Methodology for Optical
Flow", section 3.3.2): splat it from both keyframes, the photo-consistent one wins, fill the holes, and blend
only what each keyframe can see. Blending softens; a local gain brings the detail back to what the keyframes
have, since sharpness that pumps between keyframes is flicker too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.errors import UsageError
from framesmooth.flow import FlowEstimator, FlowField
from framesmooth.frames import Frame, as_float, as_uint8
from framesmooth.motion import PairMotion, estimate_motion
from framesmooth.warp import backward_warp, splat

LEAST_COVERAGE: Final = 0.35
"""Below this share of consistent flow the whole pair is cross-faded."""

Field = NDArray[np.float32]

# Pixels: how far two flows may differ and still describe the same point, and how soft that test is.
_FLOW_TOLERANCE = 1.0
# Photo-consistency priority: a colour error of this size (0 to 1) lowers a splatted pixel's weight e-fold.
_COLOUR_TOLERANCE = 0.02
_MASK_SIGMA = 1.5
_DETAIL_SIGMA, _DETAIL_WINDOW, _LARGEST_GAIN = 1.5, 5.0, 1.8


@dataclass(frozen=True)
class Inbetween:
    """Everything about a pair of keyframes (H, W, 3) uint8 that their in-betweens share."""

    image0: Frame
    image1: Frame
    motion: PairMotion

    @property
    def coverage(self) -> float:
        """Share of pixels, 0 to 1, whose motion is confirmed in both directions."""
        return min(self.motion.coverage, float(self.motion.consistent_backward.mean()))

    @property
    def method(self) -> Literal["flow", "cross-fade"]:
        """How the in-betweens are made."""
        return "flow" if self.coverage >= LEAST_COVERAGE else "cross-fade"

    def frame_at(self, time: float) -> Frame:
        """Return the frame at ``time``, 0 at the first keyframe and 1 at the second; both ends are exact.

        Raises:
            UsageError: when the time is outside 0 to 1.
        """
        if not 0 <= time <= 1:
            raise UsageError(
                f"in-between time {time} is outside 0 to 1: 0 is the first keyframe, 1 the second"
            )
        if time in (0, 1):
            return (self.image1 if time else self.image0).copy()
        if self.method == "cross-fade":
            return as_uint8(even_detail(_cross_fade(*self._images, time), self._images, time))
        return as_uint8(self._along_flow(time))

    @cached_property
    def _images(self) -> tuple[Field, Field]:
        return as_float(self.image0), as_float(self.image1)

    def _along_flow(self, time: float) -> Field:
        """Blend both keyframes along the flow at ``time``; where neither is visible, cross-fade in place."""
        flow = self._flow_at(time)
        to0, to1 = -time * flow, (1 - time) * flow
        warped = tuple(
            backward_warp(image, path, interpolation=cv2.INTER_CUBIC)
            for image, path in zip(self._images, (to0, to1), strict=True)
        )
        seen0 = _agreement(backward_warp(self.motion.forward, to0) - flow, flow)
        seen1 = _agreement(backward_warp(self.motion.backward, to1) + flow, flow)
        # Squaring makes an occluded side leave quickly; both visible gives the plain (1 - t, t) blend.
        weight0, weight1 = (1 - time) * seen0**2 + 1e-6 * (1 - time), time * seen1**2 + 1e-6 * time
        share1 = (weight1 / (weight0 + weight1))[..., None]
        blended = warped[0] + share1 * (warped[1] - warped[0])
        blended = even_detail(blended, warped, time)
        trust = _soften(np.maximum(seen0, seen1))[..., None]
        fade = _cross_fade(*self._images, time)
        return np.asarray(fade + trust * (blended - fade), np.float32)

    def _flow_at(self, time: float) -> FlowField:
        """Return the flow image0 -> image1 on the grid of the frame at ``time`` (H, W, 2), holes filled."""
        forward, backward = self.motion.forward, -self.motion.backward
        flow0, weight0 = splat(forward, time * forward, self._priorities[0])
        flow1, weight1 = splat(backward, (time - 1) * backward, self._priorities[1])
        weight0, weight1 = (1 - time) * weight0, time * weight1
        total = weight0 + weight1
        mixed = (weight0[..., None] * flow0 + weight1[..., None] * flow1) / np.maximum(total, 1e-12)[
            ..., None
        ]
        return _fill_holes(mixed, total)

    @cached_property
    def _priorities(self) -> tuple[Field, Field]:
        """The weights (H, W) of both keyframes' pixels; the time between does not change them."""
        return (
            self._priority(self._images, self.motion.forward, self.motion.consistent),
            self._priority(self._images[::-1], self.motion.backward, self.motion.consistent_backward),
        )

    @staticmethod
    def _priority(images: Sequence[Field], flow: FlowField, consistent: NDArray[np.bool_]) -> Field:
        """Return the weight (H, W) of every pixel when several land on one: the photo-consistent wins."""
        error = np.abs(images[0] - backward_warp(images[1], flow)).mean(axis=-1)
        weight = np.exp(-np.minimum(error / _COLOUR_TOLERANCE, 8.0))
        return np.asarray(np.where(consistent, weight, 1e-3 * weight), np.float32)


def even_detail(blended: Field, sources: Sequence[Field], time: float) -> Field:
    """Raise the blend's local detail energy to the mean of its sources' energies.

    Only as far as both sources have it there: a cross-fade of unlike pictures is not sharpened into a
    double exposure.
    """
    detail = _detail(blended)
    parts = [_detail(source) for source in sources]
    energies = [_local(np.square(part).sum(axis=-1)) for part in parts]
    likeness = np.clip(_local((parts[0] * parts[1]).sum(axis=-1)) / (sum(energies) / 2 + 1e-6), 0, 1)
    wanted = (1 - time) * np.sqrt(energies[0]) + time * np.sqrt(energies[1])
    has = np.sqrt(_local(np.square(detail).sum(axis=-1)))
    gain = 1 + likeness * (np.clip((wanted + 1e-3) / (has + 1e-3), 1, _LARGEST_GAIN) - 1)
    return np.asarray(blended + (gain - 1)[..., None] * detail, np.float32)


def prepare_pair(image0: Frame, image1: Frame, *, flow: FlowEstimator) -> Inbetween:
    """Estimate the motion between two keyframes (H, W, 3) uint8; ``frame_at`` then gives any time between.

    Raises:
        UsageError: when the keyframes differ in size.
    """
    if image0.shape != image1.shape:
        raise UsageError(
            f"keyframes of {image0.shape} and {image1.shape} have no in-betweens: scale one of them"
        )
    return Inbetween(image0, image1, estimate_motion(flow, image0, image1))


def interpolate_pair(
    image0: Frame, image1: Frame, times: Sequence[float], *, flow: FlowEstimator
) -> Iterator[Frame]:
    """Yield the frames (H, W, 3) uint8 at ``times`` between two keyframes, 0 and 1 being the keyframes."""
    pair = prepare_pair(image0, image1, flow=flow)
    yield from (pair.frame_at(time) for time in times)


def crossfade_pair(image0: Frame, image1: Frame, times: Sequence[float]) -> Iterator[Frame]:
    """Yield plain cross-fades (H, W, 3) uint8 of two keyframes at ``times`` in 0 to 1."""
    first, second = as_float(image0), as_float(image1)
    yield from (as_uint8(_cross_fade(first, second, time)) for time in times)


def _cross_fade(first: Field, second: Field, time: float) -> Field:
    return np.asarray(first + np.float32(time) * (second - first), np.float32)


def _agreement(gap: FlowField, flow: FlowField) -> Field:
    """Return 1 where a keyframe's own flow confirms the flow at the time between, falling to 0 (H, W)."""
    tolerance = _FLOW_TOLERANCE**2 + 0.01 * np.square(flow).sum(axis=-1)
    return _soften(np.exp(-np.square(gap).sum(axis=-1) / (2 * tolerance)))


def _soften(mask: Field) -> Field:
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), _MASK_SIGMA), np.float32)


def _fill_holes(flow: FlowField, weight: Field) -> FlowField:
    """Fill where little landed from ever wider surroundings (a pull-push pyramid of normalised averages)."""
    certainty = np.minimum(weight / 0.05, 1.0)
    if min(weight.shape) < 4 or certainty.min() >= 1:
        return flow
    height, width = weight.shape
    half = (max(width // 2, 1), max(height // 2, 1))
    known = cv2.resize(certainty, half, interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(flow * certainty[..., None], half, interpolation=cv2.INTER_AREA)
    filled = _fill_holes(np.asarray(coarse / np.maximum(known, 1e-6)[..., None], np.float32), known)
    spread = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(spread + certainty[..., None] * (flow - spread), np.float32)


def _detail(image: Field) -> Field:
    return np.asarray(image - cv2.GaussianBlur(image, (0, 0), _DETAIL_SIGMA), np.float32)


def _local(energy: Field) -> Field:
    return np.asarray(cv2.GaussianBlur(energy, (0, 0), _DETAIL_WINDOW), np.float32)
