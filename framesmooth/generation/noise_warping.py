"""Noise that moves along a known motion and stays white.

Interpolating noise makes it weaker and smooth, and a diffusion model answers with blur; nearest neighbours
repeat it. Integral noise (Chang et al. 2024, "How I Warped Your Noise") takes a pixel's noise for the
integral of white noise over the pixel's area. So a pixel is split into parts that sum to it, every part is
carried to where the motion takes its centre, and a new pixel is the sum of the parts that land in it, scaled
to unit variance. Each part lands in one pixel only, and where it lands doesn't depend on its value:
the new pixels are independent standard normal numbers, exactly, whatever the motion is. Pixels
in which nothing lands get new noise (as in Go-with-the-Flow, Burgert et al. 2025).

A pixel forgets where in it each part was, so noise that is warped many times lags by chance. ``MovingNoise``
therefore moves a finer noise than the one it gives. It can be renewed with every move: what one noise adds to
an image that is generated from itself over and over grows with every time.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Move = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Where points (..., 2) of (x, y) go: in pixels, the centre of the first pixel is (0, 0)."""

_GRAIN: Final = 4
_SPLIT: Final = 2


class MovingNoise:
    """Noise of one latent image over time.

    Args:
        start: standard normal noise, float32 (C, h, w); what ``latents`` is before the first move.
        seed: of the noise that is added: the same moves give the same noise again.
        grain: parts per side of a latent pixel that are moved apart from each other.
        renewal: share of the noise's variance that is new after each move, 0 to 1.
    """

    def __init__(self, start: Tensor, seed: int, *, grain: int = _GRAIN, renewal: float = 0.0) -> None:
        self.grain, self.renewal = grain, renewal
        self._seed, self._moves = seed, 0
        self._fine = refine(start, grain, self._generator())

    @property
    def latents(self) -> Tensor:
        """The noise now: standard normal, float32 (C, h, w)."""
        return coarsen(self._fine, self.grain)

    def move(self, move: Move | None) -> None:
        """Move the noise and renew it; ``move`` is in pixels of the latents, None where it is all renewed."""
        self._moves += 1
        generator = self._generator()
        if move is not None and self.renewal < 1:

            def of_parts(points: NDArray[np.float64]) -> NDArray[np.float64]:
                return (move((points + 0.5) / self.grain - 0.5) + 0.5) * self.grain - 0.5

            self._fine = warp_noise(self._fine, of_parts, generator)
        if self.renewal > 0:
            fresh = torch.randn(self._fine.shape, generator=generator)
            self._fine = (1 - self.renewal) ** 0.5 * self._fine + self.renewal**0.5 * fresh

    def _generator(self) -> torch.Generator:
        (mixed,) = np.random.SeedSequence((self._seed, self._moves)).generate_state(1, np.uint64)
        return torch.Generator().manual_seed(int(mixed))


def warp_noise(noise: Tensor, move: Move, generator: torch.Generator, *, split: int = _SPLIT) -> Tensor:
    """Return standard normal noise (C, h, w) moved along ``move``, and again standard normal.

    Every pixel is carried as ``split`` x ``split`` parts; ``split`` has to be more than what the motion
    enlarges by, else much of the noise is new.
    """
    channels, height, width = noise.shape
    rows, columns = (
        (np.arange(side * split, dtype=np.float64) + 0.5) / split - 0.5 for side in (height, width)
    )
    x, y = np.moveaxis(np.floor(move(np.stack(np.meshgrid(columns, rows), axis=-1)) + 0.5), -1, 0)
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    outside = height * width  # a last pixel, for all that lands outside
    pixel = torch.from_numpy(np.where(inside, y * width + x, outside).astype(np.int64)).flatten()
    parts = refine(noise, split, generator).flatten(1).T
    total = torch.zeros(outside + 1, channels).index_add_(0, pixel, parts)[:outside]
    landed = torch.bincount(pixel, minlength=outside + 1)[:outside, None]
    new = torch.randn(outside, channels, generator=generator)
    moved = torch.where(landed > 0, total / landed.clamp_min(1).sqrt(), new)
    return moved.T.reshape(channels, height, width)


def refine(noise: Tensor, factor: int, generator: torch.Generator) -> Tensor:
    """Return finer standard normal noise (C, f h, f w) of which ``noise`` (C, h, w) is the coarse one.

    A pixel's parts are its share, w / f, and white noise less its mean over the pixel: their sum is f w, and
    their covariance, 1/f² on the whole plus δ - 1/f², is the identity (Chang et al. 2024, equation 3).
    """
    channels, height, width = noise.shape
    fresh = torch.randn(channels, height, factor, width, factor, generator=generator)
    fresh = fresh - fresh.mean(dim=(2, 4), keepdim=True)
    return (fresh + noise[:, :, None, :, None] / factor).reshape(channels, height * factor, width * factor)


def coarsen(noise: Tensor, factor: int) -> Tensor:
    """Return the standard normal noise (C, h / f, w / f) that fine one (C, h, w) adds up to."""
    return torch.nn.functional.avg_pool2d(noise, factor) * factor
