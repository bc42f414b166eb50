"""Stable Diffusion 3 and 3.5 (Esser et al. 2024): a transformer over patches, trained by flow matching."""

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from PIL import Image
from torch import Tensor

from framesmooth.frames import Frame
from framesmooth.models import ip_adapter
from framesmooth.models.conditioning import Conditioning
from framesmooth.models.families.base import Family, default_of
from framesmooth.models.scheduler_state import shift_of


class StableDiffusion3(Family):
    """Three text encoders, of which the last may be missing, and a pooled embedding."""

    encoded: ClassVar = (
        "prompt_embeds",
        "negative_prompt_embeds",
        "pooled_prompt_embeds",
        "negative_pooled_prompt_embeds",
    )

    image_encoder: ClassVar = "SiglipVisionModel"
    encodes_control: ClassVar = True
    aspects: ClassVar = (0.5, 2.0)

    @property
    def denoiser(self) -> Any:
        """The transformer."""
        return self.pipe.transformer

    @property
    def patch(self) -> int:
        """The side of a patch, in latent pixels."""
        return int(self.denoiser.config.patch_size)

    @property
    def largest_side(self) -> int:
        """As many positions as the transformer has."""
        return int(self.denoiser.config.pos_embed_max_size) * self.patch * self.factor

    @property
    def is_distilled(self) -> bool:
        """False of all of them: Turbo models are told so by a guidance scale of 1."""
        return False

    @property
    def reads_in_chunks(self) -> bool:
        """False: a longer prompt is cut."""
        return False

    @property
    def readers(self) -> list[tuple[Any, int]]:
        """CLIP's tokens, and T5's where there is a T5."""
        readers = super().readers
        if self.pipe.text_encoder_3 is not None:
            room = default_of(self.pipe.encode_prompt, "max_sequence_length")
            readers.append((self.pipe.tokenizer_3, room))
        return readers

    def timesteps(self, scheduler: Any, steps: int, shape: Sequence[int]) -> dict[str, Any]:
        """Return the steps, and how far they are shifted where that depends on the size."""
        arguments = super().timesteps(scheduler, steps, shape)
        if not scheduler.config.get("use_dynamic_shifting"):
            return arguments
        tokens = (shape[-2] // self.patch) * (shape[-1] // self.patch)
        return arguments | {"mu": shift_of(scheduler, tokens, max_shift=1.16)}

    def control_arguments(self, image: Tensor) -> dict[str, Tensor]:
        """Return the argument for control images, which the autoencoder encodes: in -1 to 1."""
        return {"control_image": 2 * image - 1}

    def embed_image(self, image: Frame) -> Conditioning:
        """Return the tokens of an image, and zeros."""
        embeds = self.pipe.encode_image(Image.fromarray(image), self.pipe._execution_device)
        return {ip_adapter.IMAGE: embeds, ip_adapter.NEGATIVE: torch.zeros_like(embeds)}

    def project_image(self, embeds: Tensor) -> None:
        """Project an image's tokens as the transformer does at timestep 0."""
        projection = self.denoiser.image_proj
        given = embeds.to(next(projection.parameters()))
        projection(given, given.new_zeros(1))

    def image_arguments(self, conditioning: Conditioning) -> dict[str, Any]:
        """Return the argument for the tokens of an image."""
        return {ip_adapter.IMAGE: ip_adapter.stacked(conditioning, self.denoiser.dtype)}
