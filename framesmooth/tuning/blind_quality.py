"""Blind quality of smoothing strengths on a sample of a clip, without the clean clip.

All strengths are judged along one motion, that of a smoothed version, in which wobble is not taken for
motion. Flicker is everywhere, in proportion to the light and the slopes of the image, while the harm of
smoothing is where motion is fast or uneven; so both are told apart by where they are. For each block of the
picture

    P  the mean squared difference to the next frame along the motion that is left, halved,
    D  the mean squared difference to the input that smoothing made,

and the part of either that a non-negative combination of constant, light and slope explains at a quantile of
the blocks (Koenker and Bassett 1978) is flicker: what is left of it, and what was removed. What D has beyond
is harm, a squared error that smoothing adds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from framesmooth.frames import Frame, as_float
from framesmooth.metrics.detail_retention import detail
from framesmooth.metrics.luma_flicker import mean_luma
from framesmooth.metrics.second_difference import root_mean_square, second_differences
from framesmooth.motion.bidirectional import BidirectionalFlow, estimate_bidirectional_flow
from framesmooth.motion.flow.base import load_flow
from framesmooth.motion.warping import Mask, backward_warp
from framesmooth.tuning.trial import Trial

FloatImage = NDArray[np.float32]
Map = NDArray[np.float64]
"""A number per block, as a vector."""

MOTION_STRENGTH: Final = 0.6
"""The motion is that of the clip smoothed so much."""

_MOTION_FLOW: Final = "dis-medium"
_BLOCKS: Final = 8  # of the frame's height
_DIFFERENCE_GAIN: Final = 2.0  # of white noise less its neighbour
_LEAST_SEEN: Final = 0.3  # of a block's pixels
_ROUNDS: Final = 25
# Of the blocks by how much is left there, and by how much was changed. In clips that move all over, harm
# makes what is left fall in most blocks; those where least is left are the still ones.
_LEFT_QUANTILE: Final = 0.2
_CHANGED_QUANTILE: Final = 0.5


def motions_of(frames: Sequence[Frame]) -> list[BidirectionalFlow]:
    """Return the motion between neighbours of a segment, both ways."""
    flow = load_flow(_MOTION_FLOW)
    return [estimate_bidirectional_flow(flow, first, second) for first, second in pairwise(frames)]


@dataclass(frozen=True)
class Version:
    """Numbers of one version of a segment: maps P and D, and sums for the metrics."""

    left: Map
    changed: Map
    warping: float
    luma: list[float]
    shared: float


@dataclass(frozen=True)
class Segment:
    """A segment of the input with its motion, and what its versions are compared with."""

    frames: Sequence[Frame]
    motions: Sequence[BidirectionalFlow]

    @property
    def middles(self) -> range:
        """The frames with two neighbours."""
        return range(1, len(self.frames) - 1)

    def seen(self, t: int) -> Mask:
        """Return the pixels of frame ``t`` that both neighbours show."""
        return self.motions[t - 1].consistent_backward & self.motions[t].consistent

    @cached_property
    def covered(self) -> Map:
        """Return the share of each block that can be followed."""
        return _mean([_blocks(self.seen(t).astype(np.float32)) for t in self.middles])

    @cached_property
    def pictures(self) -> list[FloatImage]:
        """The frames as floats, in levels."""
        return list(map(_levels, self.frames))

    @cached_property
    def fine(self) -> list[FloatImage]:
        """The fine detail of the frames, in levels."""
        return list(map(_fine, self.frames))

    @cached_property
    def expected_fine(self) -> dict[int, FloatImage]:
        """For each middle frame the fine detail that its neighbours have, warped onto it."""
        return {t: self._expected(self.fine, t) for t in self.middles}

    @cached_property
    def light_and_slope(self) -> tuple[Map, Map]:
        """Return the mean square of the image and of its gradient in each block."""
        light, slope = [], []
        for image in self.pictures:
            along = [cv2.Sobel(image, cv2.CV_32F, *axis, scale=1 / 8) for axis in ((1, 0), (0, 1))]
            light.append(_blocks(np.square(image).mean(-1)))
            slope.append(_blocks(sum(np.square(part).mean(-1) for part in along)))
        return _mean(light), _mean(slope)

    def compare(self, version: Sequence[Frame]) -> Version:
        """Return the numbers of a version of this segment."""
        images = list(map(_levels, version))
        left, warping = [], []
        for t, motion in enumerate(self.motions):
            warped = backward_warp(images[t + 1], motion.forward, interpolation=cv2.INTER_CUBIC)
            change = np.square(cv2.subtract(images[t], warped)).mean(-1)
            share = np.maximum(_blocks(motion.consistent.astype(np.float32)), 0.05)
            left.append(_blocks(change * motion.consistent) / share / _DIFFERENCE_GAIN)
            warping.append(float(np.mean(change[motion.valid])) if motion.valid.any() else 0.0)
        pairs = list(zip(images, self.pictures, strict=True))
        return Version(
            left=_mean(left),
            changed=_mean([_blocks(np.square(new - old).mean(-1)) for new, old in pairs]),
            warping=1000 * float(np.mean(warping)) / 255**2,
            luma=list(map(mean_luma, version)),
            shared=self._shared_detail(version),
        )

    def _shared_detail(self, version: Sequence[Frame]) -> float:
        """Return the sum of products of the fine detail with that of the input's neighbouring frames."""
        return float(
            sum(
                np.vdot(_fine(version[t]) * self.seen(t)[..., None], self.expected_fine[t])
                for t in self.middles
            )
        )

    def _expected(self, images: Sequence[FloatImage], t: int) -> FloatImage:
        """Return the mean of the two neighbours of frame ``t``, warped onto it."""
        before = backward_warp(images[t - 1], self.motions[t - 1].backward, interpolation=cv2.INTER_CUBIC)
        after = backward_warp(images[t + 1], self.motions[t].forward, interpolation=cv2.INTER_CUBIC)
        return np.asarray((before + after) / 2, np.float32)


