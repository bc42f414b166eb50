"""What the denoisers of the families are trained on, and how they are called for it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

import torch
from torch import Tensor

from framesmooth.errors import ModelError
from framesmooth.models.conditioning import Conditioning
from framesmooth.models.families.base import Family

_DENSITY: Final = {"weighting_scheme": "logit_normal", "logit_mean": 0.0, "logit_std": 1.0}
_GUIDANCE: Final = 1.0
"""The guidance that a distilled transformer is told in training, as in diffusers' own scripts."""


@dataclass(frozen=True)
class Question:
    """What a denoiser is asked: pictures with noise, and the answer that is right.

    Attributes:
        noisy: float32 (B, C, h, w).
        times: of the noise, (B,).
        target: float32, as ``noisy``.
        noisiness: of the times, (B,) from 0 to 1: their rank among all that there are.
    """

    noisy: Tensor
    times: Tensor
    target: Tensor
    noisiness: Tensor

    def part(self, which: Tensor) -> "Question":
        """Return some of it, by their numbers."""
        return Question(self.noisy[which], self.times[which], self.target[which], self.noisiness[which])

    def to(self, device: torch.device) -> "Question":
        """Return it on another device."""
        return Question(*(one.to(device) for one in (self.noisy, self.times, self.target, self.noisiness)))

    def missed(self, answer: Tensor) -> Tensor:
        """Return the mean squared error of each answer, (B,)."""
        return (answer.float() - self.target).square().flatten(1).mean(dim=1)


class Objective:
    """What a denoiser is trained on."""

    part: ClassVar[str]
    at_once: ClassVar[int] = 16
    """Questions that are answered together where nothing is learned."""

    def __init__(self, family: Family) -> None:
        self.family = family

    def question(self, latents: Tensor, chance: torch.Generator) -> Question:
        """Return a question about each of latents, float32 (B, C, h, w), a sampler's.

        Noise and times are drawn from ``chance``, a generator on the CPU.
        """
        raise NotImplementedError

    def predict(self, noisy: Tensor, times: Tensor, conditioning: Conditioning) -> Tensor:
        """Call the denoiser; the conditioning has the batch size and is on the device."""
        raise NotImplementedError

    def loss(self, latents: Tensor, conditioning: Conditioning, chance: torch.Generator) -> Tensor:
        """Return the mean squared error of each of a batch (B,) at noise drawn from ``chance``."""
        asked = self.question(latents, chance)
        return asked.missed(self.predict(asked.noisy, asked.times, conditioning))


class Diffusion(Objective):
    """A UNet that predicts noise, v or the picture, as its scheduler says (Ho et al. 2020).

    Times are uniform, stratified over the batch.
    """

    part = "unet"

    @cached_property
    def noising(self) -> Any:
        """The scheduler that adds noise, with the schedule of the pipeline's own."""
        from diffusers import DDPMScheduler

        return DDPMScheduler.from_config(self.family.pipe.scheduler.config)

    def question(self, latents: Tensor, chance: torch.Generator) -> Question:
        """Return latents with noise at evenly spread times."""
        noising, count = self.noising, len(latents)
        noise = torch.randn(latents.shape, generator=chance).to(latents.device)
        even = (torch.arange(count) + torch.rand(count, generator=chance)) / count
        times = (even * noising.config.num_train_timesteps).long().to(latents.device)
        noisy = noising.add_noise(latents, noise, times)
        kind = noising.config.prediction_type
        target = latents if kind == "sample" else noise
        if kind == "v_prediction":
            target = noising.get_velocity(latents, noise, times)
        return Question(noisy, times, target, times / noising.config.num_train_timesteps)

    def predict(self, noisy: Tensor, times: Tensor, conditioning: Conditioning) -> Tensor:
        """Call the UNet."""
        added = self.added(noisy, conditioning)
        arguments = {"added_cond_kwargs": added} if added else {}
        states = conditioning["prompt_embeds"]
        return Tensor(self.family.denoiser(noisy, times, states, return_dict=False, **arguments)[0])

    def added(self, noisy: Tensor, conditioning: Conditioning) -> Conditioning:
        """Return what a UNet of SDXL is told besides: the pooled prompt, and sizes without a crop."""
        if "pooled_prompt_embeds" not in conditioning:
            return {}
        height, width = (side * self.family.factor for side in noisy.shape[-2:])
        sizes = noisy.new_tensor([height, width, 0, 0, height, width]).repeat(len(noisy), 1)
        return {"text_embeds": conditioning["pooled_prompt_embeds"], "time_ids": sizes}


