"""A picture in two layers: its subject, cut out, and the scene behind it.

Which pixels the subject covers is what a denoiser draws otherwise when its words are left out of the prompt
(compare Hertz et al. 2022, Prompt-to-Prompt; Couairon et al. 2022, DiffEdit). The outline is then found in
the picture itself (Rother et al. 2004, GrabCut). What is behind the subject is drawn by the model: the place
is filled from around it (Telea 2004), noised, and denoised with the prompt without the subject (Meng et al.
2022, SDEdit).
"""

from dataclasses import dataclass
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from framesmooth.frames import Frame
from framesmooth.generation.subject_outline import grab_cut, refined_outline
from framesmooth.generation.word_maps import Map, differences
from framesmooth.models.conditioning import Conditioning
from framesmooth.models.text_to_image import TextToImage

_CUT_SIDE: Final = 320
"""Pixels of the longer side at which outlines are sought."""
_SURE, _UNLIKELY = 1.8, 0.4
"""Shares of the threshold above which a pixel is the subject for sure, and below which it is not."""
_ROUNDS: Final = 4
_SOFT_EDGE: Final = 1.0
_HOLE_MARGIN: Final = 0.05
"""Share of the picture's height around the subject that is drawn anew with what is behind it."""


@dataclass(frozen=True)
class Layers:
    """A picture in two layers, both as large as the picture.

    Attributes:
        subject: the picture itself, uint8 (H, W, 3).
        alpha: how far each pixel is the subject's, float32 (H, W), 0 to 1.
        scene: the picture without its subject, uint8 (H, W, 3).
        rotor: what turns before the subject, None for nothing.
    """

    subject: Frame
    alpha: Map
    scene: Frame
    rotor: "Turning | None" = None


class Turning(Protocol):
    """What turns before a subject."""

    def turned(self, layers: Layers, degrees: float) -> Layers:
        """Return layers with it before the subject, turned clockwise."""
        ...


def subject_map(
    model: TextToImage,
    latents: Tensor,
    noise: Tensor,
    conditioning: Conditioning,
    without_subject: Conditioning,
) -> Map:
    """Return how differently a model draws a picture without its subject's words.

    Args:
        model: drew the picture; its sampler can begin midway.
        latents: of the picture, float32 (C, h, w).
        noise: standard normal, of the same shape.
        conditioning: of the whole prompt, batch size 1.
        without_subject: of the prompt without its subject, batch size 1.

    Returns:
        float32 (h, w), 0 to 1.
    """
    total: Map = np.zeros(latents.shape[-2:], np.float32)
    for difference in differences(model, latents, noise, conditioning, without_subject):
        total += difference / max(float(difference.max()), 1e-6)
    return _stretched(np.asarray(cv2.GaussianBlur(total, (0, 0), 0.7), np.float32))


def _stretched(values: Map) -> Map:
    values = np.nan_to_num(values)
    low, high = float(values.min()), float(values.max())
    return np.asarray((values - low) / max(high - low, 1e-6), np.float32)


def cut_out(image: Frame, likely: Map, soft_edge: float = _SOFT_EDGE) -> Map:
    """Return the subject's outline in an image, found from where it is likely.

    Args:
        image: uint8 (H, W, 3).
        likely: float32 (h, w), 0 to 1, of any size.
        soft_edge: sigma of the outline's blur, in pixels of at most 320 on the longer side.

    Returns:
        float32 (H, W), 0 to 1: one connected piece with soft edges; all 0 where ``likely`` tells no place
        from another.
    """
    height, width = image.shape[:2]
    scale = min(1.0, _CUT_SIDE / max(height, width))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
    size = small.shape[1], small.shape[0]
    heat = _stretched(np.asarray(cv2.resize(likely, size, interpolation=cv2.INTER_CUBIC), np.float32))
    levels = np.asarray(heat * 255, np.uint8)
    threshold = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[0] / 255
    seed = _largest_piece((heat > threshold).astype(np.uint8))
    marks = np.where(heat < _UNLIKELY * threshold, cv2.GC_BGD, cv2.GC_PR_BGD).astype(np.uint8)
    marks[cv2.dilate(seed, np.ones((5, 5), np.uint8)) > 0] = cv2.GC_PR_FGD
    marks[(heat > min(_SURE * threshold, 0.8)) & (seed > 0)] = cv2.GC_FGD
    if len({mark in (cv2.GC_FGD, cv2.GC_PR_FGD) for mark in np.unique(marks)}) < 2:
        return np.zeros((height, width), np.float32)
    found = grab_cut(small, marks, rounds=_ROUNDS).astype(np.uint8)
    piece = cv2.morphologyEx(
        _largest_piece(found | (seed & found)), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)
    )
    alpha = cv2.GaussianBlur(piece.astype(np.float32), (0, 0), soft_edge)
    return np.asarray(cv2.resize(alpha, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _largest_piece(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the largest connected piece of a mask (H, W), 0 and 1."""
    count, labels, figures, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return mask
    return np.asarray(labels == 1 + int(np.argmax(figures[1:, cv2.CC_STAT_AREA])), np.uint8)


def hole_of(alpha: Map) -> NDArray[np.uint8]:
    """Return where a scene is drawn anew: (H, W), 0 and 1, the subject and a margin around it."""
    side = 2 * round(_HOLE_MARGIN * len(alpha)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.dilate((alpha > 0.1).astype(np.uint8), kernel), np.uint8)


def filled(image: Frame, hole: NDArray[np.uint8]) -> Frame:
    """Return an image (H, W, 3) whose hole (H, W) is filled from around it."""
    return np.asarray(cv2.inpaint(image, hole, max(3, len(image) // 32), cv2.INPAINT_TELEA), np.uint8)


def _tone_around(image: Frame, drawn: Frame, hole: Map) -> Map:
    """Return what ``drawn`` lacks of the tone around a hole, carried into it: float32 (H, W, 3).

    A smooth membrane over the hole, as in Poisson blending (Perez et al. 2003), by normalised convolution,
    coarse to fine.
    """
    known = (1 - hole)[..., None]
    lacking = (image.astype(np.float32) - drawn) * known
    membrane: Map = np.full_like(lacking, lacking.sum() / max(float(known.sum()) * 3, 1.0))
    for share in (0.25, 0.12, 0.06, 0.03):
        sigma = share * len(image)
        near = cv2.GaussianBlur(known, (0, 0), sigma)[..., None]
        mean = cv2.GaussianBlur(lacking, (0, 0), sigma) / np.maximum(near, 1e-4)
        trust = np.clip(near * 4, 0, 1)
        membrane = trust * mean + (1 - trust) * membrane
    return np.asarray(membrane, np.float32)


def layers_of(image: Frame, alpha: Map, drawn: Frame) -> Layers:
    """Return the layers of an image: its scene is ``drawn`` in the hole, the image itself around it.

    What the outline ``alpha`` holds of the scene is taken out of it.
    """
    hole = hole_of(alpha).astype(np.float32)
    share = cv2.GaussianBlur(hole, (0, 0), _HOLE_MARGIN * len(alpha) / 4)[..., None]
    mixed = (drawn + _tone_around(image, drawn, hole)) * share + image * (1 - share)
    scene = np.asarray(np.clip(mixed + 0.5, 0, 255), np.uint8)
    return Layers(image, refined_outline(image, alpha, scene, hole > 0), scene)
