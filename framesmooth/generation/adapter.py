"""A text-to-image pipeline of diffusers as four verbs: encode, noise, denoise, decode.

The pipeline's own ``__call__`` does the denoising, so any class that takes ``latents`` and ``prompt_embeds``
works the same way. The sampler's state stays in float32 whatever the network computes in, and the scheduler,
which keeps state, is copied for every batch.
"""

import copy
import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import torch
from torch import Tensor

from framesmooth.errors import ModelError
from framesmooth.frames import Frame
from framesmooth.generation import samplers
from framesmooth.generation.embeddings import Conditioning
from framesmooth.generation.latents import noise_of, step_generator

_MULTIPLE: Final = 8
"""diffusers' pipelines refuse sizes that are not multiples of 8, whatever the autoencoder's factor is."""

_ENCODED_NAMES: Final = {
    2: ("prompt_embeds", "negative_prompt_embeds"),
    4: ("prompt_embeds", "negative_prompt_embeds", "pooled_prompt_embeds", "negative_pooled_prompt_embeds"),
}
"""What ``encode_prompt`` returns, by how many: the Stable Diffusion 1 and 2 classes, then XL and 3."""

_GUIDED_TENSORS: Final = ("prompt_embeds", "add_text_embeds", "add_time_ids")
"""What a pipeline holds twice while it guides: for the negative prompt, then for the prompt itself."""

StepCallback = Callable[[int, Tensor], None]


Fault = Literal["", "nan", "flagged", "black"]


@dataclass(frozen=True)
class Picture:
    """A decoded frame, uint8 (H, W, 3), and what is wrong with it: not a number, flagged as unsafe, black."""

    frame: Frame
    fault: Fault = ""


