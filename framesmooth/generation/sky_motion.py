"""Clouds that drift: what stands out of the sky's gradient is moved along, behind all else.

Frames depend on the time alone and can be made in any order.
"""

from dataclasses import dataclass
from functools import cached_property
from math import pi
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.generation.subject_layers import Layers
from framesmooth.generation.word_maps import Map
from framesmooth.grading.endless import drifted
from framesmooth.timeline.ambient_words import Ambient

_CUT_SIDE: Final = 160
_TOP, _LOWEST = 0.03, 0.75
"""Shares of the height: sky for sure above the first, none below the second."""
_NONE: Final = 0.3
"""How far a pixel is the subject's that is no sky for sure."""
_WIDE: Final = 0.35
"""Widths of the picture that a band of sky has at least."""
_STEP: Final = 7
"""Levels between neighbouring pixels of a sky at most."""
_ROUNDS: Final = 3
_LEAST: Final = 0.06
"""Share of a picture that a sky covers at least."""
_EDGE: Final = 0.006
"""Sigma of the sky's soft edge, in heights of the picture."""
_SPEED: Final = 0.07
"""Heights of the picture a second."""
_BASE_SIDE, _BASE_MEDIAN = 64, 23
"""Of the small picture in which the sky's gradient is told from its clouds: pixels, and those of a median."""
_ROUND, _LARGEST_DISC = 0.72, 0.035
"""How round sun and moon are at least, and their largest share of the picture."""
_CLEAR: Final = 10.0
"""Levels by which the rows of a sky with clouds are uneven at least, in their most uneven twentieth."""
_THIN: Final = 0.7
"""How dense the clouds are that a clear sky is given."""


