"""Bilateral average along motion trajectories in three frequency bands: the default smoother."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth import defaults
from framesmooth.cuts import Step, shot_windows, steps
from framesmooth.flow import FlowField, load_flow
from framesmooth.frames import Frame, as_float, as_uint8
from framesmooth.smoother import check_strength
from framesmooth.smoothers.bands import (
    Band,
    Neighbour,
    detail_gain,
    diffuse,
    filter_band,
    gaussian,
    noise_level,
)
from framesmooth.smoothers.tone import TONE_RADIUS, apply_gains, tone_gains
from framesmooth.smoothers.trajectories import Trajectory, trajectories
from framesmooth.smoothers.wobble import steady_shift
from framesmooth.warp import backward_warp


@dataclass(frozen=True)
class BandSetting:
    """How one band is averaged at strength 1: window radius in frames, tolerance h, Gaussian window in px."""

    radius: int
    tolerance: float
    window: float


FINE_SIGMA: Final = 1.5
MID_SIGMA: Final = 8.0
FINE: Final = BandSetting(radius=2, tolerance=2.5, window=2.0)
MID: Final = BandSetting(radius=3, tolerance=2.5, window=4.0)
LOW: Final = BandSetting(radius=6, tolerance=4.0, window=8.0)

# Contrast lost to misregistration is given back up to this factor.
_LARGEST_REGAIN = 1.6


@dataclass(frozen=True)
class BandedStep(Step):
    """A step whose tone-corrected frame is split into fine, mid and low bands, (H, W, 3) float32 each."""

    bands: tuple[Band, Band, Band]


@dataclass(frozen=True, kw_only=True)
class WindowSmoother:
    """Removes gain, exposure, texture and wobble flicker while keeping detail; needs no guide.

    Shots are smoothed on their own. ``strength`` in 0 to 1 sets how far and how tolerantly frames are
    averaged; ``steady`` also removes geometric wobble.
    """

    strength: float = defaults.STRENGTH
    flow: str = "dis-robust"
    steady: bool = True

    def __post_init__(self) -> None:
        """Check the strength."""
        check_strength(self.strength)

    @property
    def lookahead(self) -> int:
        """Frames of the tone path and of the widest band, then one each for the last motion and its tone."""
        return TONE_RADIUS + LOW.radius + 2 if self.strength else 0

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the smoothed (H, W, 3) uint8 frames; holds about 2 lookahead + 1 frames with their flow."""
        if self.strength == 0:
            yield from (frame.copy() for frame in frames)
            return
        stream = _split_bands(steps(frames, load_flow(self.flow)), self.strength)
        for window, centre in shot_windows(stream, LOW.radius):
            yield as_uint8(self._smooth(window, centre))

    def _smooth(self, window: Sequence[BandedStep], centre: int) -> NDArray[np.float32]:
        """Return the smoothed frame (H, W, 3) float32 at ``centre`` of its window."""
        paths = trajectories(window, centre)
        shift = steady_shift(paths, min(2 * self.strength, 1.0)) if self.steady else None
        if shift is not None:
            paths = {k: replace(path, flow=_followed(path, shift)) for k, path in paths.items()}
        fine, mid, low = (
            self._average(band, setting, window, centre, paths, shift)
            for band, setting in enumerate((FINE, MID, LOW))
        )
        return fine + mid + low

    def _average(
        self,
        band: int,
        setting: BandSetting,
        window: Sequence[BandedStep],
        centre: int,
        paths: dict[int, Trajectory],
        shift: FlowField | None,
    ) -> Band:
        """Return one band of the centre frame averaged along its trajectories, on the steadied grid.

        The ``paths`` start from that grid, which is the frame's own moved by ``shift``.
        """
        here = _moved(window[centre].bands[band], shift)
        radius = max(setting.radius * min(2 * self.strength, 1.0), 1.0)
        others = [
            Neighbour(
                path.distance,
                backward_warp(window[centre + path.distance].bands[band], path.flow),
                path.trust,
            )
            for path in paths.values()
            if abs(path.distance) <= np.ceil(radius)
        ]
        if not others:
            return here
        mean, support = filter_band(
            here,
            others,
            radius=radius,
            tolerance=setting.tolerance * 2 * self.strength,
            window=setting.window,
            noise=noise_level(here, others),
        )
        if setting is FINE:
            return mean * detail_gain(here, mean, window=4.0, limit=_LARGEST_REGAIN)[..., None]
        return here + diffuse(mean - here, support, sigma=2 * setting.window)


def _split_bands(stream: Iterable[Step], strength: float) -> Iterator[BandedStep]:
    """Correct every frame's tone and split it at sigma 1.5 and sigma 8 pixels."""
    for step, gains in tone_gains(stream):
        image = apply_gains(as_float(step.frame), gains ** np.float32(min(2 * strength, 1.0)))
        blurred = gaussian(image, FINE_SIGMA)
        low = gaussian(image, MID_SIGMA)
        yield BandedStep(step.frame, step.to_next, (image - blurred, blurred - low, low))


def _moved(band: Band, shift: FlowField | None) -> Band:
    return band if shift is None else backward_warp(band, shift, interpolation=cv2.INTER_CUBIC)


def _followed(path: Trajectory, shift: FlowField) -> FlowField:
    """Return the trajectory seen from the steadied grid: s(x) + F(x + s(x))."""
    return np.asarray(shift + backward_warp(path.flow, shift), np.float32)
