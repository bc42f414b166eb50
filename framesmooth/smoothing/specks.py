"""Specks: small things that one frame shows and the frames beside it, aligned with it, don't.

A pixel is suspect that lies outside of what both of two aligned neighbours show around it (their darkest and
lightest values in 3 x 3 pixels, so that fine structure may lie a pixel off), and these two agree there
(Kokaram et al. 1995, and the rank order detector of Nadenau and Mitra 1996). What three frames running show
at even distances is a thing that moves: it is none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_deep_as, in_levels
from framesmooth.motion.filters import wide_gaussian_blur

Image = NDArray[np.float32]
"""(H, W, 3) float32, levels of 255."""

# Light that differs between frames is what a Gaussian of this sigma (pixels) leaves of their difference;
# larger differences than these levels are things.
_LIGHT_SIGMA, _LIGHT_LIMIT = 6.0, 24.0
# The neighbours' disagreement counts over squares of so many pixels, up to so many levels a pixel.
_SURROUNDINGS, _LARGEST_GAP = 15, 48.0
# What is beyond the neighbours by the threshold is a speck; so is what joins it within so many pixels and
# is beyond by this share of the threshold.
_EDGE_SHARE, _EDGE = 0.3, 2
_NOISES: Final = 2.0
_LARGEST_AREA: Final = (60.0, 1.5e-3)
"""Pixels, and share of the frame beyond them: larger things are no specks."""
# A speck lies on what is behind it: around it, at so many pixels from it, frame and neighbours are alike but
# for so much (share of the threshold, or of the contrast), and so are the two neighbours on each other.
_RING, _RING_SHARE, _RING_CONTRAST = (2, 6), 0.5, 0.15
# The same thing in the next frame: displacement (share of the frame's diagonal), how far off an even pace
# (pixels, and share of the displacement), ratio of areas, and difference of colours (levels).
_FARTHEST, _OFF_PACE, _SHARE_OFF_PACE, _AREAS, _COLOURS = 0.1, 1.5, 0.2, 1.7, 40.0
# So much further off (factor, and levels) may be what fills a speck where the flow isn't led astray by it.
_REFILL = 1.25, 1.0
# Things that may be the same are sought at this share of the threshold.
_FAINT = 0.5
_SQUARE: Final = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class Thing:
    """A small thing that one frame shows and another one doesn't.

    Attributes:
        centre: (x, y) in pixels.
        area: pixels.
        colour: its mean, (3,) levels of 255; what stands out most counts most.
    """

    centre: NDArray[np.float64]
    area: int
    colour: NDArray[np.float64]


@dataclass(frozen=True)
class Speck(Thing):
    """A thing that neither frame beside shows.

    Attributes:
        top: of its box, pixels.
        left: the same.
        share: how far each pixel of the box is covered (h, w), 0 to 1.
        behind: what the neighbours show there (h, w, 3), levels of 255.
    """

    top: int
    left: int
    share: NDArray[np.float32]
    behind: Image


def find_specks(
    frame: Frame,
    witnesses: Sequence[Image],
    *,
    threshold: float,
    followed: NDArray[np.bool_] | None = None,
) -> list[Speck]:
    """Return what a frame (H, W, 3) shows and neither of the ``witnesses``, which are aligned with it.

    ``threshold`` is in levels of 255. Witnesses from one side in time, who may not yet see what comes into
    view, or see no more what went, are believed where they are ``followed`` (H, W), and on single specks.
    Fewer than two witnesses know nothing.
    """
    if len(witnesses) < 2:
        return []
    image = np.asarray(in_levels(frame), np.float32)
    first, second = (_in_light_of(image, witness) for witness in witnesses)
    behind = np.asarray((first + second) / 2, np.float32)
    beyond, side = _beyond(image, first, second)
    apart = np.minimum(_largest(np.abs(first - second)), np.float32(_LARGEST_GAP))
    noise = float(np.median(np.abs(image[::2, ::2] - behind[::2, ::2]))) * 1.4826
    limit = threshold + _NOISES * noise + cv2.blur(apart, (_SURROUNDINGS, _SURROUNDINGS))
    core = (beyond > limit) & (apart < np.maximum(beyond, np.float32(threshold)))
    if followed is not None:
        core &= followed
    if not core.any():
        return []
    reach = cv2.dilate(core.astype(np.uint8), _SQUARE, iterations=_EDGE) > 0
    joined = reach & (beyond > _EDGE_SHARE * threshold)
    found = []
    for sign in (-1, 1):  # a dark speck beside a light one is another
        parts = (joined & (side == sign)).astype(np.uint8)
        count, labels, boxes, _ = cv2.connectedComponentsWithStats(parts, connectivity=8)
        certain = np.unique(labels[core & (side == sign)])
        for label in certain[(certain > 0) & (certain < count)]:
            left, top, width, height, area = boxes[label]
            if area > _largest_area(parts.size):
                continue
            box = _box(top, left, height, width)
            own = labels[box] == label
            gap = image[box] - behind[box]
            elsewhere = _ring(own)
            if followed is None:  # other specks beside it say nothing; where a thing may have moved, they do
                elsewhere &= ~joined[box]
            contrast = float(np.abs(gap[own].mean(axis=0)).max())
            bearable = max(_RING_SHARE * threshold, _RING_CONTRAST * contrast) + _NOISES * noise
            off = np.maximum(apart[box], _largest(np.abs(gap)))[elsewhere]
            if off.size and float(off.mean()) <= bearable:
                found.append(_speck(image[box], behind[box], own, beyond[box], box))
    return found


def confirmed(specks: Iterable[Speck], frame: Frame, witnesses: Iterable[Image]) -> list[Speck]:
    """Return the specks that ``witnesses`` aligned in another way don't show either.

    Flow that went astray can take a thing beside the speck to its place in both neighbours.
    """
    seen = list(witnesses)

    def is_apart(speck: Speck, witness: Image) -> bool:
        height, width = speck.share.shape
        box = np.s_[speck.top : speck.top + height, speck.left : speck.left + width]
        own = speck.share == 1
        image = np.asarray(in_levels(frame[box]), np.float32)[own]
        side = np.sign((image - speck.behind[own]).mean(axis=0))
        gap, expected = image - witness[box][own], image - speck.behind[own]
        return bool((side * gap.mean(axis=0)).max() > np.abs(expected.mean(axis=0)).max() / 2)

    return [speck for speck in specks if all(is_apart(speck, witness) for witness in seen)]


def refilled(specks: Iterable[Speck], frame: Frame, witnesses: Sequence[Image]) -> list[Speck]:
    """Return the specks with what ``witnesses`` aligned in another way show behind them, where that fits.

    A speck leads the flow astray under itself. Around it, both ways of aligning can be compared with the
    frame.
    """
    return [_refilled(speck, frame, witnesses) for speck in specks]


def _refilled(speck: Speck, frame: Frame, witnesses: Sequence[Image]) -> Speck:
    height, width = speck.share.shape
    box = np.s_[speck.top : speck.top + height, speck.left : speck.left + width]
    around = speck.share == 0
    if not around.any():
        return speck
    image = np.asarray(in_levels(frame[box]), np.float32)
    other = np.asarray(np.mean([witness[box] for witness in witnesses], axis=0), np.float32)
    other = other + np.median((image - other)[around], axis=0)
    off, own = (float(np.abs(image - each)[around].mean()) for each in (other, speck.behind))
    return replace(speck, behind=other) if off <= _REFILL[0] * own + _REFILL[1] else speck


def find_things(frame: Frame, other: Image, *, threshold: float) -> list[Thing]:
    """Return what another frame (H, W, 3), aligned with this one, shows and that one doesn't."""
    image = np.asarray(in_levels(frame), np.float32)
    other = _in_light_of(image, other)
    beyond, side = _beyond(other, image, image)
    found = []
    for sign in (-1, 1):
        parts = ((beyond > _FAINT * threshold) & (side == sign)).astype(np.uint8)
        count, labels, boxes, centres = cv2.connectedComponentsWithStats(parts, connectivity=8)
        sizes = boxes[:, cv2.CC_STAT_AREA]
        weights = np.bincount(labels.ravel(), beyond.ravel(), count)
        sums = [np.bincount(labels.ravel(), (beyond * other[..., c]).ravel(), count) for c in range(3)]
        colours = np.stack(sums, axis=1) / np.maximum(weights, 1e-6)[:, None]
        small = np.flatnonzero((sizes > 1) & (sizes <= _largest_area(parts.size)))
        found += [Thing(centres[label], int(sizes[label]), colours[label]) for label in small[small > 0]]
    return found


