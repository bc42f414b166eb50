"""The sails of a windmill, found in a cut-out picture, and turned.

Sails are arms at right angles: the hub is where rays at four such angles are covered and those between them
are not. One arm that nothing stands behind is cut out, and shown four times; what is behind the sails is the
mill, filled from around them (Telea 2004), and the scene.
"""

from dataclasses import dataclass, replace
from math import pi
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.generation.subject_layers import Layers
from framesmooth.generation.word_maps import Map

_SIDE: Final = 72
"""Pixels of a subject's height in which the hub is sought."""
_ANGLES: Final = 72
_RADII: Final = (0.34, 0.42, 0.5, 0.58)
"""How long sails may be, in widths of the subject."""
_ALONG: Final = np.linspace(0.35, 0.92, 8)
"""Where a ray is looked at, in lengths of a sail."""
_DOWN: Final = 40
"""Degrees around straight down in which the mill itself stands."""
_LEAST: Final = 0.6
"""How much more arms are covered than what is between them, or they are no sails."""
_UNLIKE: Final = 26.0
"""Levels by which a pixel of the subject differs from the scene behind it."""
_LONGER: Final = 0.3
"""How much of sureness a length of one width of the subject is worth."""
_BEYOND: Final = 1.12
"""How far a sail reaches beyond the length that was found."""


@dataclass(frozen=True)
class Sails:
    """Where a windmill's sails are.

    Attributes:
        hub: pixels from the left and from the top.
        length: of a sail, in pixels.
        angle: of one of the four, in degrees, anticlockwise from the right.
        sure: how much more the arms are covered than what is between them, -1 to 1.
    """

    hub: tuple[float, float]
    length: float
    angle: float
    sure: float


@dataclass(frozen=True)
class Rotor:
    """Sails to be turned.

    Attributes:
        sails: where they are.
        picture: that one of them is cut out of, uint8 (H, W, 3).
        sail: how far each pixel is that sail, float32 (H, W).
    """

    sails: Sails
    picture: Frame
    sail: Map

    def turned(self, layers: Layers, degrees: float) -> Layers:
        """Return layers with the sails before the subject, turned clockwise."""
        height, width = self.sail.shape
        subject, alpha = layers.subject.astype(np.float32), layers.alpha
        for quarter in range(4):
            turn = cv2.getRotationMatrix2D(self.sails.hub, 90.0 * quarter - degrees, 1.0)
            share = cv2.warpAffine(self.sail, turn, (width, height), flags=cv2.INTER_LINEAR)
            sail = cv2.warpAffine(
                self.picture, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
            )
            subject = subject * (1 - share[..., None]) + sail * share[..., None]
            alpha = np.maximum(alpha, share)
        return replace(layers, subject=np.asarray(np.clip(subject + 0.5, 0, 255), np.uint8), alpha=alpha)


def solid(layers: Layers) -> NDArray[np.bool_]:
    """Return the pixels (H, W) of a subject that aren't as the scene behind them: none between its arms."""
    unlike = np.abs(layers.subject.astype(np.float32) - layers.scene).max(axis=2)
    found = (layers.alpha > 0.5) & (cv2.GaussianBlur(unlike, (0, 0), 0.7) > _UNLIKE)
    return np.asarray(cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3))) > 0)