@dataclass(frozen=True)
class TextToImage:
    """One loaded pipeline, made by ``loading.load_pipeline``. Its scheduler is swapped while it denoises."""

    pipe: Any
    folder: Path
    device: torch.device
    dtype: torch.dtype
    scheduler: Any

    @property
    def denoiser(self) -> Any:
        """The network that is called at every step."""
        return self.pipe.unet if getattr(self.pipe, "unet", None) is not None else self.pipe.transformer

    @property
    def multiple(self) -> int:
        """Width and height, in pixels, are multiples of this."""
        patch = int(getattr(self.pipe, "patch_size", None) or 1)  # of transformers such as SD 3's
        return math.lcm(_MULTIPLE, int(self.pipe.vae_scale_factor) * patch)

    @property
    def native_size(self) -> tuple[int, int]:
        """(height, width) in pixels that the model was made for."""
        size = self.denoiser.config.sample_size
        height, width = (size, size) if isinstance(size, int) else size
        return int(height * self.pipe.vae_scale_factor), int(width * self.pipe.vae_scale_factor)

    @property
    def guided_tensors(self) -> list[str]:
        """What guidance doubles; empty where it is done otherwise than by the Stable Diffusion classes."""
        other = getattr(self.pipe, "transformer", None) is not None
        distilled = (
            self.denoiser.config.get("time_cond_proj_dim") is not None
        )  # guidance is an input of these
        known = [name for name in _GUIDED_TENSORS if name in self.pipe._callback_tensor_inputs]
        return known if "prompt_embeds" in known and not other and not distilled else []

    def restartable(self) -> "TextToImage":
        """Return this model with a sampler that can begin at any step: its own, or a replacement."""
        return replace(self, scheduler=samplers.restartable(self.scheduler))

    def latent_shape(self, height: int, width: int) -> tuple[int, int, int]:
        """Return (C, h, w) of the latents of a picture of ``height`` x ``width`` pixels."""
        factor = int(self.pipe.vae_scale_factor)
        return int(self.denoiser.config.in_channels), height // factor, width // factor

    def encode(self, prompt: str, negative_prompt: str, *, guided: bool) -> Conditioning:
        """Return the conditioning of one prompt: float32, batch size 1.

        Raises:
            ModelError: when the pipeline's class passes prompts in a form of its own, such as masks.
        """
        accepted = inspect.signature(self.pipe.encode_prompt).parameters
        wanted = {
            "prompt": prompt,
            "prompt_2": None,
            "prompt_3": None,
            "device": self.device,
            "num_images_per_prompt": 1,
            "do_classifier_free_guidance": guided,
            "negative_prompt": negative_prompt,
        }
        with torch.inference_mode():
            encoded = self.pipe.encode_prompt(
                **{name: value for name, value in wanted.items() if name in accepted}
            )
        return {name: tensor.float().cpu() for name, tensor in self._named(encoded) if tensor is not None}

    def _named(self, encoded: Any) -> Iterator[tuple[str, Tensor | None]]:
        """Yield what ``encode_prompt`` returned under the names that ``__call__`` takes it by."""
        arguments = inspect.signature(self.pipe.__call__).parameters
        names = _ENCODED_NAMES.get(len(encoded), ())
        masked = any("prompt" in name and "mask" in name for name in arguments)
        tensors = all(one is None or isinstance(one, Tensor) for one in encoded)
        if masked or not tensors or not names or not set(names) <= set(arguments):
            kind = type(self.pipe).__name__
            raise ModelError(
                f"{self.folder.name}: prompts of a {kind} are not understood: use a Stable Diffusion model"
            )
        yield from zip(names, encoded, strict=True)

    def cut_off(self, prompt: str) -> str:
        """Return the end of ``prompt`` that the text encoder has no room for, "" when all of it fits."""
        tokenizer = self.pipe.tokenizer
        tokens = tokenizer(prompt, truncation=False).input_ids
        room = int(tokenizer.model_max_length) - 1  # the end-of-text token takes the last place
        return str(tokenizer.decode(tokens[room:-1])).strip() if len(tokens) > room + 1 else ""

    def noise(self, seed: int, height: int, width: int) -> Tensor:
        """Return the standard normal noise of ``seed``, float32 (C, h, w), on the CPU."""
        return noise_of(seed, self.latent_shape(height, width))

    def denoise(
        self,
        latents: Tensor,
        conditioning: Conditioning,
        seeds: Sequence[int],
        *,
        steps: int,
        guidance_scale: float,
        guided_steps: int | None = None,
        first_step: int = 0,
        on_step: StepCallback | None = None,
    ) -> Tensor:
        """Denoise a batch from step ``first_step`` of ``steps`` to the end.

        Args:
            latents: float32 (B, C, h, w): standard normal noise when ``first_step`` is 0, else the sampler's
                state before that step.
            conditioning: batch size B.
            seeds: B seeds for schedulers that draw noise of their own at every step.
            steps: of the whole schedule.
            guidance_scale: classifier-free guidance, off at 1 or below.
            guided_steps: after this many of ``steps`` guidance ends (Kynkäänniemi et al. 2024).
            first_step: steps that are taken as done.
            on_step: called after every step with (number of steps done in all, latents after it); a step of a
                second-order solver takes two iterations of the pipeline.

        Returns:
            float32 (B, C, h, w) on the CPU: latents ready to decode.
        """

        ends = guided_steps is not None and guided_steps < steps and guidance_scale > 1
        if ends and guided_steps is not None and first_step >= guided_steps:
            ends, guidance_scale = False, 1.0
            conditioning = {name: value for name, value in conditioning.items() if "negative" not in name}
        tensors = self.guided_tensors if ends else []
        progress = _Steps(first_step, steps, guided_steps if ends else None, tensors, on_step)
        height, width = (int(side * self.pipe.vae_scale_factor) for side in latents.shape[-2:])
        embeds = {name: value.to(self.device, self.dtype) for name, value in conditioning.items()}
        with self._fresh_scheduler(first_step), memory_errors():
            (result,) = self.pipe(
                **embeds,
                height=height,
                width=width,
                num_inference_steps=steps,
                guidance_scale=guidance_scale,
                latents=latents.to(self.device),
                generator=[step_generator(seed, latents.shape[1:], first_step) for seed in seeds],
                callback_on_step_end=progress,
                callback_on_step_end_tensor_inputs=["latents", *tensors],
                output_type="latent",
                return_dict=False,
            )[:1]
        return _float32(result).cpu()

    @contextmanager
    def _fresh_scheduler(self, first_step: int) -> Iterator[None]:
        scheduler = copy.deepcopy(self.scheduler)
        self.pipe.scheduler = scheduler if first_step == 0 else samplers.LastSteps(scheduler, first_step)
        try:
            yield
        finally:
            self.pipe.scheduler = self.scheduler

    def decode(self, latents: Tensor) -> list[Frame]:
        """Return the pictures of float32 latents (B, C, h, w): B frames, uint8 (H, W, 3).

        Raises:
            ModelError: when the model answers with something that isn't a number.
        """
        pictures = self.decode_judged(latents)
        if any(picture.fault == "nan" for picture in pictures):
            raise ModelError(self.nan_advice)
        return [picture.frame for picture in pictures]

    def decode_judged(self, latents: Tensor) -> list[Picture]:
        """Return the pictures of float32 latents (B, C, h, w) with what is wrong with each."""
        vae, config = self.pipe.vae, self.pipe.vae.config
        scaled = latents.to(self.device) / config.scaling_factor + (config.get("shift_factor") or 0.0)
        flagged: Any = [False] * len(latents)
        with torch.inference_mode(), memory_errors():
            images = vae.decode(scaled.to(vae.dtype), return_dict=False)[0].float()
            finite = torch.isfinite(images).flatten(1).all(dim=1)
            images = torch.where(finite[:, None, None, None], images, -torch.ones_like(images))
            if getattr(self.pipe, "safety_checker", None) is not None:
                images, flagged = self.pipe.run_safety_checker(images, self.device, self.dtype)
            pictures = self.pipe.image_processor.postprocess(images, output_type="pt")
            levels = (pictures * 255).round_().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
        return [
            Picture(np.ascontiguousarray(level), "nan" if not number else "flagged" if flag else "")
            for level, number, flag in zip(levels, finite.tolist(), flagged or (), strict=True)
        ]

    @property
    def nan_advice(self) -> str:
        """What to tell the user when no picture is made of numbers."""
        return f"{self.folder.name} answered with NaN: use --dtype float32 or another --scheduler"