def without_moving_things(
    specks: Sequence[Speck], others: Mapping[int, Sequence[Thing]], diagonal: float
) -> list[Speck]:
    """Return the specks that aren't part of a thing that moves at an even pace through three frames.

    ``others`` are the things of the frames around by their distance, aligned with the specks' frame, whose
    ``diagonal`` is in pixels.
    """
    runs = [run for run in ((-1, 1), (1, 2), (-1, -2)) if all(k in others for k in run)]
    farthest = _FARTHEST * diagonal
    still = [speck for speck in specks if not any(_moves(speck, run, others, farthest) for run in runs)]
    if -1 in others and 1 in others:
        return still
    return [speck for speck in still if not _creeps(speck, others.get(1, others.get(-1, ())))]


def filled(frame: Frame, specks: Iterable[Speck]) -> Frame:
    """Return the frame (H, W, 3) with what is behind the specks in their place; other pixels stay."""
    clean = frame.copy()
    for speck in specks:
        height, width = speck.share.shape
        part = clean[speck.top : speck.top + height, speck.left : speck.left + width]
        image = np.asarray(in_levels(part), np.float32)
        mixed = image + speck.share[..., None] * (speck.behind - image)
        covered = speck.share > 0
        part[covered] = as_deep_as(frame, mixed / 255)[covered]
    return clean


