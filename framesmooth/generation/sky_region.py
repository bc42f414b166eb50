"""Where the sky of a picture is: what has its colour, row by row, down to the horizon.

A sky is a gradient from top to bottom, before which clouds stand. What has another colour and is connected
with the ground, such as a tower, a hill or a tree, is none; what the sky surrounds, such as a cloud, is.
"""

from math import pi
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.generation.subject_layers import Layers
from framesmooth.generation.word_maps import Map

_SIDE: Final = 160
"""Pixels of the longer side at which a sky is sought."""
_FIRST, _LOWEST = 0.1, 0.7
"""Shares of the height: a margin of paper may end above the first; no sky is below the second."""
_BANDS: Final = 0.42
"""Share of the height above which a row may differ at once from the one above it, as painted bands do."""
_SIDES: Final = 0.08
"""Shares of the width at both sides that may be a margin of paper."""
_NONE: Final = 0.15
"""How far a pixel is the subject's that is no sky for sure."""
_TOLERANCE: Final = 13, 22
"""Levels by which a pixel differs from its row's sky at most: of a smooth picture, and of a rough one."""
_DRIFT: Final = 2.5
"""Levels by which a sky changes from one row to the next at most."""
_OF_A_ROW, _OF_A_BAND = 0.15, 0.45
"""Shares of a row that are sky at least, beside the row above, and where it differs at once."""
_MIXED: Final = 0.06
"""Heights of the picture that an uneven border between two bands has at most."""
_LEAST: Final = 0.06
"""Share of a picture that a sky covers at least."""
_ALIKE: Final = 0.3
"""Share of a subject before the sky that has its colour at most, else the two can't be told apart."""
_EDGE: Final = 0.012
"""Sigma of the sky's soft edge, and how far it stays away from what isn't sky, in heights of the picture."""
_ROUND, _AS_WIDE, _LARGEST_DISC = 0.6, 0.75, 0.035
"""How much of the circle around them sun and moon fill at least, painted as they are, how far from as wide as
high they may be, and their largest share of the picture."""

Mask = NDArray[np.bool_]


