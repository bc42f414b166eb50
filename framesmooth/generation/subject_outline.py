"""The outline of a subject, sought again once the scene behind it is known.

A first outline, found from where words draw, has the latents' coarse grid: it holds sky between antlers and
ground between legs, which would travel with the subject. What looks there as the scene behind it does is
background (background subtraction), and GrabCut (Rother et al. 2004) finds the border.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.generation.word_maps import Map
from framesmooth.motion.warping import Mask

_SIDE: Final = 320
"""Pixels of the longer side at which outlines are sought."""
_LIKE_THE_SCENE: Final = 6
"""Levels outside the colours of the scene nearby within which a pixel may be background."""
_LIKE_ITS_SURROUNDINGS: Final = 14
"""Levels by which background differs from what is around the outline at most."""
_NEARBY: Final = 4
"""Pixels by which a scene is drawn elsewhere than it stands in the picture, at most."""
_AROUND: Final = 6.0
"""Sigma in pixels of what is around the outline."""
_BACKGROUND: Final = 0.5
"""Share of a removed piece that looks like background at least."""
_SPECK: Final = 30
"""Pixels of a removed piece that needn't."""
_LEAST: Final = 0.4
"""Share of the first outline that is left at least; else subject and scene look alike."""
_PIECE: Final = 0.03
"""Share of the largest piece that others, such as an antler, have at least."""
_SOFT_EDGE: Final = 1.0


def refined_outline(image: Frame, alpha: Map, scene: Frame, around: Mask) -> Map:
    """Return a subject's outline without the background that it holds.

    Args:
        image: the picture, uint8 (H, W, 3).
        alpha: the first outline, float32 (H, W), 0 to 1.
        scene: the picture without its subject, uint8 (H, W, 3).
        around: the outline and a margin around it, (H, W).

    Returns:
        float32 (H, W), 0 to 1: ``alpha`` itself where the subject can't be told from its scene.
    """
    height, width = alpha.shape
    scale = min(1.0, _SIDE / max(height, width))
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    small, behind = (cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (image, scene))
    first = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.float32)
    margin = cv2.resize(around.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    own, smooth = first > 0.5, _smooth(small)
    beyond = _beyond(smooth, _smooth(behind))
    told_apart = own & (beyond > _LIKE_THE_SCENE)
    if told_apart.sum() < _SPECK:
        return alpha
    near = _like_surroundings(smooth, margin & ~_grown(first > 0.1))
    left = _with_unlike(own, _grabbed(small, own, told_apart), near | (beyond < 2 * _LIKE_THE_SCENE))
    if left.sum() < _LEAST * own.sum():
        return alpha
    refined = cv2.GaussianBlur(_large_pieces(left).astype(np.float32), (0, 0), _SOFT_EDGE)
    return np.asarray(cv2.resize(refined, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def grab_cut(image: Frame, marks: NDArray[np.uint8], *, rounds: int) -> Mask:
    """Return what GrabCut takes for the foreground (H, W).

    Args:
        image: uint8 (H, W, 3).
        marks: what is sure or likely, values of ``cv2.GrabCutClasses`` (H, W); changed in place.
        rounds: of learning the colours and cutting again.
    """
    cv2.setRNGSeed(0)  # its colour models start from random clusters
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(np.ascontiguousarray(image), marks, (0, 0, 0, 0), *models, rounds, cv2.GC_INIT_WITH_MASK)
    return np.asarray(np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)), np.bool_)


def _smooth(image: Frame) -> Frame:
    return np.asarray(cv2.bilateralFilter(cv2.medianBlur(image, 3), 5, 20, 3), np.uint8)


def _grown(mask: Mask) -> Mask:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0, np.bool_)


def _beyond(image: Frame, scene: Frame) -> Map:
    """Return by how many levels each pixel is outside the range of the scene's colours nearby: (H, W)."""
    square = np.ones((2 * _NEARBY + 1, 2 * _NEARBY + 1), np.uint8)
    low, high = cv2.erode(scene, square).astype(np.float32), cv2.dilate(scene, square).astype(np.float32)
    return np.asarray(np.maximum(low - image, image - high).max(axis=2), np.float32)


def _like_surroundings(image: Frame, ring: Mask) -> Mask:
    """Tell which pixels have the mean colour of the ``ring`` (H, W) near them."""
    weight = ring.astype(np.float32)
    near = cv2.GaussianBlur(weight, (0, 0), _AROUND)
    mean = cv2.GaussianBlur(image * weight[..., None], (0, 0), _AROUND) / np.maximum(near, 1e-6)[..., None]
    alike = np.abs(image - mean).max(axis=2) < _LIKE_ITS_SURROUNDINGS
    return np.asarray(alike & (near > 1e-4), np.bool_)


def _grabbed(image: Frame, own: Mask, likely: Mask) -> Mask:
    """Return what GrabCut takes for the subject, from where it is likely within its first outline."""
    marks = np.full(own.shape, cv2.GC_BGD, np.uint8)
    marks[_grown(own)] = cv2.GC_PR_BGD
    marks[likely] = cv2.GC_PR_FGD
    return grab_cut(image, marks, rounds=1)


def _with_unlike(own: Mask, found: Mask, background: Mask) -> Mask:
    """Return ``found`` and those pieces of the first outline ``own`` that don't look like background."""
    count, labels, figures, _ = cv2.connectedComponentsWithStats(
        (own & ~found).astype(np.uint8), connectivity=4
    )
    alike = np.bincount(labels.ravel(), weights=background.ravel(), minlength=count)
    area = figures[:, cv2.CC_STAT_AREA]
    kept = (area > _SPECK) & (alike < _BACKGROUND * area)
    kept[0] = False
    return np.asarray(found | kept[labels], np.bool_)


def _large_pieces(mask: Mask) -> Mask:
    _, labels, figures, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    area = figures[:, cv2.CC_STAT_AREA]
    large = area >= max(_PIECE * area[1:].max(initial=0), 1)
    large[0] = False
    return np.asarray(large[labels], np.bool_)
