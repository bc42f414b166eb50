"""One text-to-image pipeline of diffusers: encode a prompt, make noise, denoise, decode."""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from framesmooth.errors import ModelError
from framesmooth.frames import Frame, GeneratedFrame
from framesmooth.models import controlnet, scheduler_state
from framesmooth.models.autoencoder import Autoencoder
from framesmooth.models.checkpoints import notes_of
from framesmooth.models.conditioning import TOKENS, Conditioning
from framesmooth.models.cross_frame_attention import Anchor, attending_to_first
from framesmooth.models.deferred_imports import deferred_imports
from framesmooth.models.devices import memory_errors
from framesmooth.models.families import family_of
from framesmooth.models.families.base import Family, Guidance
from framesmooth.models.hooks import as_many_as_samples
from framesmooth.models.latents import noise_of, step_generator
from framesmooth.models.optimization.compile import compile_errors
from framesmooth.models.prompt_chunks import chunks_of
from framesmooth.models.prompt_weighting import token_weights, weighted
from framesmooth.models.prompt_weighting_spec import Span, parse_weights, words_without_room
from framesmooth.models.schedulers import use_scheduler

StepCallback = Callable[[int, Tensor], None]
"""Called with (number of steps done in all, latents after them)."""

StepChange = Callable[[int, Tensor], Tensor]
"""Given (number of steps done in all, latents (C, h, w)) returns the latents that one image goes on with."""


