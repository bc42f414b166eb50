"""Bilateral average along motion trajectories in three frequency bands: the default smoother."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.cuts import Step, shot_windows
from framesmooth.flow import FlowField
from framesmooth.frames import Frame, as_float, as_uint8
from framesmooth.smoothers.bands import Neighbour, detail_gain, diffuse, filter_band, noise_level
from framesmooth.smoothers.base import MotionSmoother
from framesmooth.smoothers.pyramid import FINE, LOW, MID, Band, BandMotions, join, rescaled_flow, split
from framesmooth.smoothers.tone import TONE_RADIUS, apply_gains, tone_gains
from framesmooth.smoothers.trajectories import Trajectory, trajectories
from framesmooth.smoothers.wobble import STEADY_RADIUS, steady_shift
from framesmooth.warp import backward_warp


@dataclass(frozen=True)
class BandSetting:
    """How one band is averaged at strength 1: window radius in frames and tolerance h."""

    radius: int
    tolerance: float


SETTINGS: Final = {FINE: BandSetting(3, 2.0), MID: BandSetting(4, 2.5), LOW: BandSetting(6, 4.0)}
LONGEST: Final = max(setting.radius for setting in SETTINGS.values())

# What the fine band of a keyframe counts beside an in-between's. Not the other bands: there, averages that
# lean towards the nearest keyframe pump at the keyframes' pace.
_KEYFRAME_WEIGHT = 2.0

# Likeness to a neighbour is judged over a Gaussian of so many pixels (sigma) of the band.
_LIKENESS_SIGMA = 2.0
# Contrast lost to misregistration is given back up to this factor.
_LARGEST_REGAIN = 1.6


@dataclass(frozen=True)
class BandedFrame:
    """A frame, its tone-corrected bands, what each counts, and their motion to the next frame of the shot."""

    frame: Frame
    strength: float
    bands: tuple[Band, Band, Band]
    weights: tuple[float, float, float]
    to_next: BandMotions | None


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

    def _smoothed(self, stream: Iterable[Step]) -> Iterator[Frame]:
        for window, centre in shot_windows(self._split_bands(stream), LONGEST):
            here = window[centre]
            yield as_uint8(self._smooth(window, centre)) if here.strength else here.frame.copy()

    def _split_bands(self, stream: Iterable[Step]) -> Iterator[BandedFrame]:
        """Correct every frame's tone and split it into bands."""
        for index, (step, gains) in enumerate(tone_gains(stream)):
            strength = self.strength_at(index)
            image = apply_gains(as_float(step.frame), gains ** np.float32(min(2 * strength, 1.0)))
            keyframe = index - len(self.lead_in) in self.keyframes
            weights = (_KEYFRAME_WEIGHT if keyframe else 1.0, 1.0, 1.0)
            yield BandedFrame(step.frame, strength, split(image), weights, step.to_next)

    def _smooth(self, window: Sequence[BandedFrame], centre: int) -> NDArray[np.float32]:
        """Return the smoothed frame (H, W, 3) float32 at ``centre`` of its window."""
        motions, strength = [frame.to_next for frame in window[:-1]], window[centre].strength
        shift = None
        if self.steady and self.guide is None:
            size = window[centre].bands[MID].shape[:2]
            near = trajectories([pair and pair[MID] for pair in motions], centre, STEADY_RADIUS, size)
            shift = steady_shift(near, min(2 * strength, 1.0))
        fine, mid, low = (self._average(band, window, centre, motions, shift) for band in (FINE, MID, LOW))
        return join(fine, mid, low)

    def _average(
        self,
        band: int,
        window: Sequence[BandedFrame],
        centre: int,
        motions: Sequence[BandMotions | None],
        shift: FlowField | None,
    ) -> Band:
        """Return one band of the centre frame averaged along its trajectories.

        With ``shift`` (on the mid grid) they start from the steadied grid, the frame's own moved by it.
        """
        setting, strength = SETTINGS[band], window[centre].strength
        centre_band = window[centre].bands[band]
        size = centre_band.shape[:2]
        moved = None if shift is None else rescaled_flow(shift, size)
        here = centre_band if moved is None else _moved(centre_band, moved)
        radius = max(setting.radius * min(2 * strength, 1.0), 1.0)
        others = []
        of_band = [pair and pair[band] for pair in motions]
        for path in trajectories(of_band, centre, ceil(radius), size).values():
            flow = path.flow if moved is None else _followed(path, moved)
            warped = _moved(window[centre + path.distance].bands[band], flow)
            weight = window[centre + path.distance].weights[band] / window[centre].weights[band]
            others.append(Neighbour(path.distance, warped, path.trust, weight))
        if not others:
            return here
        mean, support = filter_band(
            here,
            others,
            radius=radius,
            tolerance=setting.tolerance * 2 * strength,
            window=_LIKENESS_SIGMA,
            noise=noise_level(here, others),
            trend=band != FINE,
        )
        if band == FINE:
            gain = detail_gain(here, mean, window=2 * _LIKENESS_SIGMA, limit=_LARGEST_REGAIN)
            return np.asarray(cv2.multiply(mean, cv2.merge((gain, gain, gain))), np.float32)
        return here + diffuse(mean - here, support, sigma=2 * _LIKENESS_SIGMA)


def _moved(band: Band, flow: FlowField) -> Band:
    """Sample a band by cubic interpolation: linear would take a part of the detail at every neighbour."""
    return np.asarray(backward_warp(band, flow, interpolation=cv2.INTER_CUBIC), np.float32)


def _followed(path: Trajectory, shift: FlowField) -> FlowField:
    """Return the trajectory seen from the steadied grid: s(x) + F(x + s(x))."""
    return np.asarray(shift + backward_warp(path.flow, shift), np.float32)
