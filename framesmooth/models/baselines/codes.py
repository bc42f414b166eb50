"""Clips as numbers from a codebook: a vector-quantised autoencoder over space and time, on latents.

After Yan et al. 2021 (VideoGPT); what one code leaves over is coded again by the next of a few codebooks (Lee
et al. 2022, residual quantisation), so that a small codebook is enough.
"""

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn


class Block(nn.Module):
    """A residual block on maps (n, channels, h, w)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        last = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(last.weight)
        first = nn.Conv2d(channels, channels, 3, padding=1)
        self.body = nn.Sequential(nn.GroupNorm(8, channels), nn.SiLU(), first, nn.SiLU(), last)

    def forward(self, x: Tensor) -> Tensor:
        """Return maps of the same shape."""
        added: Tensor = self.body(x)
        return x + added


class TimeBlock(nn.Module):
    """A residual block on clips of maps (n, time, channels, h, w): a convolution in space, one in time."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, channels)
        self.space = nn.Conv2d(channels, channels, 3, padding=1)
        self.time = nn.Conv1d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.time.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return clips of the same shape."""
        n, time, channels, height, width = x.shape
        y = self.space(nn.functional.silu(self.norm(x.flatten(0, 1))))
        y = nn.functional.silu(y).view(n, time, channels, height, width).permute(0, 3, 4, 2, 1)
        y = self.time(y.reshape(-1, channels, time)).view(n, height, width, channels, time)
        moved: Tensor = x + y.permute(0, 4, 3, 1, 2)
        return moved


class VideoCodes(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """Clips of latents (n, frames, channels, h, w) to codes (n, frames / 4, h / 2, w / 2, depth) and back.

    Args:
        channels: of the latents.
        width: of the layers on single frames.
        inner: of the layers over time.
        code_width: of a code's vector.
        codebook: vectors in each codebook.
        depth: codebooks, each of which codes what those before it left over.
        frames: frames that share a code.
    """

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        channels: int = 8,
        width: int = 64,
        inner: int = 128,
        code_width: int = 16,
        codebook: int = 512,
        depth: int = 3,
        frames: int = 4,
    ) -> None:
        super().__init__()
        self.register_buffer("codebooks", torch.zeros(depth, codebook, code_width))
        self.enter = nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1),
            Block(width),
            nn.Conv2d(width, width, 4, stride=2, padding=1),
            Block(width),
        )
        self.fold = nn.Conv2d(frames * width, inner, 1)
        self.encode_time = nn.Sequential(TimeBlock(inner), TimeBlock(inner))
        self.to_code = nn.Conv2d(inner, code_width, 1)
        self.from_code = nn.Conv2d(code_width, inner, 1)
        self.decode_time = nn.Sequential(TimeBlock(inner), TimeBlock(inner), TimeBlock(inner))
        self.unfold = nn.Conv2d(inner, frames * width, 1)
        self.leave = nn.Sequential(
            Block(width),
            nn.Conv2d(width, 4 * width, 3, padding=1),
            nn.PixelShuffle(2),
            Block(width),
            nn.SiLU(),
            nn.Conv2d(width, channels, 3, padding=1),
        )

    def encoded(self, latents: Tensor) -> Tensor:
        """Return the vectors that are to be coded: (n, frames / 4, h / 2, w / 2, code_width)."""
        n, frames = latents.shape[:2]
        per_code = self.config.frames
        y = self.enter(latents.flatten(0, 1)).unflatten(0, (n * (frames // per_code), per_code))
        y = self.fold(y.flatten(1, 2)).unflatten(0, (n, -1))
        y = self.to_code(self.encode_time(y).flatten(0, 1)).unflatten(0, (n, -1))
        vectors: Tensor = y.permute(0, 1, 3, 4, 2)
        return vectors

    def decoded(self, vectors: Tensor) -> Tensor:
        """Return the latents of vectors (n, time, h, w, code_width): (n, frames, channels, 2 h, 2 w)."""
        n, time = vectors.shape[:2]
        y = self.from_code(vectors.permute(0, 1, 4, 2, 3).flatten(0, 1)).unflatten(0, (n, time))
        y = self.unfold(self.decode_time(y).flatten(0, 1))
        y = self.leave(y.unflatten(1, (self.config.frames, -1)).flatten(0, 1))
        latents: Tensor = y.unflatten(0, (n, time * self.config.frames))
        return latents

    def quantized(self, vectors: Tensor) -> Tensor:
        """Return the codes of vectors (..., code_width): int64 (..., depth)."""
        left, codes = vectors.float(), []
        for book in self.codebooks.float():
            nearest = (book.square().sum(1) - 2 * left @ book.T).argmin(-1)
            codes.append(nearest)
            left = left - book[nearest]
        return torch.stack(codes, -1)

    def parts(self, codes: Tensor) -> Tensor:
        """Return the vectors of codes (..., depth), each by itself: (..., depth, code_width)."""
        books = torch.arange(self.codebooks.shape[0], device=codes.device)
        vectors: Tensor = self.codebooks[books, codes]
        return vectors

    def looked_up(self, codes: Tensor) -> Tensor:
        """Return the vectors that codes (..., depth) stand for: (..., code_width)."""
        return self.parts(codes).sum(-2)
