"""The bilateral filter of one band along motion trajectories, and the correction of its side effects."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.smoothing.trajectory.pyramid import Band, Weight, divided, gaussian, multiplied

# Half a level of 255 is what rounding makes; less noise than one level cannot be told from it.
_UNCHANGED = 0.5 / 255
LEAST_NOISE: Final = np.float32(1 / 255)
_NOISE_SAMPLES = 10_000
LEAST_KNOWN: Final = np.float32(0.25)
"""What a pixel weighs that was clipped to white, as if it were known so far."""
# The quantile of gaps that noise is known by, and that of a normal distribution's sizes. Below the median:
# what is followed to the wrong place has the largest gaps, and is not to be taken for noise and averaged.
_NOISE_QUANTILE, _NORMAL_QUANTILE = 0.4, 0.5244
# A slope over time of fewer standard errors than this is none.
_SIGNIFICANT = 2.0


@dataclass(frozen=True)
class Neighbour:
    """A band of another frame warped onto the current one: how far in time, and where it can be trusted.

    ``weight`` is what it counts beside the current frame; ``known`` (h, w) how far it wasn't clipped, None
    where nothing was.
    """

    distance: int
    band: Band
    trust: Weight
    weight: float = 1.0
    known: Weight | None = None


@dataclass(frozen=True)
class Difference:
    """How a neighbour differs from the current frame: ``gap`` (h, w, 3), ``unlike`` its local mean square.

    ``energy`` (h, w) is the sum over the channels of the squared gap. The other fields are the neighbour's.
    """

    distance: int
    gap: Band
    energy: Weight
    unlike: Weight
    trust: Weight
    weight: float
    known: Weight | None = None

    @property
    def sure(self) -> Weight:
        """Where the difference is one of things that both frames show, 0 to 1."""
        return self.trust if self.known is None else np.asarray(self.trust * self.known, np.float32)


def compare(centre: Band, other: Neighbour, *, window: float, known: Weight | None = None) -> Difference:
    """Return how a neighbour differs from the frame, over a Gaussian ``window`` (sigma, pixels).

    ``known`` (h, w) is how far the frame wasn't clipped: it is compared where it and the neighbour are known.
    """
    gap = np.asarray(cv2.subtract(other.band, centre), np.float32)
    squares, trust = _dot(gap, gap), other.trust
    both = known if other.known is None else other.known if known is None else known * other.known
    if both is None:
        unlike = gaussian(squares, window)
    else:
        known_share = np.maximum(gaussian(both, window), LEAST_KNOWN)
        unlike = np.asarray(gaussian(squares * both, window) / known_share, np.float32)
    if other.known is not None:
        trust = np.asarray(trust * np.maximum(other.known, LEAST_KNOWN), np.float32)
    unlike = np.asarray(unlike / 3, np.float32)
    return Difference(other.distance, gap, squares, unlike, trust, other.weight, both)


def noise_level(
    differences: Sequence[Difference], *, beside_trends: bool = False, level: Weight | None = None
) -> float:
    """Return the standard deviation of the band's noise where it changes, 1/255 at least.

    With the local ``level`` (h, w) of the frame it is that of its changes relative to it, 0 at least.

    From the differences d to the nearest neighbours. With ``beside_trends`` also from how the next but one
    lie off the line through the nearest, d(2) - 2 d(1), on each side by itself, if that is less: what rises
    or falls steadily, or turns just here, is no noise.
    """
    by_distance = {other.distance: other for other in differences}
    nearest = min(map(abs, by_distance), default=0)
    steps = [(by_distance[k].gap, by_distance[k].sure) for k in (-nearest, nearest) if k in by_distance]
    found, least = _spread(steps, level) / 2**0.5, float(LEAST_NOISE) if level is None else 0.0
    if not beside_trends:
        return max(found, least)
    bends = [
        (far.gap - 2 * near.gap, np.minimum(far.sure, near.sure))
        for k in (-1, 1)
        if (near := by_distance.get(k)) is not None and (far := by_distance.get(2 * k)) is not None
    ]
    return max(min(found, _spread(bends, level) / 6**0.5) if bends else found, least)


def _spread(gaps: Sequence[tuple[Band, Weight]], level: Weight | None) -> float:
    """Return the standard deviation of trusted gaps as if they were normal, from a quantile of about 10,000.

    With a ``level`` (h, w), of gaps relative to it. Samples that stay the same are left out: a flat or frozen
    background says nothing about the rest.
    """
    samples: list[NDArray[Any]] = [np.zeros(0, np.float32)]
    for gap, trust in gaps:
        step = max(int((trust.size / _NOISE_SAMPLES) ** 0.5), 1)
        sparse = np.s_[::step, ::step]
        sizes = np.abs(gap[sparse])
        changed = (trust[sparse] > 0.5)[..., None] & (sizes > _UNCHANGED)
        samples.append((sizes if level is None else sizes / level[sparse][..., None])[changed])
    changing = np.concatenate(samples)
    return float(np.quantile(changing, _NOISE_QUANTILE)) / _NORMAL_QUANTILE if changing.size else 0.0


def likeness(unlike: Weight, scale: Weight | np.float32) -> Weight:
    """Return 1 where two frames are alike (h, w), falling to 0 from D = ``unlike`` = scale / 4 on.

    exp(-x - x^2), x = max(D / scale - 1/4, 0): the weights of a dozen frames that show something else add up.
    """
    beyond = np.maximum(unlike / scale - np.float32(0.25), 0)
    return np.asarray(cv2.exp(-beyond * (1 + beyond)), np.float32)


class AverageChange:
    """What averaging with its neighbours adds to a frame, summed up neighbour by neighbour.

    Each neighbour weighs trust exp(-(k / (radius + 1/2))^2) exp(-x - x^2), x = max(D / (2 h^2 s^2) - 1/4,
    0), times its own weight, with k its distance in frames, D the mean squared difference, and ``limit`` h s,
    the tolerance times the noise; the frame itself weighs 1. Noise alone makes D = 2 s^2.

    Where only earlier or only later frames can be followed, a picture that changes steadily (a dissolve, a
    sunset) would be averaged to another time than its surroundings and show as a patch. With ``slope_window``
    the average is moved to the frame's own time along a weighted least-squares slope over such a Gaussian
    (sigma), as far as that slope stands out of the noise: at the ends of a shot it would carry flicker on.
    """

    def __init__(
        self,
        size: tuple[int, int],
        *,
        radius: float,
        limit: float | Weight,
        slope_window: float | None,
        known: Weight | None = None,
    ) -> None:
        """Start from a frame of this (height, width) without neighbours, which weighs ``known`` itself."""
        self._radius, self._scale = (
            radius,
            np.maximum(np.float32(2) * np.square(limit, dtype=np.float32), np.float32(1e-8)),
        )
        self._slope_window = slope_window
        self._own = np.float32(1) if known is None else np.maximum(known, LEAST_KNOWN)
        self._total = np.full(size, self._own, np.float32)
        self._change = np.zeros((*size, 3), np.float32)
        if slope_window is not None:
            self._lean, self._spread, self._energy = (np.zeros(size, np.float32) for _ in range(3))
            self._rise = np.zeros_like(self._change)

    def add(self, other: Difference) -> None:
        """Count one more neighbour in."""
        k = other.distance
        nearness = np.float32(np.exp(-((k / (self._radius + 0.5)) ** 2)) * other.weight)
        weight = likeness(other.unlike, self._scale) * other.trust * nearness
        weighted = multiplied(other.gap, weight)
        self._total += weight
        self._change += weighted
        if self._slope_window is not None:
            self._lean += np.float32(k) * weight
            self._spread += np.float32(k * k) * weight
            self._rise += np.float32(k) * weighted
            self._energy += other.unlike * weight

    def found(self) -> tuple[Band, Weight]:
        """Return the change (h, w, 3) and the neighbours' total weight (h, w)."""
        change, total, support = self._change, self._total, self._total - self._own
        if self._slope_window is not None:
            sums = (
                gaussian(part, self._slope_window)
                for part in (support, self._spread, self._energy, self._rise)
            )
            change = change - multiplied(significant_slope(*sums), self._lean)
        return divided(change, total), support


