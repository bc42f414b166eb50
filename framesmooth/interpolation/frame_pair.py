"""In-betweens of two keyframes by occlusion-aware flow, with a cross-fade where flow cannot be trusted.

The flow is carried to the time between (Baker et al. 2011, "A Database and Evaluation Methodology for
Optical Flow", section 3.3.2): splat it from both keyframes, where what is in front and what looks the same
in both wins, fill the holes, blend only what each keyframe can see. Flow that the inverse doesn't confirm
is first carried on from around it: what leaves the image, or is hidden in one keyframe, moves with what it
belongs to. With the keyframes before and after, what leaves the image goes on as it came, and points go along
parabolas. What the two warped keyframes still differ by in place is aligned. Blending softens; a gain brings
fine detail back to the keyframes' energy.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.errors import UsageError
from framesmooth.frames import Frame, as_deep_as, as_float, eight_bits
from framesmooth.interpolation.alignment import aligned
from framesmooth.interpolation.detail_matching import detail_energy, even_detail
from framesmooth.interpolation.leaving_motion import flow_leaving
from framesmooth.interpolation.quadratic_motion import Curves, curves_of
from framesmooth.motion.bidirectional import BidirectionalFlow, estimate_bidirectional_flow
from framesmooth.motion.flow.base import FlowEstimator, FlowField, load_flow, squared_length
from framesmooth.motion.flow_completion import complete_flow, fill_holes
from framesmooth.motion.global_matching import fused_motion, match_globally
from framesmooth.motion.warping import Mask, backward_warp, splat

LEAST_COVERAGE: Final = 0.35
"""Below this share of consistent flow the whole pair is cross-faded."""

Field = NDArray[np.float32]

# Pixels: how far two flows may differ and still describe the same point, and how soft that test is.
_FLOW_TOLERANCE, _RELATIVE_TOLERANCE = 1.0, 0.0025

# Photo-consistency priority: a colour error of this size (0 to 1) lowers a splatted pixel's weight e-fold.
_COLOUR_TOLERANCE, _LARGEST_MISFIT = 0.02, 8.0

# Flow that was carried on gives way to confirmed flow, but only what nothing lands on is a hole.
_CARRIED_ON = 1e-3
_LEAST_WEIGHT = np.float32(_CARRIED_ON * np.exp(-_LARGEST_MISFIT))

# Of two pixels that meet, the one in front wins by this factor.
_IN_FRONT, _FRONT_SIGMA = 100.0, 1.0

_MASK_SIGMA = 1.5

_SIMILARITY_SIGMA = 2.0

# A pyramid search that confirms this much has lost nothing that moves fast.
_ALL_FOUND = 0.97


@dataclass(frozen=True)
class Inbetween:
    """Everything about a pair of keyframes (H, W, 3) that their in-betweens share, which are as deep.

    ``before`` and ``after`` are the motion from the keyframe before the first to the first, and from the
    second to the next one; None where there is none.
    """

    image0: Frame
    image1: Frame
    motion: BidirectionalFlow
    before: BidirectionalFlow | None = None
    after: BidirectionalFlow | None = None

    @property
    def coverage(self) -> float:
        """Share of pixels, 0 to 1, whose motion is confirmed in both directions."""
        return min(self.motion.coverage, float(self.motion.consistent_backward.mean()))

    @property
    def method(self) -> Literal["flow", "cross-fade"]:
        """How the in-betweens are made."""
        return "flow" if self.coverage >= LEAST_COVERAGE else "cross-fade"

    def with_neighbours(
        self, before: BidirectionalFlow | None, after: BidirectionalFlow | None
    ) -> "Inbetween":
        """Return the pair with the motion before and after it, see ``Inbetween``."""
        return replace(self, before=before, after=after)

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
            return as_deep_as(self.image0, _cross_fade(*self._images, time))
        return as_deep_as(self.image0, self._along_flow(time))

    @cached_property
    def _images(self) -> tuple[Field, Field]:
        return as_float(self.image0), as_float(self.image1)

    @cached_property
    def _eight_bits(self) -> tuple[Frame, Frame]:
        return eight_bits(self.image0), eight_bits(self.image1)

    @cached_property
    def _flows(self) -> tuple[FlowField, FlowField]:
        """Return the flows there and back, carried on where the other one does not confirm them."""
        first, second = self._eight_bits
        there = flow_leaving(first, self.motion, self.before)
        back = flow_leaving(second, self.motion.reversed, self.after and self.after.reversed)
        return complete_flow(first, *there), complete_flow(second, *back)

    def _along_flow(self, time: float) -> Field:
        """Blend both keyframes along the flow at ``time``; where neither is visible, cross-fade in place."""
        flow, bend = self._flow_at(time)
        to0, to1 = -time * flow - bend, (1 - time) * flow - bend
        forward, backward = self._flows
        seen0 = _agreement(backward_warp(forward, to0) - flow, flow)
        seen1 = _agreement(backward_warp(backward, to1) + flow, flow)
        warped0, warped1 = (
            backward_warp(image, path, interpolation=cv2.INTER_CUBIC)
            for image, path in zip(
                self._images,
                aligned(self._eight_bits, (to0, to1), time, np.minimum(seen0, seen1)),
                strict=True,
            )
        )
        # Squaring makes an occluded side leave quickly; both visible gives the plain (1 - t, t) blend.
        weight0, weight1 = (1 - time) * seen0**2 + 1e-6 * (1 - time), time * seen1**2 + 1e-6 * time
        share1 = (weight1 / (weight0 + weight1))[..., None]
        blended = warped0 + share1 * (warped1 - warped0)
        # Flow is also trusted where warping makes the keyframes much more similar than they are unwarped.
        trust = np.maximum(_soften(np.maximum(seen0, seen1)), self._similarity_gained(warped0, warped1))
        fade = _cross_fade(*self._images, time)
        return self._even_detail(fade + trust[..., None] * (blended - fade), time)

    def _flow_at(self, time: float) -> tuple[FlowField, FlowField]:
        """Return the flow image0 -> image1 on the grid of the frame at ``time`` (H, W, 2), holes filled.

        Beside it the deviation of each point from the straight path (H, W, 2), in pixels.
        """
        forward, backward = self._flows
        strayed, strayed_back = (np.float32(time * time - time) * curve for curve in self._curves)
        landed0, weight0 = splat(np.dstack([forward, strayed]), time * forward + strayed, self._priorities[0])
        landed1, weight1 = splat(
            np.dstack([-backward, strayed_back]), (1 - time) * backward + strayed_back, self._priorities[1]
        )
        weight0, weight1 = (1 - time) * weight0, time * weight1
        total = weight0 + weight1
        mixed = (weight0[..., None] * landed0 + weight1[..., None] * landed1) / np.maximum(total, 1e-12)[
            ..., None
        ]
        flow, bend = np.dsplit(fill_holes(mixed, total / _LEAST_WEIGHT), 2)
        return np.ascontiguousarray(flow), np.ascontiguousarray(bend)

    @cached_property
    def _curves(self) -> Curves:
        straight = np.zeros_like(self.motion.forward)
        return curves_of(self.motion, self.before, self.after) or (straight, straight)

    @cached_property
    def _priorities(self) -> tuple[Field, Field]:
        """The weights (H, W) of both keyframes' pixels; the time between does not change them."""
        (forward, backward), first, second = self._flows, self._images[0], self._images[1]
        seen, seen_back = self.motion.consistent, self.motion.consistent_backward
        return (
            _photo_consistency(first, second, forward, seen) * (1 + _IN_FRONT * _hiding(backward, seen_back)),
            _photo_consistency(second, first, backward, seen_back) * (1 + _IN_FRONT * _hiding(forward, seen)),
        )

    def _similarity_gained(self, warped0: Field, warped1: Field) -> Field:
        """Return 1 where warping takes away all difference of the keyframes, 0 where it takes none (H, W)."""
        left = _difference(warped0, warped1) / self._difference_in_place
        return np.asarray(np.clip(1 - left, 0, 1), np.float32)

    @cached_property
    def _difference_in_place(self) -> Field:
        return _difference(*self._images)

    def _even_detail(self, image: Field, time: float) -> Field:
        energy0, energy1 = self._detail_energies
        return even_detail(image, (1 - time) * energy0 + time * energy1)

    @cached_property
    def _detail_energies(self) -> tuple[float, float]:
        first, second = map(detail_energy, self._images)
        return first, second