def sky_in(scene: Frame, other: Map | None = None) -> Map:
    """Return how far each pixel of a scene, uint8 (H, W, 3), is sky: float32 (H, W), 0 to 1.

    Pixels of ``other``, float32 (H, W), are none.

    It is what is like the upper border and connected with it (Rother et al. 2004, GrabCut); clouds that it
    surrounds belong to it, sun and moon don't. All 0 where that is next to nothing.
    """
    height, width = scene.shape[:2]
    scale = min(1.0, _CUT_SIDE / max(height, width))
    small = cv2.resize(scene, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    rows = len(small)
    none = np.zeros(small.shape[:2], bool)
    if other is not None:
        none = cv2.resize(other, (small.shape[1], rows), interpolation=cv2.INTER_AREA) > _NONE
    reached = _reached(small, none)
    marks = np.where(reached, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    marks[: max(round(_TOP * rows), 1)] = cv2.GC_FGD
    marks[round(_LOWEST * rows) :] = cv2.GC_BGD
    marks[none] = cv2.GC_BGD
    cv2.setRNGSeed(0)  # GrabCut's colour models start from random clusters
    cv2.grabCut(
        np.ascontiguousarray(small), marks, (0, 0, 0, 0), np.zeros((1, 65)), np.zeros((1, 65)), _ROUNDS,
        cv2.GC_INIT_WITH_MASK,
    )  # fmt: skip
    alike = np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)) & ~reached
    sky = _from_the_top((reached | _wide_or_near(alike, reached)).astype(np.uint8))
    ground = cv2.connectedComponents((~sky).astype(np.uint8))[1]
    sky = (~np.isin(ground, np.unique(ground[-1])) | sky) & ~none  # with what it surrounds
    if sky.mean() < _LEAST:
        return np.zeros((height, width), np.float32)
    large = cv2.resize(sky.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    inner = cv2.erode(large, np.ones((3, 3)), iterations=max(round(_EDGE * height), 1))
    soft = cv2.GaussianBlur(inner, (0, 0), max(_EDGE * height, 0.5))
    return np.asarray(soft * (1 - _disc(scene, np.asarray(large, np.float32))), np.float32)


def sky_of(layers: Layers) -> Map:
    """Return how far each pixel is sky: in the picture, and in its scene where the subject stands."""
    return layers.alpha * sky_in(layers.scene) + (1 - layers.alpha) * sky_in(layers.subject, layers.alpha)


def _reached(small: Frame, none: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels of a picture (H, W, 3) that no edge and nothing in ``none`` keeps from its top."""
    smooth = cv2.bilateralFilter(small, 7, 20, 3)
    lowest = round(_LOWEST * len(small))
    mask = np.zeros((lowest + 2, small.shape[1] + 2), np.uint8)
    mask[1:-1, 1:-1] = none[:lowest]
    part, step = np.ascontiguousarray(smooth[:lowest]), (_STEP,) * 3
    for x in range(0, small.shape[1], 4):
        if not mask[1, x + 1]:
            cv2.floodFill(part, mask, (x, 0), (0, 0, 0), step, step, 4 | cv2.FLOODFILL_MASK_ONLY)
    found = np.zeros(small.shape[:2], bool)
    found[:lowest] = (mask[1:-1, 1:-1] > 0) & ~none[:lowest]
    opened = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    return _from_the_top(np.asarray(opened, np.uint8))


def _wide_or_near(alike: NDArray[np.bool_], reached: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what of ``alike`` is a band of sky, or the edge of what was ``reached``; no tower is either."""
    near = cv2.dilate(reached.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    count, labels, figures, _ = cv2.connectedComponentsWithStats(alike.astype(np.uint8))
    wide = [at for at in range(1, count) if figures[at, cv2.CC_STAT_WIDTH] > _WIDE * alike.shape[1]]
    return np.asarray(np.isin(labels, wide) | (alike & near), np.bool_)


def _from_the_top(found: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return the pieces of a mask (H, W), 0 and 1, that touch its upper border."""
    labels = cv2.connectedComponents(found)[1]
    return np.isin(labels, np.unique(labels[0][found[0] > 0])) & (found > 0)


def _disc(scene: Frame, sky: Map) -> Map:
    """Return the sun or the moon of a sky: the largest round bright spot, with soft edges."""
    light = cv2.cvtColor(scene, cv2.COLOR_RGB2GRAY)
    inside = light[sky > 0.5]
    disc = np.zeros(light.shape, np.float32)
    if not len(inside) or inside.max() <= np.median(inside) + 20:
        return disc
    bright = ((light > 0.35 * np.median(inside) + 0.65 * inside.max()) & (sky > 0.5)).astype(np.uint8)
    outlines = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    for outline in sorted(outlines, key=cv2.contourArea, reverse=True)[:3]:
        (x, y), radius = cv2.minEnclosingCircle(outline)
        share = cv2.contourArea(outline) / max(pi * radius**2, 1.0)
        if share > _ROUND and radius > 2 and pi * radius**2 < _LARGEST_DISC * light.size:
            cv2.circle(disc, (round(x), round(y)), round(1.25 * radius) + 1, 1.0, -1)
            break
    return np.asarray(cv2.GaussianBlur(disc, (0, 0), max(_EDGE * len(light), 0.5)), np.float32)


@dataclass(frozen=True)
class Clouds:
    """Clouds that drift.

    Attributes:
        region: how far each pixel is sky, float32 (H, W), 0 to 1.
        speed: heights of the picture a second to the right; below 0 to the left.
        period: seconds after which all is as it was; None where it needn't be.
    """

    region: Map
    speed: float
    period: float | None = None

    def __call__(self, frame: Frame, seconds: float) -> Frame:
        """Return a scene (H, W, 3) whose clouds are as far on."""
        if not self.region.any():
            return frame
        sky, base = self._sky_of(frame)
        found = self._clouds(sky - base)
        moved = drifted(found, self.speed * len(frame), seconds, self.period)
        share = self.region[..., None]
        return np.asarray(np.clip(frame * (1 - share) + (base + moved) * share + 0.5, 0, 255), np.uint8)

    def _sky_of(self, frame: Frame) -> tuple[Map, Map]:
        """Return (the sky spread over what stands before it, its gradient), float32 (H, W, 3) each."""
        height, width = self.region.shape
        share = self.region[..., None]
        size = _BASE_SIDE, max(round(_BASE_SIDE * height / width), 8)
        weight = cv2.resize(self.region, size, interpolation=cv2.INTER_AREA)[..., None]
        small = cv2.resize(frame * share, size, interpolation=cv2.INTER_AREA)
        spread = _spread(np.asarray(small, np.float32), np.asarray(weight, np.float32))
        median = cv2.medianBlur(np.asarray(np.clip(spread, 0, 255), np.uint8), _BASE_MEDIAN)
        smooth = cv2.GaussianBlur(median.astype(np.float32), (0, 0), 2.5)
        base = np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
        behind = np.asarray(cv2.resize(spread, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
        solid = np.clip(3 * share - 2, 0, 1)
        return np.asarray(frame * solid + behind * (1 - solid), np.float32), base

    def _clouds(self, found: Map) -> Map:
        """Return the clouds, float32 (H, W, 3): those that are there, and thin ones in a clear sky."""
        if not self._is_clear(found):
            return found
        return found + self._thin

    def _is_clear(self, found: Map) -> bool:
        """Tell whether a sky has no clouds: whether its rows are alike from left to right."""
        light = found.mean(axis=2)
        inside = cv2.erode(self.region, np.ones((3, 3)), iterations=max(len(light) // 64, 1)) > 0.9
        rows = np.where(inside, light, np.nan)[inside.any(axis=1)]
        if not len(rows):
            return False
        uneven = np.abs(rows - np.nanmedian(rows, axis=1, keepdims=True))
        return bool(np.nanquantile(uneven, 0.95) < _CLEAR)

    @cached_property
    def _thin(self) -> Map:
        height, width = self.region.shape
        noise = np.zeros((height, width), np.float32)
        random = np.random.default_rng(11)
        for octave in range(4):
            grid = random.random((4 * 2**octave, max(round(2 * 2**octave * width / height), 2)))
            noise += 0.5**octave * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
        low, high = np.quantile(noise, (0.5, 0.97))
        puffs = np.clip((noise - low) / max(high - low, 1e-6), 0, 1) ** 1.5
        return np.asarray(_THIN * 90 * puffs[..., None].repeat(3, axis=2), np.float32)


def _spread(known: Map, weight: Map) -> Map:
    """Return a picture whose known part is spread over the rest: known × weight, and weight."""
    filled: NDArray[np.float32] = known.sum(axis=(0, 1)) / max(float(weight.sum()), 1e-6) + 0 * known
    for sigma in (16.0, 8.0, 4.0, 2.0, 1.0):
        near = cv2.GaussianBlur(weight, (0, 0), sigma)[..., None]
        mean = cv2.GaussianBlur(known, (0, 0), sigma) / np.maximum(near, 1e-4)
        trust = np.clip(near * 4, 0, 1)
        filled = trust * mean + (1 - trust) * filled
    sure = np.clip(weight, 0, 1)
    return np.asarray(sure * known / np.maximum(weight, 1e-4) + (1 - sure) * filled, np.float32)


def clouds(told: Ambient, region: Map, speed: float, period: float | None) -> Clouds:
    """Return how the clouds of a picture move.

    Args:
        told: what the prompt says of them.
        region: how far each pixel is sky, float32 (H, W).
        speed: factor of all speeds.
        period: seconds after which all is as it was; None where it needn't be.
    """
    sign = -1 if told.way == "left" else 1
    return Clouds(region, sign * _SPEED * told.pace * speed, period)
