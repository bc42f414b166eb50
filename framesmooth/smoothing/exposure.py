"""The tone path: global gain and colour of every frame, low-passed over time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain, pairwise
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_float, eight_bits, in_levels
from framesmooth.motion.shots import Step, shot_windows
from framesmooth.motion.warping import backward_warp
from framesmooth.smoothing.trajectory.pyramid import (
    HALF,
    GridMotions,
    LevelMotion,
    as_single,
    grid_motions,
)

TONE_RADIUS: Final = 6
"""Frames to either side that the low-pass of the tone path looks at."""

# A bend or step of a tone path has so many frames beside it; so far away one frame may be of another light.
_FEWEST_BESIDE, _FAR = 2, 4
# So many frames to either side tell whether the low-passed path is steadier: surely with this share of the
# mean square of second differences.
_BESIDE, _SURELY_STEADIER = 3, 0.1
# A single bend or step makes so many second differences; flicker makes more. A path changes by so many
# times the largest of the others at most.
_SINGLE, _LARGEST_CHANGE = 2, 1.5
# A jump is so many times the usual rise, of fewer rises none is usual, and so many times those beside it.
_TIMES_USUAL, _FEWEST_RISES, _TIMES_BESIDE = 5.0, 4, 2.0
# A step that stands out by this share of its height is a lamp for sure: the line is sought beside it.
_SURE_STEP: Final = 0.9
# Ratios of nearly black or clipped samples hold no information about exposure.
_DARKEST, _BRIGHTEST = 12, 250
_FEWEST_SAMPLES = 64
# Frames that are darkened by so much may have been clipped. Pixels are from so many levels below the
# brightest on less and less known, and those beside them (a Gaussian of so many pixels).
_CLIPPING_GAIN, _CLIPPING_EDGE, _CLIPPING_SIGMA = 0.04, 4, 1.0


@dataclass(frozen=True)
class LowPass:
    """How a tone path is low-passed.

    Attributes:
        radius: frames to either side that it looks at.
        sigma: of the Gaussian that they count by, frames.
        slope: standard errors below which a slope is none.
        bend: the same of a bend or a step; more is asked of that which stands out most of many.
        jump: log-ratio of two frames from which on, if it is also five times the usual, another light begins:
            frames are compared as if they were in the light of the middle one.
        bends_first: whether the line is sought beside any bend, not only beside a step that is sure.
        steadier: whether a path is left where the low-passed one beside it is no steadier.
        faint: log-ratio up to which quick changes are left to the clip, and those beyond it less and less.
    """

    radius: int
    sigma: float
    slope: float
    bend: float
    jump: float = float("inf")
    bends_first: bool = False
    steadier: bool = False
    faint: float = 0.0


BREATHING: Final = LowPass(18, 9.0, 4.0, 20.0, 0.15, bends_first=True, faint=0.006)
"""Takes out what swells and fades over up to some 20 frames as well, and follows what changes at once.

It leaves quick changes of 0.6 %, a level or less, that are the clip's own, or errors of the measurement.
"""

FLICKER: Final = LowPass(TONE_RADIUS, 3.0, 2.0, 4.0, 0.3, steadier=True)
"""Takes out what changes from frame to frame, follows light that changes over a few, and leaves lightning."""


@dataclass(frozen=True)
class GridStep:
    """A frame and its motion to the next one on the grids of the bands; None at the end of the shot.

    ``index`` is that of :class:`framesmooth.motion.shots.Step`.
    """

    frame: Frame
    to_next: GridMotions | None
    index: int = field(default=0, kw_only=True)


@dataclass(frozen=True)
class TonedStep(GridStep):
    """``rise`` (3,) is the log-ratio of the next frame's channels to this one's.

    ``jump`` is the same where another light begins, as lightning or a lamp that is switched, else 0.
    """

    rise: NDArray[np.float64]
    jump: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))


def grid_steps(stream: Iterable[Step]) -> Iterator[GridStep]:
    """Yield the steps with the motion that the bands need: an eighth of the memory of the whole."""
    for step in stream:
        motions = None if step.to_next is None else grid_motions(step.to_next)
        yield GridStep(step.frame, motions, index=step.index)


def tone_gains(
    stream: Iterable[GridStep], kind: LowPass = FLICKER
) -> Iterator[tuple[TonedStep, NDArray[np.float32]]]:
    """Yield every step with the gains (3,) float32 that put its frame on the smooth tone path.

    The path is the integral of the median log-ratios along valid flow; its low-pass is a local line under a
    Gaussian (of ``kind``), so fades are followed and a ramp stays a ramp. Holds 2 ``kind.radius`` + 1 steps.
    """
    for window, centre in shot_windows(_measure_rises(stream), kind.radius):
        rises = np.array([step.rise for step in window[:-1]]).reshape(-1, 3)
        path = np.concatenate([np.zeros((1, 3)), np.cumsum(rises, axis=0)])
        step = window[centre]
        if centre < len(rises) and _jumps(rises, kind.jump)[centre]:
            step = replace(step, jump=step.rise)
        yield step, np.exp(low_pass(path, centre, kind) - path[centre]).astype(np.float32)


def toned(frame: Frame, gains: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a frame (H, W, 3) as ``as_float`` does, times the ``gains`` (3,).

    White is the most that whole numbers hold; floats are not clipped there.
    """
    image = as_float(frame)
    return apply_gains(image, gains, bounded=frame.dtype != np.float32)