def prepare_pair(image0: Frame, image1: Frame, *, flow: FlowEstimator) -> Inbetween:
    """Estimate the motion between two keyframes (H, W, 3); ``frame_at`` then gives any time between.

    Raises:
        UsageError: when the keyframes differ in size.
    """
    if image0.shape != image1.shape:
        raise UsageError(
            f"keyframes of {image0.shape} and {image1.shape} have no in-betweens: scale one of them"
        )
    seen = eight_bits(image0), eight_bits(image1)
    motion = estimate_bidirectional_flow(flow, *seen)
    if motion.coverage < _ALL_FOUND:
        motion = fused_motion(*seen, motion, match_globally(*seen))
    return Inbetween(image0, image1, motion)


def interpolate_pair(
    image0: Frame, image1: Frame, times: Sequence[float], *, flow: FlowEstimator
) -> Iterator[Frame]:
    """Yield the frames (H, W, 3) at ``times`` between two keyframes, 0 and 1 being the keyframes."""
    pair = prepare_pair(image0, image1, flow=flow)
    yield from (pair.frame_at(time) for time in times)


def crossfade_pair(image0: Frame, image1: Frame, times: Sequence[float]) -> Iterator[Frame]:
    """Yield plain cross-fades (H, W, 3) of two keyframes at ``times`` in 0 to 1."""
    first, second = as_float(image0), as_float(image1)
    yield from (as_deep_as(image0, _cross_fade(first, second, time)) for time in times)


