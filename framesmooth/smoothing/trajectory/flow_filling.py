"""Motion of places too flat to be followed: that of their surroundings, where the frames agree with it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, eight_bits
from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.warping import Mask, backward_warp, inside_frame
from framesmooth.smoothing.exposure import GridStep
from framesmooth.smoothing.trajectory.pyramid import (
    FINE,
    HALF,
    LOW,
    LOW_SIGMA,
    MID,
    QUARTER,
    SCALES,
    GridMotions,
    Weight,
    as_single,
    divided,
    gaussian,
    level_motion,
    multiplied,
    rescaled_flow,
    resized,
)

# In pixels of the mid band (Gaussian sigma): over which motion is carried, over which frames are compared.
_NEAR, _COMPARED = 8.0, 3.0
# What is further away counts so little, on a grid so much coarser.
_FAR_WEIGHT, _COARSER = np.float32(0.01), 8
# Frames agree with a motion where they differ by up to so many times this quantile of what was followed:
# noise alone, without the outlines that wobble or were missed by a part of a pixel.
_AGREES, _NOISE_QUANTILE = 3.0, 0.1
# Less of a frame than this, followed, doesn't stand for the rest: noise agrees by chance.
_LEAST_TRUSTED: Final = 0.05
# Half a level of 255 is what rounding makes.
_ROUNDING: Final = (0.5 / 255) ** 2


def filled_steps(stream: Iterable[GridStep]) -> Iterator[GridStep]:
    """Yield the steps with their motion filled, one step late."""
    for step, following in pairwise(chain(stream, [None])):
        if step is None:
            return
        if step.to_next is None or following is None:
            yield step
        else:
            yield replace(step, to_next=filled(step.to_next, step.frame, following.frame))


def filled(motions: GridMotions, image0: Frame, image1: Frame) -> GridMotions:
    """Return the motion from ``image0`` to ``image1``, that of surroundings where none was found.

    Noise alone decides the flow of a wall, a floor or a sky that flickers: there and back then disagree, and
    the place would keep its flicker. It is taken to move as what is followed around it does, if the frames
    differ no more along that motion than they do elsewhere. Occluded things differ more.
    """
    half = motions[HALF]
    size = (half.masks[0].shape[0], half.masks[0].shape[1])
    first, second = (_structure(image, size) for image in (image0, image1))
    forward = _filled(as_single(half.forward), half.masks[0], first, second)
    backward = _filled(as_single(half.backward), half.masks_backward[0], second, first)
    small = motions[QUARTER].masks[0].shape
    coarse = (rescaled_flow(forward, (small[0], small[1])), rescaled_flow(backward, (small[0], small[1])))
    return level_motion((forward, backward), (FINE, MID)), level_motion(coarse, (LOW,))


def _structure(image: Frame, size: tuple[int, int]) -> Weight:
    """Return a frame (H, W, 3) in grey without its low band, (h, w) in [-1, 1]."""
    grey = np.asarray(cv2.cvtColor(eight_bits(image), cv2.COLOR_RGB2GRAY), np.float32) / np.float32(255)
    grey = resized(grey, size)
    return grey - gaussian(grey, LOW_SIGMA / SCALES[MID])


def _filled(flow: FlowField, trusted: Mask, here: Weight, there: Weight) -> FlowField:
    """Return a flow (h, w, 2), that of trusted surroundings where it isn't trusted and frames agree."""
    if trusted.all() or trusted.mean() < _LEAST_TRUSTED:
        return flow
    carried = _surroundings(flow, np.asarray(trusted, np.float32))
    noise = float(np.quantile(_difference(here, there, flow)[trusted], _NOISE_QUANTILE))
    agrees = _difference(here, there, carried) <= _AGREES * noise + _ROUNDING
    found = ~trusted & agrees & inside_frame(carried)
    return np.where(found[..., None], carried, flow)


def _surroundings(flow: FlowField, trusted: Weight) -> FlowField:
    """Return the mean of the trusted flow around (h, w, 2): normalised convolution (Knutsson 1993)."""
    height, width = trusted.shape
    summed = np.asarray(cv2.merge((*cv2.split(multiplied(flow, trusted)), trusted)), np.float32)
    small = resized(summed, (max(height // _COARSER, 1), max(width // _COARSER, 1)))
    far = resized(gaussian(small, 4 * _NEAR / _COARSER), (height, width))
    total = gaussian(summed, _NEAR) + _FAR_WEIGHT * far
    return divided(total[..., :2], np.maximum(total[..., 2], np.float32(1e-6)))


def _difference(here: Weight, there: Weight, flow: FlowField) -> NDArray[np.float32]:
    """Return the local mean square (h, w) by which two images differ along a motion."""
    return gaussian(np.square(here - np.asarray(backward_warp(there, flow), np.float32)), _COMPARED)
