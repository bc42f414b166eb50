"""Bands of mains-powered lamps: rows that are lighter and darker, evened out against the frames around."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_deep_as, in_levels
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.flow.base import FlowEstimator, FlowField
from framesmooth.motion.occlusion import forward_backward_mask
from framesmooth.motion.shots import Step, shot_windows
from framesmooth.motion.warping import backward_warp, inside_frame
from framesmooth.smoothing.exposure import FLICKER, TONE_RADIUS, low_pass, toned
from framesmooth.smoothing.motion_compensated import MotionSmoother
from framesmooth.smoothing.trajectory.flow_chains import trajectories
from framesmooth.smoothing.trajectory.pyramid import HALF, MID, LevelMotion, grid_motions, level_sizes

RowTones = NDArray[np.float64]
"""Log-ratios of the rows of a small picture (h, 3)."""

# Ratios of nearly black or clipped samples hold no information about light.
_DARKEST, _BRIGHTEST = 12, 250
# Light is blurred along the rows by so many pixels of the half grid, and every so many of them are compared:
# what warping between pixels takes from sharp texture would pass for light.
_ALONG, _EVERY = 2.0, 2
# Rows are smoothed over this share of the height (Gaussian sigma), and two frames are brought to the same
# light for the flow over that.
_ROWS, _FLOW_ROWS = 1 / 96, 1 / 24
# Single rows don't tell lightning.
_BANDS: Final = replace(FLICKER, jump=float("inf"))
# Samples of a row that say enough, and the standard errors that a row's tone must stand out by.
_ENOUGH, _SIGNIFICANT = 8.0, 0.85


@dataclass(frozen=True)
class LitStep:
    """A frame, the logarithm of its light on the half grid (h, w, 3), NaN where unknown, and its motion."""

    frame: Frame
    index: int
    light: NDArray[np.float32]
    to_next: LevelMotion | None


@dataclass(frozen=True)
class RowEvenFlow:
    """A flow estimator that sees two frames in the same light, row by row: bands that roll are no motion."""

    flow: FlowEstimator

    def __call__(self, image0: Frame, image1: Frame) -> FlowField:
        """Return flow (H, W, 2) float32 in pixels from ``image0`` to ``image1``."""
        sigma = _FLOW_ROWS * len(image0)
        rows = [
            cv2.log(np.maximum(image.mean(axis=(1, 2)), 1.0)).astype(np.float32) for image in (image0, image1)
        ]
        gap = cv2.GaussianBlur((rows[0] - rows[1]).reshape(-1, 1), (1, 0), sigmaX=1, sigmaY=sigma)
        even = np.clip(image1 * np.exp(gap)[..., None], 0, 255).astype(np.uint8)
        return self.flow(image0, even)


@dataclass(frozen=True, kw_only=True)
class BandingSmoother(MotionSmoother):
    """Evens out rows of the picture that lamps on mains power make lighter and darker.

    Each row's exposure and colour is put on a smooth path over time, like the whole frame's in ``deflicker``:
    the median log-ratio, channel by channel, of a row to what the six frames to either side show of the same
    things. No frame is blended with another. ``strength`` is the share of the correction that is applied,
    whole from 0.5 on.
    """

    reach = TONE_RADIUS + 1  # the frames of the tone path, and the last motion
    memory = TONE_RADIUS

    def _estimator(self) -> FlowEstimator:
        return RowEvenFlow(super()._estimator())

    def _kept(self, stream: Iterable[Step]) -> Iterator[LitStep]:
        for step in stream:
            motion = None if step.to_next is None else _motion(step.to_next)
            yield LitStep(step.frame, step.index, _light(step.frame), motion)

    def _smoothed(self, stream: Iterable[LitStep]) -> Iterator[Frame]:
        for window, centre in shot_windows(stream, TONE_RADIUS):
            step = window[centre]
            share = np.float32(min(2 * self.strength_at(step.index), 1.0))
            if not share:
                yield step.frame.copy()
                continue
            gains = np.exp(share * _row_corrections(window, centre))
            yield as_deep_as(step.frame, toned(step.frame, _stretched(gains, len(step.frame))))


def _motion(motion: BidirectionalFlow) -> LevelMotion:
    """Return motion on the half grid, trusted where it is consistent."""
    grid = grid_motions(motion)[HALF]
    both = grid.forward.astype(np.float32), grid.backward.astype(np.float32)
    masks = [(forward_backward_mask(one, other) & inside_frame(one),) for one, other in (both, both[::-1])]
    return LevelMotion(grid.forward, grid.backward, *masks)


def _light(frame: Frame) -> NDArray[np.float32]:
    size = level_sizes((frame.shape[0], frame.shape[1]))[MID]
    exact = np.asarray(in_levels(frame), np.float32)  # 8 bits would be rounded again
    small = cv2.resize(exact, size[::-1], interpolation=cv2.INTER_AREA)
    brightest = float("inf") if frame.dtype == np.float32 else _BRIGHTEST
    known = ((small >= _DARKEST) & (small <= brightest)).astype(np.float32)
    mean = _along_rows(small * known) / np.maximum(_along_rows(known), 1e-6)
    light = np.log(np.maximum(mean, 1))
    light[known == 0] = np.nan
    return np.asarray(light, np.float32)


def _along_rows(image: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(image, (0, 1), sigmaX=_ALONG, sigmaY=1))


def _row_corrections(window: Sequence[LitStep], centre: int) -> RowTones:
    """Return the logarithms (h, 3) of the gains that put the rows of a frame on smooth paths."""
    motions = [step.to_next for step in window[:-1]]
    paths = trajectories(motions, centre, TONE_RADIUS)[0] if motions else {}
    here = window[centre].light
    path = np.zeros((len(window), *here.shape[::2]))
    errors = [np.zeros(here.shape[::2])]
    for k, trajectory in paths.items():
        seen = trajectory.trust > 0.5
        gap = backward_warp(window[centre + k].light, trajectory.flow) - here
        gap[~seen] = np.nan
        path[centre + k], error = _row_tones(gap[:, ::_EVERY])
        errors.append(error)
    whole = np.median(path, axis=1)
    rows = (path - whole[:, None]).reshape(len(path), -1)
    variance = np.mean(np.square(errors), axis=0)
    even = _significant(low_pass(rows, centre, _BANDS).reshape(here.shape[::2]), variance)
    return even + low_pass(whole, centre)


def _row_tones(gap: NDArray[np.float32]) -> tuple[RowTones, RowTones]:
    """Return the smoothed medians of the rows of (h, w, 3), and their standard errors."""
    known = np.isfinite(gap)
    count = known.sum(axis=1).astype(np.float64)
    gap = np.where(known.any(axis=1, keepdims=True), gap, 0)
    medians = np.nanmedian(gap, axis=1)
    spread = 1.4826 * np.nanmedian(np.abs(gap - medians[:, None]), axis=1)
    sigma = max(_ROWS * len(gap), 0.5)
    weight = np.minimum(count / _ENOUGH, 1)
    total = np.maximum(_over_rows(weight, sigma), 1e-3)
    tones = _over_rows(weight * medians, sigma) / total
    errors = 1.25 * spread / np.sqrt(np.maximum(count, 1))
    return tones, np.sqrt(_over_rows(weight * np.square(errors), sigma) / total)


def _over_rows(rows: RowTones, sigma: float) -> RowTones:
    return np.asarray(cv2.GaussianBlur(rows, (1, 0), sigmaX=1, sigmaY=sigma, borderType=cv2.BORDER_REFLECT))


def _significant(tones: RowTones, variance: RowTones) -> RowTones:
    """Return the tones (h, 3), of each channel as far as they stand out of its errors all over the frame."""
    energy = np.maximum(np.mean(np.square(tones), axis=0), 1e-12)
    return np.asarray(tones * np.maximum(1 - _SIGNIFICANT**2 * variance.mean(axis=0) / energy, 0))


def _stretched(rows: RowTones, height: int) -> NDArray[np.float32]:
    """Return (height, 1, 3) of (h, 3)."""
    column = np.asarray(rows[:, None], np.float32)
    return np.asarray(cv2.resize(column, (1, height), interpolation=cv2.INTER_LINEAR), np.float32)
