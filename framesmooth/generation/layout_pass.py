"""The layout of an image is made at a size that the model knows, then enlarged and refined.

A diffusion model that is asked for a larger image than it was trained on repeats its subject, and one that is
asked for a taller one stacks it. So the first pass runs at the model's own area, and in no other shape than
it knows; its latents are enlarged, get noise, and are denoised again in the second half of the steps (as
the "hires fix" of AUTOMATIC1111's interface does). Where the shape is another one, the image is extended by
its edges: of the sky above, of the ground below. Stretched latents are no picture yet, but the second pass
makes one of them that has nothing else in it.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from framesmooth.models.text_to_image import TextToImage

LARGEST_AREA: Final = 1.35
"""Times the area of its own size that a model is asked for at once."""

REFINED_FROM: Final = 0.5
"""Share of the steps after which the second pass begins: with fewer of them done a subject doubles again,
with more the image stays soft (storybook, 12 images of 512 x 512)."""

SAME_SHAPE: Final = 1.05
"""Shapes, width over height, that are no further apart than this factor are one."""

_EDGE: Final = 1 / 8, 1 / 16
"""Shares of a side that are stretched at the top, left and right, and at the bottom, to extend the image."""
_PLAIN: Final = 1 / 6
"""Sigma, as a share of the width, that rows above and below are blurred by: the foot of a thing is no
pillar."""

_OUTERMOST: Final = 1.0
"""Latent pixels at the border that are not stretched: they know that they are at a border."""
_ABOVE: Final = 0.7
"""Share of what an image is extended by that goes above: subjects stand on the ground."""


@dataclass(frozen=True)
class LayoutSize:
    """The size of the first pass.

    Attributes:
        height: pixels, a multiple of the model's own.
        width: likewise.
        scale: how many times as large the final image is, before it is extended.
    """

    height: int
    width: int
    scale: float

    def is_extended(self, height: int, width: int) -> bool:
        """Tell whether an image of ``height`` x ``width`` pixels has another shape."""
        return max(height / self.height, width / self.width) > SAME_SHAPE * self.scale


def layout_size(model: TextToImage, height: int, width: int) -> LayoutSize | None:
    """Return the size that the layout of ``height`` x ``width`` pixels is made in; None where it is that."""
    native = model.native_size
    area, (narrowest, widest) = native[0] * native[1], model.aspects
    aspect = min(max(width / height, narrowest), widest)
    known = 1 / SAME_SHAPE <= aspect * height / width <= SAME_SHAPE
    if known and height * width <= LARGEST_AREA * area:
        return None
    area = min(area, height * width)
    ideal = sqrt(area / aspect), sqrt(area * aspect)
    most = min(1.0, height / ideal[0], width / ideal[1])  # the side that isn't extended, where one is
    sides = [max(1, round(side * most / model.multiple)) * model.multiple for side in ideal]
    return LayoutSize(sides[0], sides[1], min(height / sides[0], width / sides[1]))


def enlarged(latents: Tensor, height: int, width: int) -> Tensor:
    """Return latents (B, C, h, w) as ``height`` x ``width``: bicubic, extended if the shape is another."""
    scale = min(height / latents.shape[-2], width / latents.shape[-1])
    rows = _sources(latents.shape[-2], height, scale, _ABOVE, _EDGE)
    columns = _sources(latents.shape[-1], width, scale, 0.5, (_EDGE[0], _EDGE[0]))
    x, y = np.meshgrid(_normalized(columns, latents.shape[-1]), _normalized(rows, latents.shape[-2]))
    grid = torch.from_numpy(np.stack([x, y], axis=-1).astype(np.float32))
    large = torch.nn.functional.grid_sample(
        latents.float(),
        grid.expand(len(latents), -1, -1, -1),
        mode="bicubic",
        padding_mode="border",
        align_corners=False,
    )
    share = torch.from_numpy(_stretched(rows, scale).astype(np.float32))[:, None]
    if not share.any():
        return large
    plain = gaussian_filter1d(large.numpy(), _PLAIN * width, axis=-1, mode="nearest")
    return torch.lerp(large, torch.from_numpy(plain), share)


def _stretched(sources: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """Return for each row 1 where it is stretched, 0 where it is not, and what is between at the seam."""
    stretch = 1 / (np.gradient(sources) * scale)
    seam = gaussian_filter1d(np.clip(stretch - 1, 0, 1), scale, mode="nearest")
    return np.asarray(np.clip(seam, 0, 1), np.float64)


def _sources(
    count: int, wanted: int, scale: float, before: float, edges: tuple[float, float]
) -> NDArray[np.float64]:
    """Return where each of ``wanted`` pixels is among ``count``, in pixels from the first one's edge.

    ``before`` is the share of what is missing that goes before them, and ``edges`` are the shares of them
    that are stretched for it.
    """
    at = np.arange(wanted) + 0.5
    missing = wanted - count * scale
    if missing < scale:
        return at * count / wanted
    first, last = (max(1.5 * _OUTERMOST, edge * count) for edge in edges)
    start, end = before * missing + first * scale, wanted - (1 - before) * missing - last * scale
    known = [_OUTERMOST, first, count - last, count - _OUTERMOST]
    return np.asarray(np.interp(at, [0.0, start, end, float(wanted)], known), np.float64)


def _normalized(at: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    return 2 * at / count - 1
