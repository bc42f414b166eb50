"""Smoke that rises from a subject, and flames that flicker.

Smoke is drawn: puffs that grow and fade while they rise from where the subject was when they left it
(particle systems, Reeves 1983). Flames are those of the picture, bent and lit by sine waves. Both depend on
the time alone, so frames can be made in any order, and come round in a loop.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import ceil, pi, sin
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.generation.word_maps import Map
from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.warping import backward_warp
from framesmooth.timeline.ambient_words import Ambient

Place = tuple[float, float]
"""Pixels from the left and from the top."""

_PUFFS: Final = 18
_RATE: Final = 0.24
"""Lives of a puff a second."""
_RISE, _WIND, _SWAY = 0.5, 0.1, 0.015
"""How far a puff goes in its life, up and to the right, and swings, in heights of the picture."""
_RISE_BELOW: Final = -0.08
"""Likewise, of what a rising subject leaves below."""
_RADII: Final = 0.022, 0.085
"""Of a puff when it is new and old, in heights of the picture."""
_LEFT_OUT: Final = 0.35
"""How far the top of a subject is above its outline at most, in heights of the picture."""
_WIDE: Final = 0.3
"""Widths of a subject that what was left out of it has at its foot at least."""
_OPEN, _ROWS_OPEN = 0.05, 0.8
"""Share of a row that is air beside a roof at least, and share of a roof's rows that have it."""
_SUNK: Final = 0.025
"""How far below the top that was found smoke comes out, in heights of the picture."""
_BESIDE: Final = 0.04
"""How far beside a subject the air is, in widths of the picture."""
_AS_AIR: Final = 18
"""Levels by which the air above a subject differs from that beside it at most."""
_DENSITY: Final = 0.65

_WARM: Final = ((0, 90, 150), (32, 255, 255))
"""Hue, saturation and value of flames, as OpenCV scales them."""
_BRIGHTER: Final = 12
"""Levels by which a flame is brighter than what is around it at least."""
_AROUND: Final = 0.12
"""Sigma of what is around, and of a flame's glow, in heights of the picture."""
_LEAST, _MOST = 0.0006, 0.12
"""Shares of a picture that a flame covers."""
_BEND, _STRETCH = 0.16, 0.14
"""How far a flame's tip moves across and up, in heights of the flame."""
_LIGHT: Final = 0.16
_WAVES: Final = ((1.1, 0.5), (1.9, 0.3), (3.1, 0.2))
"""(times a second, share) of the waves of a flame's light."""


@dataclass(frozen=True)
class Gone:
    """Where a subject has gone.

    Attributes:
        at: returns pixels across and down at a time in seconds, which may be before the clip.
        rising: whether it goes up, and leaves its smoke below.
    """

    at: Callable[[float], tuple[float, float]]
    rising: bool = False


@dataclass(frozen=True)
class Smoke:
    """Smoke that rises.

    Attributes:
        source: where it comes from in the picture.
        gone: where the subject has gone.
        rate: lives of a puff a second.
    """

    source: Place
    gone: Gone
    rate: float = _RATE

    def __call__(self, frame: Frame, seconds: float) -> Frame:
        """Return a frame (H, W, 3) with the smoke at that time before it."""
        height, width = frame.shape[:2]
        veil = np.zeros((height, width), np.float32)
        variety = np.random.default_rng(5).random((_PUFFS, 3))
        rise = _RISE_BELOW if self.gone.rising else _RISE
        for puff, (phase, size, swing) in enumerate(variety.tolist()):
            age = (puff / _PUFFS + self.rate * seconds) % 1
            across, down = self.gone.at(seconds - age / self.rate)
            sway = _SWAY * sin(2 * pi * (phase + 1.5 * age)) * (0.3 + age)
            x = self.source[0] + across + height * (_WIND * (0.6 + 0.8 * swing) * age**1.5 + sway)
            y = self.source[1] + down - height * rise * age ** (0.8 + 0.2 * size)
            radius = height * (_RADII[0] + (_RADII[1] - _RADII[0]) * age) * (0.75 + 0.5 * size)
            _lay(veil, x, y, radius, _DENSITY * min(age / 0.08, 1) * (1 - age) ** 1.1)
        light = 0.35 * np.quantile(frame.reshape(-1, 3), 0.9, axis=0) + 0.65 * np.array([196, 198, 204])
        share = veil[..., None]
        return np.asarray(np.clip(frame * (1 - share) + light * share + 0.5, 0, 255), np.uint8)


