"""Coding pictures tile by tile, in little memory and without seams.

An autoencoder's convolutions see a few pixels around; what spoils tiles is group normalisation, whose
statistics are of the whole picture. So these are taken once, from the whole picture made small, and held for
all tiles: then the colours of a tile don't depend on what else is in it, and neither jump from tile to tile
nor flicker from frame to frame. Tiles overlap and fade into each other.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import Tensor, nn

Coder = Callable[[Tensor], Tensor]

TILE: Final = 64
"""Side of a tile in latent pixels: what Stable Diffusion 1 decodes at once."""
OVERLAP: Final = 16
"""Latent pixels that neighbouring tiles share."""
_LEAST_WEIGHT: Final = 1e-3
"""So that the borders of the picture, which only one tile shows, come from it."""


def tiled(network: nn.Module, code: Coder, images: Tensor, *, tile: int, overlap: int) -> Tensor:
    """Return ``code(images)``, worked out one image and one tile at a time.

    Args:
        network: whose group normalisations are held.
        code: images (1, C, h, w) to images in another size, the same factor everywhere.
        images: (B, C, h, w).
        tile: side of a tile, in pixels of ``images``.
        overlap: pixels that neighbouring tiles share, less than ``tile``.
    """
    if max(images.shape[-2:]) <= tile:
        return torch.cat([code(one) for one in images.chunk(len(images))])
    return torch.cat([_tiled_one(network, code, one, tile, overlap) for one in images.chunk(len(images))])


def _tiled_one(network: nn.Module, code: Coder, image: Tensor, tile: int, overlap: int) -> Tensor:
    height, width = image.shape[-2:]
    scale = min(1.0, tile / max(height, width))
    small = nn.functional.interpolate(image, scale_factor=scale, mode="nearest-exact")
    norms = [module for module in network.modules() if isinstance(module, nn.GroupNorm)]
    total: Tensor | None = None
    with _held_statistics(norms, lambda: code(small)):
        for top in _starts(height, tile, overlap):
            for left in _starts(width, tile, overlap):
                part = code(image[..., top : top + tile, left : left + tile])
                factor = part.shape[-1] / min(tile, width)
                if total is None:
                    size = round(height * factor), round(width * factor)
                    total = part.new_zeros((1, part.shape[1] + 1, *size))
                rows, columns = (
                    slice(round(start * factor), round(start * factor) + side)
                    for start, side in zip((top, left), part.shape[-2:], strict=True)
                )
                weight = _fading(part, overlap * factor)
                total[..., rows, columns] += torch.cat([part * weight, weight.expand(1, 1, -1, -1)], dim=1)
    assert total is not None
    return total[:, :-1] / total[:, -1:]


def _starts(length: int, tile: int, overlap: int) -> list[int]:
    """Return where tiles begin: evenly spread, and sharing ``overlap`` pixels at least."""
    if length <= tile:
        return [0]
    count = 1 + -(-(length - tile) // (tile - overlap))
    return [round(index * (length - tile) / (count - 1)) for index in range(count)]


def _fading(part: Tensor, overlap: float) -> Tensor:
    """Return the weight (h, w) of a tile's pixels: next to nothing near the border, where tiles are wrong.

    Inside it is 1; the middle half of the overlap leads from one to the other.
    """
    ramps = []
    for side in part.shape[-2:]:
        place = torch.arange(side, device=part.device, dtype=part.dtype)
        distance = torch.minimum(place, side - 1 - place) + 0.5
        ramps.append((2 * distance / max(1.0, overlap) - 0.5).clamp(_LEAST_WEIGHT, 1.0))
    return ramps[0][:, None] * ramps[1][None]


@contextmanager
def _held_statistics(norms: list[nn.GroupNorm], show: Callable[[], Any]) -> Iterator[None]:
    """Let the normalisations take the statistics they have while ``show`` runs for all that follows."""
    held: dict[nn.GroupNorm, tuple[Tensor, Tensor]] = {}

    def grouped(norm: nn.GroupNorm, values: Tensor) -> Tensor:
        return values.float().reshape(len(values), norm.num_groups, -1)

    def note(norm: Any, args: tuple[Tensor, ...], _output: Tensor) -> None:
        variance, mean = torch.var_mean(grouped(norm, args[0]), dim=-1, keepdim=True, correction=0)
        held[norm] = mean, variance

    def hold(norm: Any, args: tuple[Tensor, ...], _output: Tensor) -> Tensor:
        mean, variance = held[norm]
        whitened = (grouped(norm, args[0]) - mean) * torch.rsqrt(variance + norm.eps)
        shape = 1, -1, *([1] * (args[0].ndim - 2))
        values = whitened.reshape(args[0].shape)
        scaled = values * norm.weight.float().view(shape) + norm.bias.float().view(shape)
        return Tensor(scaled.to(args[0].dtype))

    with _hooked(norms, note):
        show()
    with _hooked(norms, hold):
        yield


@contextmanager
def _hooked(norms: list[nn.GroupNorm], hook: Callable[..., Any]) -> Iterator[None]:
    handles = [norm.register_forward_hook(hook) for norm in norms]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
