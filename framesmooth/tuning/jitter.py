"""Jitter of a sample: metrics along the motion do not see it, but its acceleration alternates."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import cv2
import numpy as np

from framesmooth.frames import Frame, as_float
from framesmooth.metrics.second_difference import GAIN
from framesmooth.motion.bidirectional import BidirectionalFlow, estimate_bidirectional_flow
from framesmooth.motion.flow.base import FlowField, load_flow
from framesmooth.motion.warping import Mask, backward_warp
from framesmooth.smoothing.trajectory.jitter import WHITE_CORRELATION

_FLOW: Final = "dis-medium"

# Real motion that speeds up and slows down stays above this correlation, up to the flow's own errors. Of
# seven clean segments of three clips one came to -0.34 and the others to -0.20 or more; with wobble of half
# a pixel, all but two were below -0.5.
LARGEST_CORRELATION: Final = -0.42
LEAST_SIZE: Final = 1.0
"""Levels."""


@dataclass(frozen=True)
class JitterEvidence:
    """How much colours change because their places jitter, in levels, and how the jitter is correlated.

    ``correlation`` is that of the accelerations of a point from one frame to the next: -2/3 for white wobble,
    around 0 for real motion.
    """

    size: float
    correlation: float

    @property
    def is_seen(self) -> bool:
        """Whether it is wobble and not motion, and enough to be seen."""
        share = min(max(self.correlation / WHITE_CORRELATION, 0.0), 1.0)
        return self.correlation <= LARGEST_CORRELATION and self.size * share**0.5 >= LEAST_SIZE


def jitter_evidence(segments: Sequence[Sequence[Frame]]) -> JitterEvidence:
    """Return the wobble of segments without a cut, along their own motion; none below four frames."""
    product = energy = 0.0
    sizes: list[float] = []
    for frames in segments:
        flow = load_flow(_FLOW)
        motions = [estimate_bidirectional_flow(flow, first, second) for first, second in pairwise(frames)]
        found = {t: _acceleration(motions, t) for t in range(1, len(frames) - 1)}
        for t in range(1, len(frames) - 2):
            here, after = _changes(frames[t], found[t][0], found[t + 1][0], motions[t])
            seen = _both(found[t][1], found[t + 1][1], motions[t])
            product += float(np.vdot(here[seen], after[seen]))
            energy += float(np.vdot(here[seen], here[seen]) + np.vdot(after[seen], after[seen])) / 2
            if seen.any():
                sizes.append(float(np.mean(np.square(here[seen]))) / GAIN)
    if not sizes or energy <= 0:
        return JitterEvidence(0.0, 0.0)
    return JitterEvidence(float(np.mean(sizes)) ** 0.5, product / energy)


def _acceleration(motions: Sequence[BidirectionalFlow], t: int) -> tuple[FlowField, Mask]:
    seen = motions[t - 1].consistent_backward & motions[t].valid
    return np.asarray(motions[t].forward + motions[t - 1].backward, np.float32), np.asarray(seen)


def _changes(
    frame: Frame, here: FlowField, after: FlowField, motion: BidirectionalFlow
) -> tuple[FlowField, FlowField]:
    """Return what both accelerations mean for the colours of ``frame``, (H, W, 3) each, in levels."""
    image = as_float(frame) * np.float32(255)
    along_x, along_y = (
        np.asarray(cv2.Sobel(image, cv2.CV_32F, *axis, scale=1 / 8), np.float32) for axis in ((1, 0), (0, 1))
    )
    moved = np.asarray(backward_warp(after, motion.forward), np.float32)
    first, second = (along_x * each[..., :1] + along_y * each[..., 1:] for each in (here, moved))
    return first, second


def _both(here: Mask, after: Mask, motion: BidirectionalFlow) -> Mask:
    moved = backward_warp(after.astype(np.float32), motion.forward)
    return np.asarray(here & (moved > 0.5))