def apply_gains(
    image: NDArray[np.float32], gains: NDArray[np.float32], *, bounded: bool = True
) -> NDArray[np.float32]:
    """Return the image (H, W, 3) float32 times the ``gains`` (3,), in [0, 1] where it is ``bounded``.

    Samples at the ends of the range, below 12 or above 250 of 255, take on less and less of the gain: what is
    clipped did not follow the exposure, so it must not follow its correction.
    """
    if not bounded:
        share = np.clip(image / np.float32(_DARKEST / 255), 0, 1)
        return np.asarray(image * (1 + share * (gains - 1)), np.float32)
    shade, light = image / np.float32(_DARKEST / 255), (1 - image) / np.float32(1 - _BRIGHTEST / 255)
    share = np.clip(np.minimum(shade, light), 0, 1)
    return np.asarray(np.minimum(image * (1 + share * (gains - 1)), 1), np.float32)


def unclipped(frame: Frame, gains: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Return how far the pixels of a frame (H, W, 3) are known (H, W), 0 to 1; None where all are.

    In float32 nothing is clipped. A frame that flickered brighter and was clipped to white lost what its
    pixels were. One that flickered darker shows white where the clip is white.
    """
    if frame.dtype == np.float32:
        return None
    darkened = float(np.clip((1 - gains.min()) / _CLIPPING_GAIN, 0, 1))
    lightest = np.maximum.reduce(cv2.split(eight_bits(frame))) if darkened else None
    if lightest is None or not (lightest > _BRIGHTEST - _CLIPPING_EDGE).any():
        return None
    lost = np.clip((lightest.astype(np.float32) - (_BRIGHTEST - _CLIPPING_EDGE)) / _CLIPPING_EDGE, 0, 1)
    lost = np.maximum(lost, cv2.GaussianBlur(lost, (0, 0), _CLIPPING_SIGMA))
    return np.asarray(1 - np.float32(darkened) * lost, np.float32)


def _measure_rises(stream: Iterable[GridStep]) -> Iterator[TonedStep]:
    for step, following in pairwise(chain(stream, [None])):
        if step is None:
            return
        rise = np.zeros(3)
        if step.to_next is not None and following is not None:
            rise = log_ratio(step.frame, following.frame, step.to_next[HALF])
        yield TonedStep(step.frame, step.to_next, rise, index=step.index)


def log_ratio(image0: Frame, image1: Frame, motion: LevelMotion) -> NDArray[np.float64]:
    """Return the median log-ratio (3,) of ``image1``'s channels to ``image0``'s where the flow is trusted."""
    trusted = motion.masks[0]
    size = trusted.shape[::-1]
    first, second = (
        in_levels(np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA)))
        for image in (image0, image1)
    )
    brightest = float("inf") if image0.dtype == np.float32 else _BRIGHTEST
    warped = backward_warp(second, as_single(motion.forward))
    usable = trusted[..., None] & _exposed(first, brightest) & _exposed(warped, brightest)
    ratios = np.zeros(3)
    for channel in range(3):
        where = usable[..., channel]
        if np.count_nonzero(where) >= _FEWEST_SAMPLES:
            after, before = (image[..., channel][where].astype(np.float32) for image in (warped, first))
            ratios[channel] = float(np.median(np.log(after / before)))
    return ratios


def _exposed(image: NDArray[Any], brightest: float) -> NDArray[np.bool_]:
    return np.asarray((image >= _DARKEST) & (image <= brightest))


def low_pass(path: NDArray[np.float64], centre: int, kind: LowPass = FLICKER) -> NDArray[np.float64]:
    """Return paths (n, m) low-passed at ``centre`` (m,): a local line, weighted by a Gaussian (LOESS).

    Where the window is even this is the Gaussian's mean. At the ends of a shot the line neither bends a ramp
    nor holds on to the exposure of the last frame; it is as steep as stands out of the path's own noise, by
    max(1 - (``kind.slope`` standard errors / slope)^2, 0). Where the path bends or steps, as where the sun
    has set or a lamp is switched on, it is followed. Where that wouldn't be steadier the path is left, if the
    ``kind`` says so: light that changes over some frames is smooth already.
    """
    start = max(centre - kind.radius, 0)
    near, at = path[start : centre + kind.radius + 1], centre - start
    tones = _in_one_light(near, at, kind.jump)
    if not kind.steadier:
        return _local_line(tones, at, kind) + _faint(tones, at, kind.faint)
    lines = np.stack([_local_line(tones, each, kind) for each in range(len(tones))])
    light, even = np.exp(tones - tones[at]), np.exp(lines - tones[at])  # a fade is a line in the light itself
    share = np.min(
        [_steadier(light, even, each) for each in range(len(tones)) if abs(each - at) <= 1], axis=0
    )
    change = share**2 * (lines[at] - tones[at])
    sizes = np.sort(np.abs(_second_differences(light)), axis=0)
    most = _LARGEST_CHANGE * sizes[-_SINGLE - 1] if len(sizes) > _SINGLE else np.inf
    return np.asarray(tones[at] + np.clip(change, -most, most))


def _faint(tones: NDArray[np.float64], centre: int, most: float) -> NDArray[np.float64]:
    """Return the quick changes of paths (n, m) at a frame (m,), if those all around it are faint as well.

    They are what the paths have beyond parabolas through the frames beside each.
    """
    if not most:
        return np.zeros_like(tones[centre])
    quick = tones - _parabolas(len(tones)) @ tones
    usual = np.sqrt(np.mean(np.square(quick), axis=0))
    left = quick[centre] * np.clip(2 - usual / most, 0, 1)
    return np.asarray(np.clip(left, -most, most))


@cache
def _parabolas(count: int) -> NDArray[np.float64]:
    """Return the matrix (count, count) that smooths a path by parabolas (Savitzky and Golay 1964)."""
    matrix = np.zeros((count, count))
    for at in range(count):
        near = np.arange(max(at - _BESIDE, 0), min(at + _BESIDE + 1, count))
        powers = np.vander(near - at, 3, increasing=True).astype(np.float64)
        matrix[at, near] = np.linalg.pinv(powers)[0]
    return matrix


def _steadier(light: NDArray[np.float64], even: NDArray[np.float64], centre: int) -> NDArray[np.float64]:
    """Return how surely a low-passed path (n, m) is steadier than the light around a frame (m,), 0 to 1."""
    near = np.s_[max(centre - _BESIDE - 1, 0) : centre + _BESIDE + 2]
    rough, left = (np.square(_second_differences(each[near])).sum(axis=0) for each in (light, even))
    return np.asarray(np.clip((1 - left / np.maximum(rough, 1e-18)) / (1 - _SURELY_STEADIER), 0, 1))


def _second_differences(path: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.diff(path, 2, axis=0))


def _local_line(tones: NDArray[np.float64], centre: int, kind: LowPass) -> NDArray[np.float64]:
    offsets = np.arange(len(tones), dtype=np.float64) - centre
    weights = np.exp(-0.5 * np.square(offsets / kind.sigma))
    bend, first = _bend(offsets, tones, weights, kind)
    if first:
        tones = tones - bend
    middle, mean = np.average(offsets, weights=weights), np.average(tones, axis=0, weights=weights)
    away = offsets - middle
    spread = max(float(weights @ np.square(away)), 1e-9)
    slope = (weights * away) @ (tones - mean) / spread
    error = weights @ np.square(tones - mean - away[:, None] * slope) / weights.sum()
    error *= len(tones) / max(len(tones) - 2, 1) * float(np.square(weights) @ np.square(away)) / spread**2
    share = np.maximum(1 - kind.slope**2 * error / np.maximum(np.square(slope), 1e-18), 0)
    return np.asarray(mean - share * slope * middle + bend[centre])


def in_light_of(jumps: Sequence[NDArray[np.float64]], centre: int) -> NDArray[np.bool_]:
    """Return which of n frames are in the light of one of them (n,), by the jumps to the next ones (3,)."""
    levels = np.cumsum(np.array([np.zeros(3), *jumps[:-1]]), axis=0)
    return np.asarray(np.abs(levels - levels[centre]).max(axis=1) < FLICKER.jump / 2)


def _in_one_light(tones: NDArray[np.float64], centre: int, jump: float) -> NDArray[np.float64]:
    """Return the path (n, m) without its jumps, at the level that it has at ``centre``."""
    rises = np.diff(tones, axis=0)
    jumps = _jumps(rises, jump)
    if not jumps.any():
        return tones
    levels = np.concatenate([np.zeros_like(tones[:1]), np.cumsum(np.where(jumps[:, None], rises, 0), axis=0)])
    return np.asarray(tones - levels + levels[centre])


def _jumps(rises: NDArray[np.float64], jump: float) -> NDArray[np.bool_]:
    """Return which of the rises (n, m) begin another light, (n,)."""
    sizes = np.abs(rises).max(axis=1, initial=0)
    usual = float(np.median(sizes)) if len(sizes) >= _FEWEST_RISES else 0.0
    beside = np.zeros(len(sizes))  # a fade to black falls faster and faster, but not at once
    for one, other in ((np.s_[1:], np.s_[:-1]), (np.s_[:-1], np.s_[1:])):
        onward = (rises[one] * rises[other]).sum(axis=1) > 0
        beside[one] = np.maximum(beside[one], np.where(onward, sizes[other], 0))
    return np.asarray(sizes > np.maximum(max(jump, _TIMES_USUAL * usual), _TIMES_BESIDE * beside))


def _bend(
    offsets: NDArray[np.float64],
    tones: NDArray[np.float64],
    weights: NDArray[np.float64],
    kind: LowPass,
) -> tuple[NDArray[np.float64], bool]:
    """Return what paths (n, m) that bend or step somewhere near have beyond a line (n, m).

    Also returns whether the line is to be sought in what is left of the paths, rather than in themselves.

    Of weighted least-squares fits of a + b k + c |k - k'| and of a + b k + c [k >= k'], for all k' with two
    frames on both sides, that which leaves least of all m; as far as its c stands out of each path's
    noise.
    """
    if len(offsets) <= 2 * _FEWEST_BESIDE:
        return np.zeros_like(tones), False
    line = np.stack([np.ones_like(offsets), offsets], axis=1)
    fit = np.linalg.inv((line.T * weights) @ line) @ (line.T * weights)
    plain = _shapes(offsets)
    shapes = plain - line @ (fit @ plain)  # (n, shapes)
    gaps = tones - line @ (fit @ tones)
    energies = weights @ np.square(shapes)
    sizes = (shapes.T * weights) @ gaps / energies[:, None]  # (shapes, m)
    best = int(np.argmax((np.square(sizes) * energies[:, None]).sum(axis=1)))
    shape, size = shapes[:, best], sizes[best]
    left = weights @ np.square(gaps - shape[:, None] * size) / weights.sum()
    left *= len(tones) / max(len(tones) - 3, 1)
    error = left * (np.square(weights) @ np.square(shape)) / energies[best] ** 2
    share = np.maximum(1 - kind.bend**2 * error / np.maximum(np.square(size), 1e-18), 0)
    steps = best >= len(offsets) - 2 * _FEWEST_BESIDE
    first = kind.bends_first or bool(steps and share.max() > _SURE_STEP)
    return np.asarray((plain if first else shapes)[:, best, None] * (share * size)), first


def _shapes(offsets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, shapes) a path that bends or steps at each of the offsets that have enough beside them.

    Far away a single frame may be of another light: it would tilt the line.
    """
    last = len(offsets) - _FEWEST_BESIDE
    bends = np.abs(offsets[:, None] - offsets[_FEWEST_BESIDE:last])
    starts = list(offsets[_FEWEST_BESIDE : last + 1])
    starts += [offsets[at] for at, single in ((1, offsets[0]), (-1, offsets[-1])) if abs(single) >= _FAR]
    return np.concatenate([bends, offsets[:, None] >= np.array(starts)], axis=1)