def _in_light_of(image: Image, other: Image) -> Image:
    gap = np.clip(image - other, -_LIGHT_LIMIT, _LIGHT_LIMIT)
    return np.asarray(other + wide_gaussian_blur(gap, _LIGHT_SIGMA), np.float32)


def _beyond(image: Image, first: Image, second: Image) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Return how far the image is outside of what both others show (H, W), levels, and on which side."""
    highest = np.maximum(cv2.dilate(first, _SQUARE), cv2.dilate(second, _SQUARE))
    lowest = np.minimum(cv2.erode(first, _SQUARE), cv2.erode(second, _SQUARE))
    above, below = _largest(image - highest), _largest(lowest - image)
    side = np.where(above >= below, 1, -1).astype(np.int8)
    return np.maximum(np.maximum(above, below), 0), side


def _largest(image: Image) -> NDArray[np.float32]:
    return np.asarray(np.maximum.reduce(cv2.split(image)), np.float32)


def _box(top: int, left: int, height: int, width: int) -> tuple[slice, slice]:
    margin = _RING[1]
    return (
        np.s_[max(top - margin, 0) : top + height + margin],
        np.s_[max(left - margin, 0) : left + width + margin],
    )


def _ring(own: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels around a speck, those next to it left out."""
    inner, outer = (
        cv2.dilate(own.astype(np.uint8), np.ones((2 * each + 1, 2 * each + 1), np.uint8)) for each in _RING
    )
    return np.asarray((outer > 0) & (inner == 0))


def _speck(
    image: Image,
    behind: Image,
    own: NDArray[np.bool_],
    beyond: NDArray[np.float32],
    box: tuple[slice, slice],
) -> Speck:
    top, left = box[0].start, box[1].start
    covered = cv2.dilate(own.astype(np.float32), _SQUARE)
    share = np.asarray(np.maximum(covered, cv2.blur(covered, (3, 3))), np.float32)
    ys, xs = np.nonzero(own)
    colour = np.average(image[own].astype(np.float64), axis=0, weights=beyond[own])
    return Speck(
        np.array([left + xs.mean(), top + ys.mean()]), len(xs), colour, top, left, share, behind.copy()
    )


def _moves(
    speck: Speck, run: tuple[int, int], others: Mapping[int, Sequence[Thing]], farthest: float
) -> bool:
    """Tell whether the two frames of the run show the speck too, at an even pace from it."""
    first, second = run
    for one in _alike(speck, others[first], farthest):
        step = one.centre - speck.centre
        bearable = max(_OFF_PACE, _SHARE_OFF_PACE * float(np.hypot(*step)))
        expected = speck.centre + step * (second / first)
        if any(
            np.hypot(*(other.centre - expected)) <= bearable
            for other in _alike(speck, others[second], 2 * farthest)
        ):
            return True
    return False


def _creeps(speck: Speck, others: Iterable[Thing]) -> bool:
    """Tell whether the next frame shows a part of the speck beside it, at the end of a shot."""
    reach = 3 * speck.area**0.5
    return any(
        float(np.hypot(*(other.centre - speck.centre))) <= reach
        and 4 * other.area >= speck.area
        and float(np.abs(speck.colour - other.colour).max()) <= _COLOURS
        for other in others
    )


def _alike(speck: Speck, others: Iterable[Thing], farthest: float) -> list[Thing]:
    def same(other: Thing) -> bool:
        areas = sorted((speck.area, other.area))
        near = float(np.hypot(*(other.centre - speck.centre))) <= farthest
        off = float(np.abs(speck.colour - other.colour).max())
        return near and areas[1] <= _AREAS * areas[0] + 4 and off <= _COLOURS

    return [other for other in others if same(other)]


def _largest_area(pixels: int) -> float:
    return _LARGEST_AREA[0] + _LARGEST_AREA[1] * pixels