def sky_in(scene: Frame, other: Map | None = None) -> Map:
    """Return how far each pixel of a scene, uint8 (H, W, 3), is sky: float32 (H, W), 0 to 1.

    Pixels of ``other``, float32 (H, W), are none. Clouds that the sky surrounds belong to it, sun and moon
    don't. All 0 where that is next to nothing, or where ``other`` can't be told from it.
    """
    height, width = scene.shape[:2]
    scale = min(1.0, _SIDE / max(height, width))
    small = cv2.resize(scene, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    none = np.zeros(small.shape[:2], bool)
    if other is not None:
        none = cv2.resize(other, small.shape[1::-1], interpolation=cv2.INTER_AREA) > _NONE
    alike = _alike(cv2.bilateralFilter(cv2.medianBlur(small, 5), 7, 24, 4), none)
    before = none & alike.any(axis=1, keepdims=True)
    if before.any() and alike[before].mean() > _ALIKE:
        return np.zeros((height, width), np.float32)
    sky = _with_its_clouds(_from_the_top(alike & ~none)) & ~none
    if sky.mean() < _LEAST:
        return np.zeros((height, width), np.float32)
    large = np.asarray(cv2.resize(sky.astype(np.float32), (width, height)), np.float32)
    sigma = max(_EDGE * height, 0.5)
    # Kept off all borders but those of the picture itself
    inner = cv2.erode(large, np.ones((3, 3)), iterations=max(round(1.5 * sigma), 1))
    soft = cv2.GaussianBlur(inner, (0, 0), sigma)
    return np.asarray(soft * (1 - _disc(scene, large)), np.float32)


def sky_of(layers: Layers, *, rests: bool = False) -> Map:
    """Return how far each pixel is sky: in the picture, and in its scene where the subject stands.

    Behind a subject that ``rests`` is none.
    """
    around = sky_in(layers.subject, layers.alpha)
    if rests:
        return around
    return np.asarray(layers.alpha * sky_in(layers.scene) + (1 - layers.alpha) * around, np.float32)


def _alike(smooth: Frame, none: Mask) -> Mask:
    """Return the pixels of a picture (H, W, 3) that have the colour of their row's sky."""
    rows, columns = smooth.shape[:2]
    picture = smooth.astype(np.float32)
    first, margin = round(_FIRST * rows), round(_SIDES * columns)
    inside = ~none
    inside[:, :margin] = inside[:, columns - margin :] = False
    found = np.zeros((rows, columns), bool)
    if not inside[first].any():
        return found
    sky = np.median(picture[first][inside[first]], axis=0)
    uneven = np.abs(picture[first][inside[first]] - sky).max(axis=1)
    tolerance = float(np.clip(3 * np.median(uneven), *_TOLERANCE))
    top, missed, end = sky, 0, round(_BANDS * rows)  # without a horizon nobody knows where the ground begins
    for row in range(first, round(_LOWEST * rows)):
        usable = picture[row][inside[row]]
        near = usable[_far(usable, sky) < tolerance]
        if len(near) < max(_OF_A_ROW * len(usable), 3):
            if row > _BANDS * rows or not len(usable) or missed > _MIXED * rows:
                end = row
                break
            missed += 1
            band = np.median(usable, axis=0)
            like = _far(picture[row], band) < tolerance
            if like[inside[row]].mean() < _OF_A_BAND or not _on_both_sides(like, inside[row]):
                continue  # of two bands with an uneven border
            low, high = np.minimum(sky, band) - tolerance, np.maximum(sky, band) + tolerance
            border = slice(row - missed + 1, row + 1)
            found[border] = ((picture[border] > low) & (picture[border] < high)).all(axis=2)
            sky, missed = band, 0
        else:
            sky = sky + np.clip(np.median(near, axis=0) - sky, -_DRIFT, _DRIFT)
            missed = 0
        found[row] = _far(picture[row], sky) < tolerance
    found[:first] = _far(picture[:first], top) < 1.5 * tolerance
    found[end:] = False
    return found


def _on_both_sides(like: Mask, inside: Mask) -> bool:
    """Tell whether most of a row (W,) is like a colour near both ends, as a band is and a house is not."""
    columns = np.flatnonzero(inside)
    strip = max(round(_SIDES * len(like)), 1)
    return bool(like[columns[:strip]].mean() > 0.5 and like[columns[-strip:]].mean() > 0.5)


def _far(colors: NDArray[np.float32], sky: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.abs(colors - sky).max(axis=-1), np.float32)


def _from_the_top(found: Mask) -> Mask:
    """Return the pieces of a mask (H, W) that reach its upper part, without what hangs on by a thread."""
    opened = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    labels = cv2.connectedComponents(opened)[1]
    start = labels[: round(_FIRST * len(found)) + 2]
    return np.asarray(np.isin(labels, np.unique(start[start > 0])), np.bool_)


def _with_its_clouds(sky: Mask) -> Mask:
    """Return a sky (H, W) with what it surrounds, the picture's upper and side borders counted in."""
    ground = cv2.connectedComponents((~sky).astype(np.uint8), connectivity=4)[1]
    lowest = int(np.flatnonzero(sky.any(axis=1)).max(initial=0))
    grounded = np.unique(ground[min(lowest + 1, len(sky) - 1) :])
    return np.asarray(~np.isin(ground, grounded) | sky, np.bool_)


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
        sides = sorted(cv2.minAreaRect(outline)[1])
        round_enough = share > _ROUND and sides[0] > _AS_WIDE * sides[1]
        if round_enough and radius > 2 and pi * radius**2 < _LARGEST_DISC * light.size:
            cv2.circle(disc, (round(x), round(y)), round(1.25 * radius) + 1, 1.0, -1)
            break
    return np.asarray(cv2.GaussianBlur(disc, (0, 0), max(0.006 * len(light), 0.5)), np.float32)