def _lay(veil: Map, x: float, y: float, radius: float, density: float) -> None:
    """Lay a soft round puff over a veil (H, W), in place."""
    height, width = veil.shape
    reach = 1.6 * radius
    left, top = max(int(x - reach), 0), max(int(y - reach), 0)
    right, bottom = min(ceil(x + reach) + 1, width), min(ceil(y + reach) + 1, height)
    if left >= right or top >= bottom:
        return
    down, across = np.ogrid[top:bottom, left:right]
    far = ((across - x) ** 2 + (down - y) ** 2) / radius**2
    puff = density * np.clip(1.35 * np.exp(-1.6 * far) - 0.05, 0, 1)
    part = veil[top:bottom, left:right]
    part += (1 - part) * puff.astype(np.float32)


def smoke(
    told: Ambient,
    alpha: Map,
    sky: Map,
    gone: Gone,
    speed: float,
    period: float | None,
) -> Smoke | None:
    """Return the smoke that rises from the top of a subject, None where there is no subject.

    Args:
        told: what the prompt says of it.
        alpha: the subject's outline, float32 (H, W).
        sky: how far each pixel of the picture is sky or like it, float32 (H, W).
        gone: where the subject has gone.
        speed: factor of all speeds.
        period: seconds after which all is as it was; None where it needn't be.
    """
    covered = np.argwhere(alpha > 0.5)
    if not len(covered):
        return None
    top = covered[:, 0].min()
    if gone.rising:
        foot = covered[:, 0].max()
        middle = covered[covered[:, 0] >= foot - max(len(alpha) // 64, 1)][:, 1].mean()
        return Smoke((float(middle), float(foot)), gone, _whole(_RATE * told.pace * speed, period))
    roof = _left_out(alpha > 0.5, sky < 0.5)
    if roof is not None:
        return Smoke(roof, gone, _whole(_RATE * told.pace * speed, period))
    peak = covered[covered[:, 0] <= top + max(len(alpha) // 64, 1)][:, 1].mean()
    return Smoke((float(peak), float(top)), gone, _whole(_RATE * told.pace * speed, period))


def _left_out(own: NDArray[np.bool_], solid: NDArray[np.bool_]) -> Place | None:
    """Return the top of what stands upon a subject but isn't in its outline, such as a roof.

    Args:
        own: the subject's outline, (H, W).
        solid: what is neither sky nor like it, (H, W).

    Returns:
        None where there is nothing of that kind, or no air above it.
    """
    places = np.argwhere(own)
    (top, left), right = places.min(axis=0), places[:, 1].max()
    reach = round(_LEFT_OUT * len(own))
    above = np.zeros(own.shape, np.uint8)
    above[max(top - reach, 0) : top, left : right + 1] = solid[max(top - reach, 0) : top, left : right + 1]
    square = np.ones((7, 7), np.uint8)
    standing = cv2.morphologyEx(above, cv2.MORPH_OPEN, square) > 0  # neither rain nor a bolt
    labels = cv2.connectedComponents((standing | own).astype(np.uint8))[1]
    found = (labels == labels[tuple(places[0])]) & standing
    at_foot = found[max(top - 3, 0)].sum()
    highest = int(np.flatnonzero(found.any(axis=1)).min(initial=len(own)))
    if at_foot < _WIDE * (right - left + 1) or highest <= max(top - reach, 0):
        return None
    if ((~solid[highest:top]).mean(axis=1) > _OPEN).mean() < _ROWS_OPEN:
        return None  # haze or clouds across the picture
    middle = np.median(np.flatnonzero(found[highest : highest + 3].any(axis=0)))
    return float(middle), highest + _SUNK * len(own)  # what is near its top doesn't pass for air


def air_around(picture: Frame, alpha: Map, sky: Map) -> Map:
    """Return how far each pixel is sky, or has the colour of what is beside the subject in its row.

    Args:
        picture: uint8 (H, W, 3).
        alpha: the subject's outline, float32 (H, W).
        sky: how far each pixel of the picture is sky, float32 (H, W).
    """
    columns = np.flatnonzero((alpha > 0.5).any(axis=0))
    margin = round(_BESIDE * alpha.shape[1])
    if not len(columns):
        return sky
    smooth = cv2.bilateralFilter(picture, 7, 24, 4).astype(np.float32)
    beside = smooth[:, : max(columns[0] - margin, 0)], smooth[:, columns[-1] + margin + 1 :]
    air = sky.copy()
    for side in (one for one in beside if one.shape[1] > margin):
        color = np.median(side, axis=1, keepdims=True)
        air = np.maximum(air, (np.abs(smooth - color).max(axis=2) < _AS_AIR).astype(np.float32))
    return np.asarray(air, np.float32)


def _whole(rate: float, period: float | None) -> float:
    """Return a rate, a whole number of times in a period."""
    return rate if period is None else max(1, round(rate * period)) / period


def flames_in(picture: Frame, likely: Map) -> Map:
    """Return how far each pixel of a picture is flame: float32 (H, W), 0 to 1; all 0 where none is found.

    Args:
        picture: uint8 (H, W, 3).
        likely: float32 (h, w), 0 to 1: where the model draws otherwise without the word for it.
    """
    height, width = picture.shape[:2]
    heat = cv2.resize(likely, (width, height), interpolation=cv2.INTER_LINEAR)
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    value = hsv[..., 2].astype(np.float32)
    stands_out = value - cv2.GaussianBlur(value, (0, 0), _AROUND * height) > _BRIGHTER
    warm = (cv2.inRange(hsv, *(np.array(end) for end in _WARM)) > 0) & stands_out
    joined = cv2.morphologyEx(warm.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    count, labels, figures, _ = cv2.connectedComponentsWithStats(joined)
    best, found = 0.0, np.zeros((height, width), np.float32)
    for piece in range(1, count):
        share = figures[piece, cv2.CC_STAT_AREA] / (height * width)
        score = float(heat[labels == piece].mean()) * share**0.25
        if _LEAST < share < _MOST and score > best:
            best, found = score, (labels == piece).astype(np.float32)
    return np.asarray(found, np.float32)


@dataclass(frozen=True)
class Flames:
    """Flames that flicker.

    Attributes:
        region: how far each pixel is flame, float32 (H, W), 0 to 1.
        pace: factor of their speed.
        period: seconds after which all is as it was; None where it needn't be.
    """

    region: Map
    pace: float = 1.0
    period: float | None = None

    @cached_property
    def glow(self) -> Map:
        """How far each pixel is lit by them, float32 (H, W), 0 to 1."""
        sigma = _AROUND * len(self.region)
        lit = cv2.GaussianBlur(self.region, (0, 0), sigma)
        return np.asarray(
            np.clip(np.maximum(lit / max(float(lit.max()), 1e-6), self.region), 0, 1), np.float32
        )

    def __call__(self, frame: Frame, seconds: float) -> Frame:
        """Return a picture (H, W, 3) whose flames are as far on."""
        if not self.region.any():
            return frame
        rows = np.flatnonzero((self.region > 0.5).any(axis=1))
        top, foot = int(rows[0]), int(rows[-1])
        tall = max(foot - top, 1)
        wide = cv2.dilate(self.region, np.ones((3, 3), np.uint8), iterations=max(tall // 8, 1))
        soft = cv2.GaussianBlur(wide, (0, 0), tall / 10 + 0.5)
        up = np.clip((foot - np.arange(len(frame), dtype=np.float32)) / tall, 0, 1.3)[:, None] * soft
        rates = [2 * pi * _whole(rate * self.pace, self.period) * seconds for rate, _ in _WAVES]
        across = _BEND * tall * up * (0.6 * np.sin(rates[0] + 3.5 * up) + 0.4 * np.sin(rates[1] + 6 * up + 1))
        down = _STRETCH * tall * up * (0.6 * sin(rates[1]) + 0.4 * sin(rates[2] + 2))
        flow: FlowField = np.stack([across, down], axis=-1).astype(np.float32)
        moved = backward_warp(frame.astype(np.float32), flow)
        wave = sum(share * sin(rate + 1.7 * share) for rate, (_, share) in zip(rates, _WAVES, strict=True))
        lit = moved * (1 + _LIGHT * wave * self.glow[..., None])
        return np.asarray(np.clip(lit + 0.5, 0, 255), np.uint8)
