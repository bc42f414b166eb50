"""Encoding and decoding in tiles, in little memory and without seams.

An autoencoder's convolutions see a few pixels around; what spoils tiles is group normalisation, whose
statistics are of the whole image. So these are taken once, from the whole image made small, and held for
all tiles: then the colours of a tile don't depend on what else is in it, and neither jump from tile to tile
nor flicker from frame to frame. Tiles overlap and fade into each other.
"""

from collections.abc import Callable, Iterator, Sequence
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
"""So that nowhere all weights are none."""


def tiled(
    network: nn.Module, code: Coder, images: Tensor, *, tile: int, overlap: int, grid: int = 1
) -> Tensor:
    """Return ``code(images)``, worked out one image and one tile at a time.

    Args:
        network: whose group normalisations are held.
        code: images (1, C, h, w) to images in another size, the same factor everywhere.
        images: (B, C, h, w).
        tile: side of a tile, in pixels of ``images``.
        overlap: pixels that neighbouring tiles share, less than ``tile``.
        grid: tiles begin at multiples of it: where ``code`` makes images smaller, by how much. Sides and
            ``tile`` are multiples of it.
    """
    if max(images.shape[-2:]) <= tile:
        return torch.cat([code(one) for one in images.chunk(len(images))])
    return torch.cat(
        [_tiled_one(network, code, one, tile, overlap, grid) for one in images.chunk(len(images))]
    )


def _tiled_one(network: nn.Module, code: Coder, image: Tensor, tile: int, overlap: int, grid: int) -> Tensor:
    height, width = image.shape[-2:]
    scale = min(1.0, tile / max(height, width))
    small = nn.functional.interpolate(image, scale_factor=scale, mode="nearest-exact")
    norms = [module for module in network.modules() if isinstance(module, nn.GroupNorm)]
    total: Tensor | None = None
    with _held_statistics(norms, lambda: code(small)):
        for top in _starts(height, tile, overlap, grid):
            for left in _starts(width, tile, overlap, grid):
                part = code(image[..., top : top + tile, left : left + tile])
                factor = part.shape[-1] / min(tile, width)
                if total is None:
                    size = round(height * factor), round(width * factor)
                    total = part.new_zeros((1, part.shape[1] + 1, *size))
                rows, columns = (
                    slice(round(start * factor), round(start * factor) + side)
                    for start, side in zip((top, left), part.shape[-2:], strict=True)
                )
                ends = [(top == 0, top + tile >= height), (left == 0, left + tile >= width)]
                weight = _fading(part, overlap * factor, ends)
                total[..., rows, columns] += torch.cat([part * weight, weight.expand(1, 1, -1, -1)], dim=1)
    assert total is not None
    return total[:, :-1] / total[:, -1:]


def _starts(length: int, tile: int, overlap: int, grid: int) -> list[int]:
    """Return where tiles begin: evenly spread, and sharing ``overlap`` pixels at least."""
    if length <= tile:
        return [0]
    last = (length - tile) // grid
    count = 1 + -(-(length - tile) // (tile - overlap))
    return [round(index * last / (count - 1)) * grid for index in range(count)]


def _fading(part: Tensor, overlap: float, ends: Sequence[tuple[bool, bool]]) -> Tensor:
    """Return the weight (h, w) of a tile's pixels: next to nothing near the border, where tiles are wrong.

    Inside it is 1; the middle half of the overlap leads from one to the other. ``ends`` says for rows and for
    columns whether the tile begins, and whether it ends, at the border of the image, where it is right.
    """
    ramps = []
    for side, (begins, finishes) in zip(part.shape[-2:], ends, strict=True):
        place = torch.arange(side, device=part.device, dtype=torch.float32) + 0.5
        far = torch.full_like(place, overlap)
        distance = torch.minimum(far if begins else place, far if finishes else side - place)
        ramps.append((2 * distance / max(1.0, overlap) - 0.5).clamp(_LEAST_WEIGHT, 1.0).to(part.dtype))
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
