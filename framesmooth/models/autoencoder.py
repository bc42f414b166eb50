"""The autoencoder of a pipeline: encoding, decoding and inverting.

An encoder is not the inverse of its decoder: what it makes of an image decodes to another one. Once that
hardly shows, but where each frame is drawn over the one before it adds up, to outlines that grow and colours
that drift. ``invert`` therefore asks for the latents that decode to the image: z is corrected by how far
off the encoder sees D(z) to be, z + E(x) - E(D(z)) (Hong et al. 2024, "Gradient-free Decoder Inversion in
Latent Diffusion Models", equation 5, with a step size of 1).
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from framesmooth.models.latent_scaling import for_decoder, for_sampler
from framesmooth.models.tiled_vae import OVERLAP, TILE, tiled

_CORRECTIONS: Final = 1
_CORRECTIONS_OF_TINY: Final = 2
"""The large autoencoders take as long as several steps of the denoiser."""


@dataclass(frozen=True, kw_only=True)
class Autoencoder:
    """An autoencoder on its device.

    Attributes:
        vae: of the pipeline.
        factor: pixels per latent pixel.
        device: that it computes on.
        in_tiles: whether images are encoded and decoded one by one, in tiles.
        memory_errors: gives a context that tells what to do when memory runs out.
    """

    vae: Any
    factor: int
    device: torch.device
    in_tiles: bool
    memory_errors: Callable[[], AbstractContextManager[None]]

    @property
    def corrections(self) -> int:
        """How many times ``invert`` corrects its latents."""
        return _CORRECTIONS_OF_TINY if type(self.vae).__name__ == "AutoencoderTiny" else _CORRECTIONS

    @property
    def inversion(self) -> int:
        """How many images ``invert`` encodes and decodes for one."""
        return 2 * (self.corrections + 1)

    def encode(self, images: Tensor) -> Tensor:
        """Return a sampler's latents, float32 (B, C, h, w), of images float32 (B, 3, H, W) in -1 .. 1."""
        vae = self.vae

        def code(given: Tensor) -> Tensor:
            (encoded,) = vae.encode(given, return_dict=False)[:1]
            return Tensor(encoded if isinstance(encoded, Tensor) else encoded.mode())

        given = images.to(self.device, vae.dtype)
        with torch.inference_mode(), self.memory_errors():
            if self.in_tiles:
                sides = {"tile": TILE * self.factor, "overlap": OVERLAP * self.factor, "grid": self.factor}
                return for_sampler(vae, tiled(vae, code, given, **sides).float())
            return for_sampler(vae, code(given).float())

    def decode(self, latents: Tensor) -> Tensor:
        """Return the images, float32 (B, 3, H, W), -1 .. 1 or a little beyond, of a sampler's latents."""
        vae = self.vae

        def code(given: Tensor) -> Tensor:
            return Tensor(vae.decode(given, return_dict=False)[0])

        with torch.inference_mode(), self.memory_errors():
            given = for_decoder(vae, latents.to(self.device)).to(vae.dtype)
            if self.in_tiles:
                return tiled(vae, code, given, tile=TILE, overlap=OVERLAP).float()
            return code(given).float()

    def invert(self, images: Tensor) -> Tensor:
        """Return the latents that decode to ``images``, as nearly as a few corrections allow.

        No image has a larger mean square error than by ``encode``.

        Args:
            images: float (B, 3, H, W), -1 to 1; sides are multiples of ``factor``.

        Returns:
            float32 (B, C, H / factor, W / factor), scaled as the sampler has them.
        """
        aim = self.encode(images)
        given = images.to(aim.device)
        tried, best, least = aim, aim, given.new_full((len(given),), torch.inf)
        for left in reversed(range(self.corrections + 1)):
            decoded = self.decode(tried).clamp(-1, 1)
            error = (decoded - given).square().flatten(1).mean(dim=1)
            better = error < least
            least = torch.where(better, error, least)
            better = better[:, None, None, None]
            best = torch.where(better, tried, best)
            if not (left and bool(better.any())):
                break
            tried = torch.where(better, tried + aim - self.encode(decoded), best)
        return best