def significant_slope(weight: Weight, spread: Weight, energy: Weight, rise: Band) -> Band:
    """Return the slope over time (h, w, 3) of differences to a frame, as far as it stands out of their noise.

    From the sums over neighbours k of w, k^2 w, w d^2 and k w d: a least-squares line through the frame
    itself, times max(1 - (_SIGNIFICANT standard errors / slope)^2, 0).
    """
    spread = np.maximum(spread, 1e-3)
    slope = divided(rise, spread)
    steepness = _dot(slope, slope) / np.float32(3) + np.float32(1e-12)
    error = np.maximum(energy - steepness * spread, 0) / (np.maximum(weight, 1e-3) * spread)
    share = np.maximum(1 - _SIGNIFICANT**2 * error / steepness, 0)
    return multiplied(slope, share)


def diffuse(correction: Band, support: Weight, *, sigma: float) -> Band:
    """Carry a correction from pixels with temporal support into those without (normalised convolution).

    ``support`` is the neighbours' weight (h, w); below 1 the blurred correction of the surroundings takes
    over, so that occlusions do not keep their flicker.
    """
    certainty = np.minimum(support, 1.0)
    spread = gaussian(multiplied(correction, certainty), sigma)
    known = gaussian(certainty, sigma)
    filled = divided(spread, np.maximum(known, 1e-3))
    return np.asarray(filled + multiplied(correction - filled, certainty), np.float32)


def detail_gain(wanted: Band, filtered: Band, *, window: float, limit: float) -> Weight:
    """Return the local least-squares slope (h, w) of the input band on the filtered one, in [1, ``limit``].

    It gives back the contrast that averaging lost to misregistration, and none of the noise: noise that the
    average removed is uncorrelated with what is left.
    """
    product = gaussian(_dot(wanted, filtered), window)
    energy = gaussian(_dot(filtered, filtered), window)
    return np.asarray(np.clip((product + 1e-6) / (energy + 1e-6), 1.0, limit), np.float32)


def mean_product(first: Band, second: Band) -> Weight:
    """Return the mean over the channels of the products (h, w)."""
    return np.asarray(_dot(first, second) / 3, np.float32)


def _dot(first: Band, second: Band) -> NDArray[np.float32]:
    """Return the sum over the channels of the products (h, w); OpenCV is far quicker at it than numpy."""
    return np.asarray(cv2.transform(first * second, np.ones((1, 3), np.float32)), np.float32)