def _cross_fade(first: Field, second: Field, time: float) -> Field:
    return np.asarray(first + np.float32(time) * (second - first), np.float32)


def _agreement(gap: FlowField, flow: FlowField) -> Field:
    """Return 1 where a keyframe's own flow confirms the flow at the time between, falling to 0 (H, W)."""
    tolerance = _FLOW_TOLERANCE**2 + _RELATIVE_TOLERANCE * squared_length(flow)
    return _soften(np.exp(-squared_length(gap) / (2 * tolerance)))


def _soften(mask: Field) -> Field:
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), _MASK_SIGMA), np.float32)


def _photo_consistency(image: Field, other: Field, flow: FlowField, consistent: Mask) -> Field:
    """Return how well every pixel is found again along its flow, 1 to 0 (H, W)."""
    error = np.abs(image - backward_warp(other, flow)).mean(axis=-1)
    weight = np.exp(-np.minimum(error / _COLOUR_TOLERANCE, _LARGEST_MISFIT))
    return np.asarray(np.where(consistent, weight, _CARRIED_ON * weight), np.float32)


def _hiding(flow: FlowField, consistent: Mask) -> Field:
    """Return 1 on pixels of the other keyframe that hide what this one shows, else 0 (H, W).

    What has no counterpart was hidden by whatever stands where ``flow``, carried on from around it, leads to:
    so that, wherever it passes, is in front.
    """
    _, landed = splat(flow, flow, (~consistent).astype(np.float32))
    return np.asarray(np.clip(cv2.GaussianBlur(landed, (0, 0), _FRONT_SIGMA), 0, 1), np.float32)


def _difference(first: Field, second: Field) -> Field:
    """Return the local difference of two images (H, W), never below a hundredth of full scale."""
    squares = np.square(first - second).sum(axis=-1)
    return np.asarray(np.sqrt(cv2.GaussianBlur(squares, (0, 0), _SIMILARITY_SIGMA)) + 0.01, np.float32)


def mixed(
    first: Frame, last: Frame, times: Sequence[float], inbetween: str, flow: str
) -> tuple[list[Frame], bool]:
    """Return the frames at ``times``, 0 to 1, between two images; and whether flow found nothing to follow.

    Args:
        first: (H, W, 3).
        last: of the same size and type.
        times: position between the first and the last, 0 to 1.
        inbetween: "flow" or "crossfade".
        flow: name of the flow estimator for "flow".
    """
    if inbetween == "crossfade" or not times:
        return list(crossfade_pair(first, last, times)), False
    pair = prepare_pair(first, last, flow=load_flow(flow))
    return [pair.frame_at(time) for time in times], pair.method == "cross-fade"