@dataclass
class Steps:
    """A pipeline's callback: counts its iterations as steps, and ends guidance after ``guided`` of them."""

    first: int
    total: int
    guided: int | None
    """None where guidance doesn't end."""
    on_step: StepCallback | None
    changes: Sequence[StepChange] = ()
    """What changes each image of the batch after a step; none where nothing does."""

    def __post_init__(self) -> None:
        self.done = self.first

    def __call__(self, pipe: Any, iterations: int, latents: Tensor) -> Tensor | None:
        """Count ``iterations`` done, and tell of the latents after them; return them where they change."""
        before, left = self.done, self.total - self.first
        self.done = self.first + min(left, iterations * left // len(pipe.scheduler.timesteps))
        changed = None
        if self.done > before:
            if self.changes:
                pairs = zip(self.changes, latents, strict=True)
                changed = latents = torch.stack([change(self.done, one) for change, one in pairs])
            if self.on_step is not None:
                self.on_step(self.done, latents)
        if self.guided is not None and before < self.guided <= self.done:
            pipe._guidance_scale = 0.0  # how diffusers' guide to callbacks ends guidance
        return changed


@dataclass(frozen=True)
class TextToImage:
    """One loaded pipeline, made by ``loading.load_pipeline``. Its scheduler is swapped while it denoises."""

    pipe: Any
    folder: Path
    device: torch.device
    dtype: torch.dtype
    scheduler: Any
    low_vram: bool = False
    """Whether images are denoised, encoded and decoded one by one, the last two in tiles."""
    cpu_offload: bool = False
    """Whether idle networks are offloaded to CPU memory."""
    compiled: bool = False
    """Whether PyTorch's compiler makes kernels for the networks that are called at every step."""
    image_embeds: Conditioning = field(default_factory=dict)
    """The IP-Adapter embeddings of the image prompt."""

    @property
    def family(self) -> Family:
        """The family of the pipeline."""
        return family_of(self.pipe, self.folder.name)

    @property
    def denoiser(self) -> Any:
        """The network that is called at every step."""
        return self.family.denoiser

    @property
    def multiple(self) -> int:
        """Width and height, in pixels, are multiples of this."""
        return self.family.multiple

    @property
    def native_size(self) -> tuple[int, int]:
        """(height, width) in pixels that the model was made for."""
        return self.family.native_size

    @property
    def aspects(self) -> tuple[float, float]:
        """The narrowest and the widest shape, width over height: from the model's notes, or its family."""
        noted = notes_of(self.folder).get("aspects")
        return self.family.aspects if noted is None else (float(noted[0]), float(noted[1]))

    def restartable(self) -> "TextToImage":
        """Return this model with a sampler that can begin at any step: its own, or a replacement."""
        return replace(self, scheduler=scheduler_state.restartable(self.scheduler))

    def latent_shape(self, height: int, width: int) -> tuple[int, int, int]:
        """Return (C, h, w) of the latents of an image of ``height`` x ``width`` pixels."""
        factor = self.family.factor
        return self.family.latent_channels, height // factor, width // factor

    def encode(self, prompt: str, negative_prompt: str, *, guided: bool) -> Conditioning:
        """Return the conditioning of one prompt: float32, batch size 1, with a negative one if ``guided``.

        Words may have weights (``prompt_weights``).
        """
        asked, avoided = self._chunks(prompt), self._chunks(negative_prompt if guided else "")
        count = math.lcm(len(asked), len(avoided))
        with torch.inference_mode(), self._memory_errors(), deferred_imports("peft"):
            parts = [
                self._encode_chunk(asked[at % len(asked)], avoided[at % len(avoided)], guided=guided)
                for at in range(count)
            ]
        encoded = parts[0]
        if count > 1:
            encoded |= {
                name: torch.cat([part[name] for part in parts], dim=1) for name in TOKENS & encoded.keys()
            }
        image = {name: one for name, one in self.image_embeds.items() if guided or "negative" not in name}
        return {name: tensor.float().cpu() for name, tensor in encoded.items()} | image

    def _chunks(self, prompt: str) -> list[tuple[Span, ...]]:
        """Return a prompt in the parts that are encoded by themselves; it is one where it fits."""
        spans = parse_weights(self.family.read(prompt))
        if not self.family.reads_in_chunks:
            return [spans]
        tokenizer, room = self.family.readers[0]
        return chunks_of(spans, tokenizer, room, self.pipe)

    def _encode_chunk(self, asked: Sequence[Span], avoided: Sequence[Span], *, guided: bool) -> Conditioning:
        """Return the embeddings of one chunk of a prompt, and of one of the negative prompt."""
        prompt, negative = ("".join(span.text for span in spans) for spans in (asked, avoided))
        encoded = dict(self.family.encode(prompt, negative, guided=guided))
        for name, spans in (("prompt_embeds", asked), ("negative_prompt_embeds", avoided)):
            if name in encoded and any(span.weight != 1 for span in spans):
                weights = token_weights(spans, self.family.readers, self.pipe)
                encoded[name] = weighted(encoded[name], self._empty_prompt, weights)
        return encoded

    @property
    def _empty_prompt(self) -> Tensor:
        return self.family.encode("", "", guided=False)["prompt_embeds"]

    def cut_off(self, prompt: str) -> str:
        """Return the words at the end of ``prompt`` that the text encoder has no room for, "" if all fit.

        A word of which it reads a part is among them. A family that reads in chunks reads all of them.
        """
        if self.family.reads_in_chunks:
            return ""
        tokenizer, room = max(self.family.readers, key=lambda reader: reader[1])
        return words_without_room(prompt, tokenizer, room)

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
        guidance: Guidance,
        guided_steps: int | None = None,
        first_step: int = 0,
        on_step: StepCallback | None = None,
        anchor: Anchor | None = None,
        changes: Sequence[StepChange] = (),
    ) -> Tensor:
        """Denoise a batch from step ``first_step`` of ``steps`` to the end.

        Args:
            latents: float32 (B, C, h, w): standard normal noise when ``first_step`` is 0, else the sampler's
                state before that step.
            conditioning: batch size B.
            seeds: B seeds for schedulers that draw noise of their own at every step.
            steps: of the whole schedule.
            guidance: how strictly the prompt is followed.
            guided_steps: after this many of ``steps`` guidance ends (Kynkäänniemi et al. 2024).
            first_step: steps that are taken as done.
            on_step: called after every step with (number of steps done in all, latents after it); a step of a
                second-order solver takes two iterations of the pipeline.
            anchor: a frame that all others attend to; it is denoised along with them.
            changes: B changes of the images' latents after every step; none leave them as they are.

        Returns:
            float32 (B, C, h, w) on the CPU: latents ready to decode.
        """
        if self.low_vram and len(latents) > 1:
            settings = {"steps": steps, "guidance": guidance, "guided_steps": guided_steps, "anchor": anchor}
            return one_by_one(
                self.denoise,
                latents,
                conditioning,
                seeds,
                on_step,
                changes,
                first_step=first_step,
                **settings,
            )
        if anchor is None:
            return self._together(
                latents, conditioning, seeds, steps, guidance, guided_steps, first_step, on_step, changes
            )
        told = None if on_step is None else lambda done, states: on_step(done, states[1:])
        batch = anchor.before(latents, conditioning, seeds)
        with_anchor = (_unchanged, *changes) if changes else ()
        with attending_to_first(self.denoiser, len(batch[0])):
            return self._together(*batch, steps, guidance, guided_steps, first_step, told, with_anchor)[1:]

    def _together(
        self,
        latents: Tensor,
        conditioning: Conditioning,
        seeds: Sequence[int],
        steps: int,
        guidance: Guidance,
        guided_steps: int | None,
        first_step: int,
        on_step: StepCallback | None,
        changes: Sequence[StepChange],
    ) -> Tensor:
        """Denoise a batch in one go; see ``denoise``."""
        family = self.family
        ends = guided_steps is not None and guided_steps < steps and guidance.scale > 1
        if ends and guided_steps is not None and first_step >= guided_steps:
            ends, guidance = False, replace(guidance, scale=1.0)
            conditioning = {name: value for name, value in conditioning.items() if "negative" not in name}
        progress = Steps(first_step, steps, guided_steps if ends else None, on_step, changes)
        conditioning = controlnet.from_step(conditioning, first_step, steps)
        halving = as_many_as_samples(family.networks if ends else [])
        fresh = self._fresh_scheduler(first_step, changed=bool(changes))
        with fresh, self._memory_errors(), self._refusals(), halving, deferred_imports("peft"):
            final = family.denoise(
                {name: value.to(self.device) for name, value in conditioning.items()},
                latents.to(self.device),
                steps=steps,
                guidance=guidance,
                generators=[step_generator(seed, latents.shape[1:], first_step) for seed in seeds],
                on_iteration=progress,
            )
        return final.float().cpu()

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """Turn what a pipeline, its scheduler or its compiler doesn't take into a ModelError."""
        try:
            with compile_errors(compiled=self.compiled):
                yield
        except (ValueError, IndexError, TypeError, NotImplementedError) as error:
            reason = " ".join(str(error).split())[:200]
            raise ModelError(
                f"{self.folder.name} cannot denoise with these settings ({reason}): use other --steps, or "
                "another --scheduler"
            ) from error

    def _memory_errors(self) -> AbstractContextManager[None]:
        return memory_errors(low_vram=self.low_vram, cpu_offload=self.cpu_offload)

    def state_at(self, latents: Tensor, noise: Tensor, *, first_step: int, steps: int) -> Tensor:
        """Return the sampler's state before step ``first_step`` of ``steps`` for finished ``latents``.

        Both are float32 (B, C, h, w).
        """
        timesteps = self.family.timesteps(self.scheduler, steps, latents.shape)
        return scheduler_state.state_at(
            self.scheduler, latents, noise, first_step=first_step, timesteps=timesteps
        )

    @contextmanager
    def _fresh_scheduler(self, first_step: int, *, changed: bool = False) -> Iterator[None]:
        scheduler = copy.deepcopy(self.scheduler)
        if changed:
            scheduler_state.accept_changes(scheduler)
        fresh = scheduler if first_step == 0 else scheduler_state.LastSteps(scheduler, first_step)
        use_scheduler(self.pipe, fresh)
        try:
            yield
        finally:
            use_scheduler(self.pipe, self.scheduler)

    @property
    def autoencoder(self) -> Autoencoder:
        """The autoencoder of the pipeline."""
        return Autoencoder(
            vae=self.pipe.vae,
            factor=self.family.factor,
            device=self.device,
            in_tiles=self.low_vram,
            memory_errors=self._memory_errors,
        )

    def decode(self, latents: Tensor) -> list[Frame]:
        """Return the images of float32 latents (B, C, h, w): B frames, uint8 (H, W, 3).

        Raises:
            ModelError: when the model answers with something that isn't a number.
        """
        pictures = self.decode_judged(latents)
        if any(image.fault == "nan" for image in pictures):
            raise ModelError(self.nan_advice)
        return [image.frame for image in pictures]

    def decode_judged(self, latents: Tensor) -> list[GeneratedFrame]:
        """Return the images of float32 latents (B, C, h, w), each with its fault."""
        flagged: Any = [False] * len(latents)
        with torch.inference_mode(), self._memory_errors():
            images = self.autoencoder.decode(latents)
            finite = _are_numbers(images) & _are_numbers(latents).to(images.device)
            images = torch.where(finite[:, None, None, None], images, -torch.ones_like(images))
            if getattr(self.pipe, "safety_checker", None) is not None:
                images, flagged = self.pipe.run_safety_checker(images, self.device, self.dtype)
            pictures = self.pipe.image_processor.postprocess(images, output_type="pt")
            levels = (pictures * 255).round_().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
        return [
            GeneratedFrame(np.ascontiguousarray(level), "nan" if not number else "flagged" if flag else "")
            for level, number, flag in zip(levels, finite.tolist(), flagged or (), strict=True)
        ]

    @property
    def nan_advice(self) -> str:
        """The advice in the error when every image is NaN."""
        return f"{self.folder.name} answered with NaN: use --dtype float32 or another --scheduler"


def _are_numbers(batch: Tensor) -> Tensor:
    """Return for each of a batch (B, ...) whether all of it is finite (B,): decoders may hide what isn't."""
    return torch.isfinite(batch).flatten(1).all(dim=1)


def _unchanged(_done: int, latents: Tensor) -> Tensor:
    return latents


def one_by_one(
    denoise: Callable[..., Tensor],
    latents: Tensor,
    conditioning: Conditioning,
    seeds: Sequence[int],
    on_step: StepCallback | None,
    changes: Sequence[StepChange],
    **settings: Any,
) -> Tensor:
    """Denoise a batch image by image, and tell of each step once the last image has done it."""
    states: dict[int, list[Tensor]] = {}

    def told(done: int, state: Tensor) -> None:
        states.setdefault(done, []).append(state.cpu())
        if on_step is not None and len(states[done]) == len(seeds):
            on_step(done, torch.cat(states.pop(done)))

    finals = [
        denoise(
            latents[index : index + 1],
            {name: value[index : index + 1] for name, value in conditioning.items()},
            [seed],
            on_step=told,
            changes=changes[index : index + 1],
            **settings,
        )
        for index, seed in enumerate(seeds)
    ]
    return torch.cat(finals)
