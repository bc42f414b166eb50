"""PixArt-α and PixArt-Σ (Chen et al. 2023, 2024): a transformer that T5 conditions, padding masked out."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

import torch
from torch import Tensor

from framesmooth.models.conditioning import Conditioning
from framesmooth.models.families.base import (
    Family,
    Guidance,
    Iteration,
    default_of,
)

_NOTHING: Final = 1e-6
"""A share of attention that is none."""


class PixArt(Family):
    """Guided like Stable Diffusion, but its callback cannot end guidance early.

    A mask says which tokens are words and which are padding. Between two prompts of different length it is a
    share: a token that only one of them has gets as much attention as that prompt has weight.
    """

    encoded: ClassVar = (
        "prompt_embeds",
        "prompt_attention_mask",
        "negative_prompt_embeds",
        "negative_prompt_attention_mask",
    )
    asks_whether_guided: ClassVar = False
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
    def is_distilled(self) -> bool:
        """False of all of them."""
        return False

    @property
    def reads_in_chunks(self) -> bool:
        """False: a longer prompt is cut."""
        return False

    @property
    def readers(self) -> list[tuple[Any, int]]:
        """T5's tokenizer."""
        return [(self.pipe.tokenizer, default_of(self.pipe.encode_prompt, "max_sequence_length"))]

    def read(self, prompt: str) -> str:
        """Return a prompt in lower case, as the pipeline makes it."""
        return prompt.lower()

    def denoise(
        self,
        conditioning: Conditioning,
        latents: Tensor,
        *,
        steps: int,
        guidance: Guidance,
        generators: Sequence[torch.Generator],
        on_iteration: Iteration,
    ) -> Tensor:
        """Run the pipeline over its scheduler's timesteps, in exactly the size asked for."""
        order = int(self.pipe.scheduler.order)

        def told(step: int, _timestep: Any, held: Tensor) -> None:
            changed = on_iteration(self.pipe, (step + 1) * order, held)
            if changed is not None:
                held.copy_(changed)  # what this callback returns is ignored

        (final,) = self.pipe(
            **conditioning,
            negative_prompt=None,  # it is among the embeddings
            **self.guidance_arguments(guidance),
            **self._sizes(latents),
            num_inference_steps=steps,
            latents=latents,
            generator=list(generators),
            callback=told,
            callback_steps=1,
            use_resolution_binning=False,
            output_type="latent",
            return_dict=False,
        )[:1]
        return Tensor(final)

    def prepare(self) -> None:
        """Let the transformer take a mask of shares: the logarithm is what is added to attention's logits."""

        def as_bias(_module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            mask = kwargs.get("encoder_attention_mask")
            if mask is None or mask.ndim != 2:
                return args, kwargs
            bias = torch.where(mask > _NOTHING, mask.float().clamp_min(_NOTHING).log(), -10000.0)
            return args, kwargs | {"encoder_attention_mask": bias[:, None]}

        self.denoiser.register_forward_pre_hook(as_bias, with_kwargs=True)
