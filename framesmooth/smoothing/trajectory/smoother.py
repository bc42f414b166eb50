"""Bilateral average along motion trajectories in three frequency bands: the default smoother."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, islice
from math import ceil
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_deep_as
from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.shots import Step, shot_windows
from framesmooth.motion.warping import backward_warp
from framesmooth.smoothing.exposure import (
    TONE_RADIUS,
    GridStep,
    grid_steps,
    in_light_of,
    tone_gains,
    toned,
    unclipped,
)
from framesmooth.smoothing.motion_compensated import MotionSmoother
from framesmooth.smoothing.trajectory.bilateral import (
    LEAST_NOISE,
    AverageChange,
    Difference,
    Neighbour,
    compare,
    detail_gain,
    diffuse,
    mean_product,
    noise_level,
)
from framesmooth.smoothing.trajectory.flow_chains import Paths, Trajectory, trajectories
from framesmooth.smoothing.trajectory.flow_filling import filled_steps
from framesmooth.smoothing.trajectory.following import Following
from framesmooth.smoothing.trajectory.jitter import (
    STEADY_RADIUS,
    Jitter,
    find_jitter,
    visible_motion,
)
from framesmooth.smoothing.trajectory.pyramid import (
    FINE,
    HALF,
    LOW,
    LOW_SIGMA,
    MID,
    QUARTER,
    Band,
    GridMotions,
    Weight,
    as_half,
    as_single,
    gaussian,
    in_light,
    join,
    level_sizes,
    multiplied,
    rescaled_flow,
    resized,
    split,
)
from framesmooth.smoothing.trajectory.registration import moved, steadied
from framesmooth.timeline.schedule import Schedule


@dataclass(frozen=True)
class BandSetting:
    """How one band is averaged at strength 1: window radius in frames and tolerance h."""

    radius: int
    tolerance: float


SETTINGS: Final = {FINE: BandSetting(3, 1.9), MID: BandSetting(4, 2.25), LOW: BandSetting(6, 3.0)}
LONGEST: Final = max(setting.radius for setting in SETTINGS.values())

# Where all of a frame wobbles, outlines differ by more than noise: so many times the tolerance is right.
_WOBBLING_TOLERANCE: Final = {FINE: 1.6, MID: 1.25, LOW: 1.0}
# What the fine band of a keyframe counts beside an in-between's. Not the other bands: there, averages that
# lean towards the nearest keyframe pump at the keyframes' pace.
_KEYFRAME_WEIGHT = 2.0

# Similarity to a neighbour is judged over a Gaussian of so many pixels (sigma) of the band.
_SIMILARITY_SIGMA = 2.0
# Contrast lost to misregistration is given back up to this factor.
_LARGEST_REGAIN = 1.6
# Light changed for sure from so many times what was evened out on.
_STANDS_OUT: Final = 2.0
# What is darker flickers no less than this does.
_DARK: Final = np.float32(16 / 255)


@dataclass(frozen=True)
class TonedFrame:
    """A frame, the gains that put it on the tone path, what its bands count, and its motion to the next one.

    ``rise`` (3,) is the log-ratio of the next frame's light to this one's, and ``jump`` the same where
    another light begins, else 0. ``kept`` has its bands by the share of the gains that was applied, the fine
    and the mid one in half precision: at most 0.03 of 255 levels off. ``sure`` has how far their pixels are
    known.
    """

    frame: Frame
    index: int
    gains: NDArray[np.float32]
    weights: tuple[float, float, float]
    to_next: GridMotions | None
    rise: NDArray[np.float64]
    jump: NDArray[np.float64]
    kept: dict[float, dict[int, NDArray[np.floating[Any]]]] = field(default_factory=dict)
    sure: dict[float, dict[int, Weight]] = field(default_factory=dict)

    def band(self, band: int, share: float) -> Band:
        """Return a band of the frame with this share of its gains."""
        if share not in self.kept:
            fine, mid, low = split(toned(self.frame, self.gains ** np.float32(share)))
            self.kept[share] = {FINE: as_half(fine), MID: as_half(mid), LOW: low}
        return as_single(self.kept[share][band])

    def known(self, band: int, share: float) -> Weight | None:
        """Return how far the pixels of a band are known (h, w), 0 to 1; None where nothing was clipped."""
        if share not in self.sure:
            found = unclipped(self.frame, self.gains ** np.float32(share))
            self.sure[share] = {} if found is None else _known_bands(found)
        bands = self.sure[share]
        return bands[band] if bands else None

    def forget_fine(self) -> None:
        """Drop the largest band, which no later frame asks for."""
        for bands in (*self.kept.values(), *self.sure.values()):
            bands.pop(FINE, None)


def _known_bands(found: Weight) -> dict[int, Weight]:
    """Return how far the pixels of each band are known, by that of the frame's pixels (H, W)."""
    _, mid, low = level_sizes((found.shape[0], found.shape[1]))
    # A pixel of the low band is made of many.
    return {FINE: found, MID: resized(found, mid), LOW: resized(gaussian(found, LOW_SIGMA), low)}


