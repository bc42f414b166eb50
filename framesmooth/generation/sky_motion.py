"""Clouds that drift: what stands out of the sky's gradient is moved along, behind all else.

Frames depend on the time alone and can be made in any order.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.generation.word_maps import Map
from framesmooth.grading.endless import drifted
from framesmooth.timeline.ambient_words import Ambient

_SPEED: Final = 0.07
"""Heights of the picture a second."""
_BASE_SIDE, _BASE_MEDIAN = 64, 23
"""Of the small picture in which the sky's gradient is told from its clouds: pixels, and those of a median."""
_CLEAR: Final = 10.0
"""Levels by which the rows of a sky with clouds are uneven at least, in their most uneven twentieth."""
_THIN: Final = 0.7
"""How dense the clouds are that a clear sky is given."""


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
