"""Images of one plane, seen by a moving camera: each is sampled once for a frame, and joined with the others.

A chain that warps the frame before, and encodes and denoises it again, loses texture and structure with
every link. Here a frame is composed from the images that were generated, each warped by the whole motion
since then.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_float
from framesmooth.motion.camera.homography import Homography, grid_of, homography_flow, reflected, transform
from framesmooth.motion.warping import backward_warp

Field = NDArray[np.float32]

FEATHER: Final = 1 / 32
"""Share of the shorter side over which an image fades in from its border."""
_HIDDEN: Final = 0.999
"""Covered so far, nothing below is seen."""
_MINIFIED: Final = 1.2
"""Shrunk by more than this factor, an image is blurred first, against aliasing."""


@dataclass(frozen=True)
class AnchorImage:
    """An image of the plane.

    Attributes:
        image: float32 (H, W, 3), 0 to 1.
        pose: takes points of frame 0 to where they are in the image.
        own: how far each pixel is the image's own and not copied from others, float32 (H, W), 0 to 1.
    """

    image: Field
    pose: Homography
    own: Field

    @classmethod
    def of(cls, frame: Frame, pose: Homography, own: Field | None = None) -> "AnchorImage":
        """Return a uint8 image, all of it its own if ``own`` is None."""
        return cls(as_float(frame), pose, np.ones(frame.shape[:2], np.float32) if own is None else own)


@dataclass(frozen=True)
class Composed:
    """A view of the plane.

    Attributes:
        image: float32 (H, W, 3), 0 to 1; mirrored where nothing is known.
        known: how surely each pixel is known, float32 (H, W), 0 to 1.
        enlarged: by what factor the images are enlarged in it, the geometric mean over its pixels.
    """

    image: Field
    known: Field
    enlarged: float


def composed(
    images: Sequence[AnchorImage],
    opacities: Sequence[float],
    pose: Homography,
    *,
    feather: float = FEATHER,
) -> Composed:
    """Return what a camera at ``pose`` sees of images; later ones lie on top of earlier ones.

    Args:
        images: one or more, of one size.
        opacities: of each, 0 to 1.
        pose: takes points of frame 0 to where they are in the view.
        feather: share of the shorter side over which an image fades in from its border.
    """
    size = images[0].own.shape
    seen, known = np.zeros((*size, 3), np.float32), np.zeros(size, np.float32)
    fallback, logarithm = seen, 0.0
    for index in range(len(images) - 1, -1, -1):
        if opacities[index] <= 0:
            continue
        back = images[index].pose @ np.linalg.inv(pose)
        flow = homography_flow(back, (size[0], size[1]))
        share = np.asarray(opacities[index] * (1 - known) * inside(flow, feather), np.float32)
        if not share.any() and index:
            continue
        folded = reflected(flow)[0]
        share *= backward_warp(images[index].own, folded)
        shrink = scale_of(back, (size[0], size[1]))
        fallback = _sampled(images[index].image, folded, shrink)
        seen = seen + share[..., None] * fallback
        logarithm -= float(share.mean()) * math.log(max(shrink, 1e-6))
        known = known + share
        if known.min() > _HIDDEN:
            break
    covered = max(float(known.mean()), 1e-6)
    image = np.asarray(np.clip(seen + (1 - known)[..., None] * fallback, 0, 1), np.float32)
    return Composed(image, np.asarray(known, np.float32), math.exp(logarithm / covered))


def inside(flow: NDArray[np.float32], feather: float = FEATHER) -> Field:
    """Return how far inside the image a flow (H, W, 2) leads: 0 outside, 1 from ``feather`` on (H, W)."""
    height, width = flow.shape[:2]
    x, y = np.moveaxis(grid_of((height, width)) + flow, -1, 0)
    distance = np.minimum.reduce([x, width - 1 - x, y, height - 1 - y]) + 0.5
    return np.asarray(np.clip(distance / max(feather * min(height, width), 0.5), 0, 1), np.float32)


def scale_of(matrix: Homography, size: tuple[int, int]) -> float:
    """Return the factor by which a homography enlarges the middle of an image, per side."""
    middle = np.array([size[1] - 1, size[0] - 1]) / 2
    origin, right, below = transform(matrix, middle + np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    return math.sqrt(abs(float(np.linalg.det(np.stack([right - origin, below - origin])))))


def _sampled(image: Field, flow: NDArray[np.float32], shrink: float) -> Field:
    if shrink > _MINIFIED:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.45 * math.sqrt(shrink**2 - 1)), np.float32)
    return np.asarray(np.clip(backward_warp(image, flow, interpolation=cv2.INTER_CUBIC), 0, 1), np.float32)