@dataclass(frozen=True)
class Sample:
    """Segments of the input, and its own numbers in each."""

    segments: Sequence[Segment]
    inputs: Sequence[Version]

    @classmethod
    def of(cls, segments: Sequence[Segment]) -> "Sample":
        """Return the sample of segments of at least three frames."""
        return cls(segments, [segment.compare(segment.frames) for segment in segments])

    @property
    def coverage(self) -> float:
        """Share of the sample that can be followed, 0 to 1."""
        return float(np.mean(np.concatenate([segment.covered for segment in self.segments])))

    def judge(self, strength: float, versions: Sequence[Sequence[Frame]]) -> Trial:
        """Return what a strength does, from the versions of all segments."""
        found = [segment.compare(version) for segment, version in zip(self.segments, versions, strict=True)]
        covered, light, slope = self._places()
        usable = covered >= min(_LEAST_SEEN, float(np.median(covered)))
        left = _joined([version.left for version in found])
        changed = _joined([version.changed for version in found])
        flicker = explained_mean(left[usable], light[usable], slope[usable], _LEFT_QUANTILE)
        own = sum(version.shared for version in self.inputs)
        removed = explained_mean(changed, light, slope, _CHANGED_QUANTILE)
        return Trial(
            strength=strength,
            warping_error=float(np.mean([version.warping for version in found])),
            luma_flicker=_luma_flicker([version.luma for version in found]),
            detail=sum(version.shared for version in found) / own if own > 0 else 1.0,
            flicker=flicker**0.5,
            harm=max(float(changed.mean()) - removed, 0.0) ** 0.5,
        )

    def _places(self) -> tuple[Map, Map, Map]:
        places = [segment.light_and_slope for segment in self.segments]
        covered = _joined([segment.covered for segment in self.segments])
        return covered, _joined([light for light, _ in places]), _joined([slope for _, slope in places])


def explained_mean(values: Map, light: Map, slope: Map, quantile: float) -> float:
    """Return the mean of the part of ``values`` that constant, light and slope explain at a quantile."""
    terms = np.stack([np.ones_like(light), light, slope], axis=1)
    terms /= np.maximum(terms.mean(axis=0), 1e-9)
    fitted = np.full_like(values, max(float(np.median(values)), 1e-6))
    weights = 1 / np.maximum(np.abs(values), fitted)
    for _ in range(_ROUNDS):  # by iteratively reweighted least squares
        root = np.sqrt(weights)
        fitted = terms @ nnls(terms * root[:, None], values * root)[0]
        gap = values - fitted
        weights = np.where(gap > 0, quantile, 1 - quantile) / np.maximum(np.abs(gap), 1e-3)
        weights /= np.maximum(fitted, 1e-3)
    return float(fitted.mean())


def _luma_flicker(segments: Sequence[Sequence[float]]) -> float:
    sizes = [
        size
        for levels in segments
        for size in second_differences(levels, [False] * len(levels))
        if size is not None
    ]
    return root_mean_square(sizes) if sizes else 0.0


def _levels(frame: Frame) -> FloatImage:
    return as_float(frame) * np.float32(255)


def _fine(frame: Frame) -> FloatImage:
    return detail(frame) * np.float32(255)


def _blocks(image: NDArray[np.float32]) -> Map:
    """Return the means of an image (H, W) over blocks of an eighth of its height."""
    height, width = image.shape
    side = max(height // _BLOCKS, 4)
    size = max(width // side, 1), max(height // side, 1)
    means = cv2.resize(np.asarray(image, np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(means, np.float64).ravel()


def _mean(maps: Sequence[Map]) -> Map:
    return np.asarray(np.mean(maps, axis=0), np.float64)


def _joined(maps: Sequence[Map]) -> Map:
    return np.concatenate(maps)