def find_sails(covered: NDArray[np.bool_]) -> Sails | None:
    """Return the sails in the outline (H, W) of a windmill, None where there are none for sure."""
    places = np.argwhere(covered)
    if len(places) < 64:
        return None
    (top, left), (foot, right) = places.min(axis=0), places.max(axis=0)
    tall, wide = foot - top + 1, right - left + 1
    scale = _SIDE / max(tall, 1)
    small = cv2.resize(covered[top : foot + 1, left : right + 1].astype(np.float32), None, fx=scale, fy=scale,
                       interpolation=cv2.INTER_AREA)  # fmt: skip
    margin = _SIDE // 2
    small = cv2.copyMakeBorder(small, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
    down, across = np.mgrid[0.15 * _SIDE : 0.65 * _SIDE : 2, 0.2 * wide * scale : 0.8 * wide * scale : 2]
    hubs = np.stack([across.ravel(), down.ravel()], axis=1) + margin
    turns = np.arange(_ANGLES) * 2 * pi / _ANGLES
    best = Sails((0, 0), 0, 0, -9.0)
    for share in _RADII:
        length = share * wide * scale
        along = length * _ALONG
        x = hubs[:, 0, None, None] + along * np.cos(turns)[:, None]
        y = hubs[:, 1, None, None] - along * np.sin(turns)[:, None]
        rays = cv2.remap(small, x.reshape(len(hubs), -1).astype(np.float32),
                         y.reshape(len(hubs), -1).astype(np.float32), cv2.INTER_LINEAR)  # fmt: skip
        strength = rays.reshape(len(hubs), _ANGLES, len(along)).mean(axis=2)
        at, turn, sure = _best_cross(strength)
        if sure + _LONGER * share > best.sure + _LONGER * best.length / max(wide, 1):
            hub = (hubs[at] - margin) / scale + (left, top)
            best = Sails((float(hub[0]), float(hub[1])), float(length / scale), turn * 360 / _ANGLES, sure)
    return best if best.sure > _LEAST else None


def disc_of(sails: Sails, size: tuple[int, ...]) -> Map:
    """Return the disc in which sails turn: float32 (height, width), 0 and 1."""
    disc = np.zeros(size[:2], np.float32)
    middle = round(sails.hub[0]), round(sails.hub[1])
    cv2.circle(disc, middle, round(_BEYOND * sails.length) + 1, 1.0, -1)
    return disc


def _best_cross(strength: NDArray[np.float32]) -> tuple[int, int, float]:
    """Return (hub, first arm, how sure) of the rays (hubs, angles) that are most like a cross."""
    quarter = _ANGLES // 4
    degrees = np.arange(_ANGLES) * 360 / _ANGLES
    free = np.abs((degrees - 270 + 180) % 360 - 180) > _DOWN
    wide = (np.roll(strength, 1, 1) + strength + np.roll(strength, -1, 1)) / 3
    best = 0, 0, -1.0
    for turn in range(quarter):
        arms = [turn + quarter * k for k in range(4)]
        gaps = [(arm + quarter // 2) % _ANGLES for arm in arms]
        arms, gaps = [arm for arm in arms if free[arm]], [gap for gap in gaps if free[gap]]
        score = 0.5 * (wide[:, arms].min(axis=1) + wide[:, arms].mean(axis=1)) - wide[:, gaps].mean(axis=1)
        at = int(score.argmax())
        if score[at] > best[2]:
            best = at, turn, float(score[at])
    return best


def taken_apart(layers: Layers, sails: Sails) -> Layers:
    """Return the layers of a windmill without its sails, and these as their rotor.

    The subject of the layers is the whole picture without the sails: where they were, the scene is seen, or
    the mill, whose outline is what is left of it and lies between that.
    """
    covered = solid(layers)
    height, width = covered.shape
    right, up = np.meshgrid(np.arange(width) - sails.hub[0], sails.hub[1] - np.arange(height))
    far = np.hypot(right, up)
    reached = far < _BEYOND * sails.length
    sail = _one_sail(covered, sails, right, up)
    arms = np.zeros((height, width), np.uint8)
    for quarter in range(4):
        turn = cv2.getRotationMatrix2D(sails.hub, 90.0 * quarter, 1.0)
        arms |= (cv2.warpAffine(sail, turn, (width, height)) > 0.3).astype(np.uint8)
    wider = cv2.dilate(arms, np.ones((3, 3), np.uint8), iterations=max(round(0.09 * sails.length), 1)) > 0
    below = (up < 0.1 * sails.length) & (np.abs(right) < 0.6 * sails.length)
    rest = _largest((covered & ~wider & below).astype(np.uint8))
    points = np.argwhere(rest | (far < 0.12 * sails.length))[:, ::-1]
    mill = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(mill, cv2.convexHull(points.astype(np.int32)), 1)
    margin = max(round(0.03 * height), 2)
    there = cv2.dilate(
        (covered & (reached | (up > -0.5 * sails.length))).astype(np.uint8),
        np.ones((2 * margin + 1,) * 2, np.uint8),
    )
    gone = cv2.GaussianBlur(there.astype(np.float32), (0, 0), margin / 2) * (1 - mill)
    plain = cv2.inpaint(
        layers.subject,
        ((wider & (mill > 0)) | ((mill > 0) & ~covered)).astype(np.uint8),
        margin,
        cv2.INPAINT_TELEA,
    )
    edge = cv2.GaussianBlur(mill.astype(np.float32), (0, 0), 0.8)[..., None]
    open_air = layers.subject * (1 - gone[..., None]) + layers.scene * gone[..., None]
    picture = np.asarray(np.clip(open_air * (1 - edge) + plain * edge + 0.5, 0, 255), np.uint8)
    bare = replace(layers, subject=picture, alpha=np.asarray(edge[..., 0], np.float32))
    soft = np.asarray(cv2.GaussianBlur(sail, (0, 0), 0.6), np.float32)
    return replace(bare, rotor=Rotor(sails, layers.subject, soft))


def _one_sail(
    covered: NDArray[np.bool_], sails: Sails, right: NDArray[np.float64], up: NDArray[np.float64]
) -> Map:
    """Return the arm nearest to straight up, as float32 (H, W), 0 and 1: nothing stands behind it.

    It is as wide all along as its outer half is.
    """
    quarters = sails.angle + 90 * np.arange(4)
    angle = np.deg2rad(quarters[np.abs((quarters - 90 + 180) % 360 - 180).argmin()])
    along = (right * np.cos(angle) + up * np.sin(angle)) / sails.length
    aside = (up * np.cos(angle) - right * np.sin(angle)) / sails.length
    outer = covered & (along > 0.5) & (along < 1) & (np.abs(aside) < 0.36)
    left, right_side = np.quantile(aside[outer], (0.03, 0.97)) if outer.any() else (-0.1, 0.1)
    own = (along > 0) & (along < _BEYOND) & (aside > left - 0.03) & (aside < right_side + 0.03)
    own &= (np.abs(aside) < along) | (np.abs(aside) < 0.07)
    return np.asarray(own & covered, np.float32)


def _largest(mask: NDArray[np.uint8]) -> NDArray[np.bool_]:
    count, labels, figures, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return mask > 0
    return np.asarray(labels == 1 + int(np.argmax(figures[1:, cv2.CC_STAT_AREA])))