class Flow(Objective):
    """A transformer trained by flow matching (Lipman et al. 2023).

    Times are logit-normal (Esser et al. 2024).
    """

    part = "transformer"

    @cached_property
    def noising(self) -> Any:
        """The scheduler that holds the noise levels, shifted as the pipeline's own."""
        from diffusers import FlowMatchEulerDiscreteScheduler

        return FlowMatchEulerDiscreteScheduler.from_config(self.family.pipe.scheduler.config)

    def question(self, latents: Tensor, chance: torch.Generator) -> Question:
        """Return latents on their way to noise."""
        from diffusers.training_utils import compute_density_for_timestep_sampling

        noising, count = self.noising, len(latents)
        noise = torch.randn(latents.shape, generator=chance).to(latents.device)
        share = compute_density_for_timestep_sampling(batch_size=count, generator=chance, **_DENSITY)
        at = (share * noising.config.num_train_timesteps).long().clamp(max=len(noising.timesteps) - 1)
        times, sigmas = noising.timesteps[at].to(latents.device), noising.sigmas[at].to(latents.device)
        sigmas = sigmas.view(-1, 1, 1, 1).float()
        noisy = (1 - sigmas) * latents + sigmas * noise
        return Question(noisy, times, noise - latents, sigmas.flatten())

    def predict(self, noisy: Tensor, times: Tensor, conditioning: Conditioning) -> Tensor:
        """Call a transformer of Stable Diffusion 3."""
        return Tensor(
            self.family.denoiser(
                hidden_states=noisy,
                timestep=times,
                encoder_hidden_states=conditioning["prompt_embeds"],
                pooled_projections=conditioning["pooled_prompt_embeds"],
                return_dict=False,
            )[0]
        )


class FluxFlow(Flow):
    """FLUX.1: packed latents with positions, times from 0 to 1, and guidance as an input."""

    def predict(self, noisy: Tensor, times: Tensor, conditioning: Conditioning) -> Tensor:
        """Call the transformer."""
        family, states = self.family, conditioning["prompt_embeds"]
        height, width = noisy.shape[-2:]
        places = family.pipe._prepare_latent_image_ids(
            len(noisy), height // 2, width // 2, noisy.device, noisy.dtype
        )
        guided = bool(family.denoiser.config.guidance_embeds)
        answer = family.denoiser(
            hidden_states=family.pack(noisy),
            timestep=times / 1000,
            guidance=noisy.new_full((len(noisy),), _GUIDANCE) if guided else None,
            pooled_projections=conditioning["pooled_prompt_embeds"],
            encoder_hidden_states=states,
            txt_ids=states.new_zeros(states.shape[1], 3),
            img_ids=places,
            return_dict=False,
        )[0]
        return family.unpack(answer, noisy.shape)


OBJECTIVES: Final[dict[str, type[Objective]]] = {
    "Family": Diffusion,
    "StableDiffusionXL": Diffusion,
    "StableDiffusion3": Flow,
    "Flux": FluxFlow,
}
"""Class of the family -> what it is trained on."""


def objective_of(family: Family, name: str) -> Objective:
    """Return what the denoiser of a family is trained on; ``name`` is what the user calls the model.

    Raises:
        ModelError: a family for which there are no LoRAs, or a distilled model, which training would undo.
    """
    kind = OBJECTIVES.get(type(family).__name__)
    pipe: Any = family.pipe
    if kind is None or not hasattr(pipe, "load_lora_weights"):
        raise ModelError(
            f"{name} is a {type(pipe).__name__}, which no LoRA is trained for here: use storybook, Stable "
            "Diffusion 1, 2, XL or 3, or Flux"
        )
    return kind(family)
