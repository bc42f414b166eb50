"""FLUX.1: a transformer over packed latents, trained by flow matching, its guidance distilled or left out."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from framesmooth.frames import Frame
from framesmooth.models import ip_adapter
from framesmooth.models.conditioning import Conditioning
from framesmooth.models.families.base import Family, Guidance, default_of
from framesmooth.models.scheduler_state import shift_of

_SIDE: Final = 2
"""Latents are packed in squares of this side, their pixels becoming channels."""
_ROOM_WITHOUT_GUIDANCE: Final = 256
"""Tokens of a prompt that FLUX.1 [schnell] was trained with."""


class Flux(Family):
    """Guidance is an input ([dev]) or none ([schnell]); a negative prompt takes a guidance of its own."""

    asks_whether_guided: ClassVar = False
    has_true_guidance: ClassVar = True
    encodes_control: ClassVar = True
    aspects: ClassVar = (0.5, 2.0)

    @property
    def denoiser(self) -> Any:
        """The transformer."""
        return self.pipe.transformer

    @property
    def patch(self) -> int:
        """The side of what is packed."""
        return _SIDE

    @property
    def latent_channels(self) -> int:
        """Channels before packing."""
        return int(self.denoiser.config.in_channels) // _SIDE**2

    @property
    def native_size(self) -> tuple[int, int]:
        """The pipeline's: the transformer says nothing of it."""
        side = int(self.pipe.default_sample_size) * self.factor
        return side, side

    @property
    def is_distilled(self) -> bool:
        """True of all of them."""
        return True

    def negates(self, guidance: Guidance) -> bool:
        """Tell whether there is a guidance against the negative prompt."""
        return guidance.true_scale > 1

    @property
    def reads_in_chunks(self) -> bool:
        """False: a longer prompt is cut."""
        return False

    @property
    def readers(self) -> list[tuple[Any, int]]:
        """T5's tokenizer."""
        return [(self.pipe.tokenizer_2, self._room)]

    @property
    def _room(self) -> int:
        guided = bool(self.denoiser.config.guidance_embeds)
        return (
            default_of(self.pipe.encode_prompt, "max_sequence_length") if guided else _ROOM_WITHOUT_GUIDANCE
        )

    def encode(self, prompt: str, negative_prompt: str | None, *, guided: bool) -> Conditioning:
        """Return the conditioning: tokens of T5, and what CLIP makes of the whole."""
        embeds, pooled = self._read(prompt)
        conditioning = {"prompt_embeds": embeds, "pooled_prompt_embeds": pooled}
        if guided:
            embeds, pooled = self._read(negative_prompt or "")
            conditioning |= {"negative_prompt_embeds": embeds, "negative_pooled_prompt_embeds": pooled}
        return conditioning

    def _read(self, prompt: str) -> tuple[Tensor, Tensor]:
        device, room = self.pipe._execution_device, self._room
        embeds, pooled, _ = self.pipe.encode_prompt(prompt, device=device, max_sequence_length=room)
        return embeds, pooled

    def pack(self, latents: Tensor) -> Tensor:
        """Return (B, h/2 · w/2, 4 C)."""
        return Tensor(self.pipe._pack_latents(latents, *latents.shape))

    def unpack(self, latents: Tensor, shape: Sequence[int]) -> Tensor:
        """Return (B, C, h, w)."""
        height, width = (side * self.factor for side in shape[-2:])
        return Tensor(self.pipe._unpack_latents(latents, height, width, self.factor))

    def timesteps(self, scheduler: Any, steps: int, shape: Sequence[int]) -> dict[str, Any]:
        """Return the noise levels, and how far they are shifted for the size."""
        mu = shift_of(scheduler, (shape[-2] // _SIDE) * (shape[-1] // _SIDE), max_shift=1.15)
        if scheduler.config.get("use_flow_sigmas"):
            return {"num_inference_steps": steps, "mu": mu}
        return {"sigmas": np.linspace(1.0, 1 / steps, steps), "mu": mu}

    def guidance_arguments(self, guidance: Guidance) -> dict[str, float]:
        """Return the arguments of ``__call__`` for both guidances."""
        return {"guidance_scale": guidance.scale, "true_cfg_scale": guidance.true_scale}

    def control_arguments(self, image: Tensor) -> dict[str, Tensor]:
        """Return the argument for control images, which the autoencoder encodes: in -1 to 1."""
        return {"control_image": 2 * image - 1}

    def embed_image(self, image: Frame) -> Conditioning:
        """Return the embedding of an image, and of a black one."""
        device = self.pipe._execution_device
        positive, negative = (
            self.pipe.encode_image(Image.fromarray(one), device, 1)[None]
            for one in (image, np.zeros_like(image))
        )
        return {ip_adapter.IMAGE: positive, ip_adapter.NEGATIVE: negative}

    def image_arguments(self, conditioning: Conditioning) -> dict[str, Any]:
        """Return both arguments: without a negative one the pipeline would encode a black image anew."""
        positive = conditioning[ip_adapter.IMAGE][:1].to(self.denoiser.dtype)
        negative = conditioning.get(ip_adapter.NEGATIVE, torch.zeros_like(positive))[:1].to(positive)
        return {ip_adapter.IMAGE: [positive], ip_adapter.NEGATIVE: [negative]}