@dataclass
class _Steps:
    """A pipeline's callback: counts its iterations as steps, and ends guidance after ``guided`` of them."""

    first: int
    total: int
    guided: int | None
    """None where guidance doesn't end."""
    tensors: Sequence[str]
    on_step: StepCallback | None

    def __post_init__(self) -> None:
        self.done = self.first

    def __call__(
        self, pipe: Any, index: int, _timestep: Any, tensors: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        before, left = self.done, self.total - self.first
        self.done = self.first + (index + 1) * left // len(pipe.scheduler.timesteps)
        if self.done > before and self.on_step is not None:
            self.on_step(self.done, tensors["latents"])
        if self.guided is not None and before < self.guided <= self.done:
            pipe._guidance_scale = 0.0  # how diffusers' guide to callbacks ends guidance
            tensors |= {name: tensors[name].chunk(2)[-1] for name in self.tensors}
        return tensors


@contextmanager
def memory_errors() -> Iterator[None]:
    """Turn running out of the accelerator's memory into a ModelError that says what to do."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise ModelError(
            "out of memory on the device: lower --batch-size, -W and -H, or use --device cpu"
        ) from error


def sample_in_float32(denoiser: Any) -> None:
    """Let the sampler hand float32 latents to a network of another dtype and get float32 back."""

    def to_network(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        def cast(value: Any) -> Any:
            sample = isinstance(value, Tensor) and value.is_floating_point() and value.ndim > 1
            return value.to(module.dtype) if sample else value

        return tuple(map(cast, args)), {name: cast(value) for name, value in kwargs.items()}

    def from_network(_module: Any, _args: Any, output: tuple[Any, ...]) -> tuple[Any, ...]:
        return (_float32(output[0]), *output[1:])

    denoiser.register_forward_pre_hook(to_network, with_kwargs=True)
    denoiser.register_forward_hook(from_network)


def _float32(tensor: Tensor) -> Tensor:
    return tensor.to(torch.float32)
