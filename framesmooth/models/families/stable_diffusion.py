"""The pipelines with a UNet that differ from Stable Diffusion 1 and 2."""

from collections.abc import Sequence
from typing import Any, ClassVar

from framesmooth.models.conditioning import Conditioning
from framesmooth.models.families.base import Family


class StableDiffusionXL(Family):
    """Stable Diffusion XL (Podell et al. 2023): two text encoders, a pooled embedding, sizes as an input."""

    encoded: ClassVar = (
        "prompt_embeds",
        "negative_prompt_embeds",
        "pooled_prompt_embeds",
        "negative_pooled_prompt_embeds",
    )
    overflows: ClassVar = True
    aspects: ClassVar = (0.5, 2.0)

    def encode(self, prompt: str, negative_prompt: str | None, *, guided: bool) -> Conditioning:
        """Return the conditioning; no negative prompt is all zeros where the model was trained so."""
        return super().encode(prompt, negative_prompt or None, guided=guided)


class LatentConsistency(Family):
    """Latent consistency models (Luo et al. 2023): guidance is an input, there is no negative prompt."""

    @property
    def is_distilled(self) -> bool:
        """True of all of them."""
        return True

    def timesteps(self, scheduler: Any, steps: int, shape: Sequence[int]) -> dict[str, Any]:
        """Return the steps, and of how many they are a choice; None is as the scheduler says."""
        return super().timesteps(scheduler, steps, shape) | {"original_inference_steps": None}