@dataclass(frozen=True)
class RegisteredBand:
    """A band of the centre frame, and how its neighbours differ from it; computed once for all strengths.

    ``near`` has the differences to the neighbours up to two frames away. ``others`` yields those to all
    neighbours, and empties ``near`` as it goes.
    """

    here: Band
    known: Weight | None
    near: list[Difference]
    others: Iterator[Difference]
    radius: float

    @cached_property
    def energy(self) -> Weight:
        """The local mean square of the band (h, w)."""
        return gaussian(mean_product(self.here, self.here), _SIMILARITY_SIGMA)

    def nearest(self, distance: int) -> list[Difference]:
        """Return the differences to the neighbours up to so many frames away."""
        return [other for other in self.near if abs(other.distance) <= distance]


@dataclass(frozen=True, kw_only=True)
class TrajectorySmoother(MotionSmoother):
    """Removes gain, exposure, texture and wobble flicker while keeping detail.

    Shots are smoothed on their own. ``strength`` in 0 to 1 sets how far and how tolerantly frames are
    averaged; ``steady`` also removes geometric wobble. The outlines of a ``guide`` are where they should be,
    so there is no wobble to be seen then. The fine detail of the frames ``keyframes`` (indices) counts more
    than that of others, which were made from them.
    """

    steady: bool = True
    keyframes: Collection[int] = field(default=(), repr=False, compare=False)

    # The frames of the tone path and of the widest band, then one each for the last motion and its tone.
    reach = TONE_RADIUS + LONGEST + 2
    memory = TONE_RADIUS + LONGEST
    replaces_odd_frames = True
    divides = True

    def _kept(self, stream: Iterable[Step]) -> Iterator[GridStep]:
        return filled_steps(grid_steps(stream))

    def _smoothed(self, stream: Iterable[GridStep]) -> Iterator[Frame]:
        return (frame for (frame,) in self._in_lanes(stream, (self.strength,)))

    def _in_lanes(
        self, stream: Iterable[GridStep], strengths: Sequence[float | Schedule]
    ) -> Iterator[tuple[Frame, ...]]:
        for window, centre in shot_windows(self._toned(stream), LONGEST):
            if self.only is not None and window[centre].index not in self.only:
                yield tuple(window[centre].frame.copy() for _ in strengths)
                continue
            lanes = [[self._strength(each, frame.index) for frame in window] for each in strengths]
            paths = self._paths(window, centre, max(_share(lane[centre]) for lane in lanes))
            keys = [(tuple(map(_share, lane)), lane[centre]) for lane in lanes]
            alike: dict[tuple[float, ...], set[float]] = {}  # from half strength on, lanes share much
            for shares, strength in keys:
                alike.setdefault(shares, set()).add(strength)
            answers = {
                (shares, strength): frame
                for shares, group in alike.items()
                for strength, frame in self._answer(window, centre, shares, group, paths).items()
            }
            yield tuple(answers[key] for key in keys)
            for frame in window[: max(centre + 1 - SETTINGS[FINE].radius, 0)]:
                frame.forget_fine()

    def _toned(self, stream: Iterable[GridStep]) -> Iterator[TonedFrame]:
        """Yield every frame with the gains of its tone path."""
        for step, gains in tone_gains(stream):
            keyframe = step.index in self.keyframes
            weights = (_KEYFRAME_WEIGHT if keyframe else 1.0, 1.0, 1.0)
            yield TonedFrame(step.frame, step.index, gains, weights, step.to_next, step.rise, step.jump)

    def _paths(self, window: Sequence[TonedFrame], centre: int, share: float) -> list[Paths]:
        """Return the trajectories of each band, as far as the strongest lane looks; none at strength 0.

        Frames in another light have none: lightning would be averaged away, and leave a glow behind.
        """
        if not share:
            return [{}, {}, {}]
        alike = in_light_of([frame.jump for frame in window], centre)
        # At the ends of a shot all frames that tell wobble are on one side.
        nearest = 2 * STEADY_RADIUS if self._steadies else 1
        half, quarter = (
            trajectories(
                [frame.to_next and frame.to_next[grid] for frame in window[:-1]],
                centre,
                max(nearest, *(ceil(_radius(band, share)) for band in bands)),
            )
            for grid, bands in ((HALF, (FINE, MID)), (QUARTER, (LOW,)))
        )
        return [
            {k: path for k, path in paths.items() if alike[centre + k]}
            for paths in [*(half or ({}, {})), *(quarter or ({},))]
        ]

    @property
    def _steadies(self) -> bool:
        return self.steady and self.guide is None

    def _steadied(
        self, window: Sequence[TonedFrame], centre: int, shares: Sequence[float], paths: Sequence[Paths]
    ) -> tuple[Sequence[Paths], FlowField | None, float]:
        """Return trajectories from the steadied grid, where to sample the frame, and if all of it wobbles."""
        wobble = _wobble(window, centre, paths[MID]) if self._steadies else None
        if wobble is None:
            return paths, None, 0.0
        bands = {k: window[centre + k].band(MID, shares[centre + k]) for k in wobble.span}
        return *steadied(paths, wobble, shares[centre], bands), wobble.presence

    def _answer(
        self,
        window: Sequence[TonedFrame],
        centre: int,
        shares: Sequence[float],
        strengths: Collection[float],
        paths: Sequence[Paths],
    ) -> dict[float, Frame]:
        """Return the smoothed frame (H, W, 3) at ``centre`` of its window, for each of the strengths.

        Bands that are warped onto the steadied grid take most of the memory: one by one they are averaged.
        """
        if not shares[centre]:
            return {strength: window[centre].frame.copy() for strength in strengths}
        paths, shift, presence = self._steadied(window, centre, shares, paths)
        averaged: dict[float, dict[int, Band]] = {strength: {} for strength in strengths}
        mid, low = (_register(band, window, centre, shares, paths[band], shift) for band in (MID, LOW))
        following = Following(mid.here)
        following.confirm(mid.near)
        gain = _gain(low, following)
        for band in (MID, FINE, LOW):
            registered = {MID: mid, LOW: low}.get(band) or _register(
                band, window, centre, shares, paths[band], shift
            )
            noise = _noise(band, registered, gain, following)
            looser = 1 + (_WOBBLING_TOLERANCE[band] - 1) * presence
            if band == MID:
                seen = following.seen(registered.others, looser * noise)
            elif band == FINE:
                seen = following.trusted_in_fine(registered.others, registered.here, noise)
            else:
                seen = following.trusted(registered.others)
            limits = [2 * strength * SETTINGS[band].tolerance * looser * noise for strength in averaged]
            answers = _average(band, replace(registered, others=seen), limits, following)
            for bands, answer in zip(averaged.values(), answers, strict=True):
                bands[band] = answer
        if following.is_lost and self.on_lost is not None:
            self.on_lost(window[centre].index)
        frame = window[centre].frame
        return {
            strength: as_deep_as(frame, join(bands[FINE], bands[MID], bands[LOW]))
            for strength, bands in averaged.items()
        }


def _share(strength: float) -> float:
    """Return the share of tone, steadying and radius at a strength: whole from half strength on."""
    return min(2 * strength, 1.0)


def _radius(band: int, share: float) -> float:
    return max(SETTINGS[band].radius * share, 1.0)


def _wobble(window: Sequence[TonedFrame], centre: int, paths: Paths) -> Jitter | None:
    """Return the wobble of a frame, by its trajectories of the mid band; None in a very short shot.

    Pictures that are held for some frames do not weave: on film, each of those would stand elsewhere.
    """
    size = next((path.trust.shape for path in paths.values()), None)
    if size is None:
        return None
    found = find_jitter(paths, visible_motion(window[centre].frame, (size[0], size[1])))
    if found is None:
        return None
    first, last = (window[centre + k].index for k in (found.span[0], found.span[-1]))
    is_held = last - first >= len(found.span)
    return replace(found, weave=0 * found.weave) if is_held else found


def _register(
    band: int,
    window: Sequence[TonedFrame],
    centre: int,
    shares: Sequence[float],
    paths: Paths,
    shift: FlowField | None,
) -> RegisteredBand:
    """Return one band of the centre frame and how its neighbours along their trajectories differ from it.

    The frame's own band is moved by ``shift`` (on the mid grid) onto the steadied grid, where they start.
    """
    here, radius = window[centre].band(band, shares[centre]), _radius(band, shares[centre])
    known = window[centre].known(band, shares[centre])
    size = here.shape[:2]
    lit = _in_this_light(window, centre, shares)
    if shift is not None:
        here = moved(here, rescaled_flow(shift, size))

    def difference(path: Trajectory) -> Difference:
        other, share = window[centre + path.distance], shares[centre + path.distance]
        flow = rescaled_flow(path.flow, size)
        there = in_light(moved(other.band(band, share), flow), lit[centre + path.distance])
        weight = other.weights[band] / window[centre].weights[band]
        seen = other.known(band, share)
        if seen is not None:
            seen = np.asarray(backward_warp(seen, flow), np.float32)
        neighbour = Neighbour(path.distance, there, resized(path.trust, size), weight, seen)
        return compare(here, neighbour, window=_SIMILARITY_SIGMA, known=known)

    close = sorted((k for k in paths if abs(k) <= ceil(radius)), key=abs)
    others = (difference(paths[k]) for k in close)
    near = list(islice(others, sum(abs(k) <= (1 if band == FINE else 2) for k in close)))
    return RegisteredBand(here, known, near, chain(_consumed(near), others), radius)


def _gain(low: RegisteredBand, following: Following) -> float:
    """Return by what share of its brightness the low band flickers, trends not counted."""
    return noise_level(following.confirmed(low.near, wide=True), beside_trends=True, level=_level(low))


def _level(low: RegisteredBand) -> Weight:
    return np.asarray(np.sqrt(low.energy) + _DARK, np.float32)


def _noise(band: int, registered: RegisteredBand, gain: float, following: Following) -> Weight:
    """Return what a band flickers by (h, w).

    Light that flickers is a ``gain``: what is bright, or rich in contrast, flickers more. Trends count in the
    finer bands: wobbling outlines there come and go like trends.
    """
    if band == LOW:
        return np.asarray(np.maximum(np.float32(gain) * _level(registered), LEAST_NOISE), np.float32)
    own = noise_level(following.confirmed(registered.nearest(1)))
    return np.asarray(np.sqrt(np.float32(own**2) + np.float32(gain**2) * registered.energy), np.float32)


def _in_this_light(window: Sequence[TonedFrame], centre: int, shares: Sequence[float]) -> NDArray[np.float32]:
    """Return the gains (n, 3) that bring the frames of a window to the light of the one at ``centre``.

    Light that changes steadily is no noise: neighbours follow it as far as the change is larger than the
    flicker that was evened out.
    """
    evened = np.array([share * np.log(frame.gains) for frame, share in zip(window, shares, strict=True)])
    path = np.cumsum(np.array([np.zeros(3), *(frame.rise for frame in window[:-1])]), axis=0) + evened
    gap, noise = path[centre] - path, np.square(evened).mean(axis=0)
    share = np.maximum(1 - _STANDS_OUT**2 * noise / np.maximum(np.square(gap), 1e-12), 0)
    return np.asarray(np.exp(share * gap), np.float32)


def _consumed(differences: list[Difference]) -> Iterator[Difference]:
    """Yield the differences in order and keep none of them."""
    while differences:
        yield differences.pop(0)


def _average(
    band: int, registered: RegisteredBand, limits: Sequence[Weight], following: Following
) -> Iterator[Band]:
    """Yield one band of the centre frame averaged with its neighbours, as unlike (h, w) by so much each."""
    here = registered.here
    averages = [
        AverageChange(
            here.shape[:2],
            radius=registered.radius,
            limit=np.asarray(limit, np.float32),
            slope_window=None if band == FINE else 2 * _SIMILARITY_SIGMA,
            known=registered.known,
        )
        for limit in limits
    ]
    for other in registered.others:
        for average in averages:
            average.add(other)
        del other  # it would be held while the next one is made
    for average in averages:
        change, support = average.found()
        yield _mended(band, registered, change, support, following)


def _mended(
    band: int, registered: RegisteredBand, change: Band, support: Weight, following: Following
) -> Band:
    """Return a band with its change: contrast that was lost given back, and places without support filled."""
    here, known = registered.here, registered.known
    if band == LOW:
        return here + diffuse(change, support, sigma=2 * _SIMILARITY_SIGMA)
    if band == MID:
        change = diffuse(change, support, sigma=2 * _SIMILARITY_SIGMA)
    mean = np.asarray(here + change, np.float32)
    gain = detail_gain(here, mean, window=2 * _SIMILARITY_SIGMA, limit=_LARGEST_REGAIN)
    if band == MID:  # where it was followed, hardly any is lost, and it would bring back flicker
        gain = np.asarray(1 + following.missed * (gain - 1), np.float32)
    elif known is not None:
        gain = np.asarray(1 + known * (gain - 1), np.float32)
    return multiplied(mean, gain)
