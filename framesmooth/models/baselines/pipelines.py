"""The baselines as pipelines, called as those of diffusers are: a prompt in, the frames of a clip out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from framesmooth.models.baselines.caption import motion_tensor, plain_text
from framesmooth.models.baselines.codes import VideoCodes
from framesmooth.models.baselines.recurrent_gan import RecurrentGenerator
from framesmooth.models.baselines.sampling import Heard, sample_codes
from framesmooth.models.baselines.video_gpt import VideoGpt
from framesmooth.models.video_families.base import Chance

Told = Callable[[Any, int, int, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class NoScheduler:
    """In place of a scheduler: nothing is denoised."""

    timesteps: Sequence[int] = ()


@dataclass(frozen=True)
class Clip:
    """What a pipeline answers with.

    Attributes:
        frames: (1, frames, height, width, 3) float32 in 0 to 1.
    """

    frames: Any


@dataclass
class StorybookParts:
    """The parts of storybook that the baselines share: they read prompts and decode latents with them.

    Attributes:
        tokenizer: of its text encoder.
        text_encoder: frozen.
        vae: its autoencoder.
    """

    tokenizer: Any
    text_encoder: Any
    vae: Any

    @torch.inference_mode()
    def states(self, prompts: Sequence[str]) -> Tensor:
        """Return the states of prompts without their words of motion, (n, words, width) float32."""
        texts = [plain_text(prompt) for prompt in prompts]
        length = self.text_encoder.config.max_position_embeddings
        ids = self.tokenizer(
            texts, padding="max_length", max_length=length, truncation=True, return_tensors="pt"
        ).input_ids
        states: Tensor = self.text_encoder(ids.to(self.text_encoder.device)).last_hidden_state
        return states.float()

    @torch.inference_mode()
    def frames(self, latents: Tensor) -> Any:
        """Return the frames of latents (frames, channels, h, w), as ``Clip.frames`` has them."""
        scaled = (latents.float() / self.vae.config.scaling_factor).to(self.vae.dtype)
        decoded = [self.vae.decode(part).sample for part in scaled.split(8)]
        levels = (torch.cat(decoded).float().clamp(-1, 1) + 1) / 2
        return levels.permute(0, 2, 3, 1)[None].cpu().numpy()


class _Baseline:
    """What both pipelines are to those who call a pipeline."""

    scheduler = NoScheduler()

    def __init__(self, parts: StorybookParts) -> None:
        self.parts, self.tokenizer = parts, parts.tokenizer

    def set_progress_bar_config(self, **settings: Any) -> None:
        """Change nothing: it shows no bar."""


class VideoGptPipeline(_Baseline):
    """A prompt to a clip by a transformer over codes.

    Args:
        transformer: of the codes.
        codes: the codebooks and their decoder.
        parts: those of storybook.
    """

    def __init__(self, transformer: VideoGpt, codes: VideoCodes, parts: StorybookParts) -> None:
        super().__init__(parts)
        self.transformer, self.codes = transformer.eval(), codes.eval()

    @torch.inference_mode()
    def __call__(
        self,
        prompt: str,
        *,
        num_frames: int,
        generator: torch.Generator,
        negative_prompt: str = "",
        guidance_scale: float = 1.0,
        chance: Chance = Chance(),
        callback_on_step_end: Told | None = None,
        output_type: str = "np",
    ) -> Clip:
        """Return a clip of ``num_frames``, a multiple of the frames that share a code."""
        texts = (prompt, negative_prompt)
        heard = Heard(self.parts.states(texts), motion_tensor(texts), guidance_scale)
        done = 0

        def block_done() -> None:
            nonlocal done
            if callback_on_step_end is not None:
                callback_on_step_end(self, done, 0, {})
            done += 1

        blocks = num_frames // self.codes.config.frames
        drawn = sample_codes(self.transformer, self.codes, heard, blocks, chance, generator, block_done)
        vectors = self.codes.looked_up(drawn.to(self.codes.codebooks.device))[None]
        return Clip(self.parts.frames(self.codes.decoded(vectors)[0]))


class RecurrentGanPipeline(_Baseline):
    """A prompt to a clip by a recurrent generator, at once.

    Args:
        transformer: the generator.
        parts: those of storybook.
    """

    def __init__(self, transformer: RecurrentGenerator, parts: StorybookParts) -> None:
        super().__init__(parts)
        self.transformer = transformer.eval()

    @torch.inference_mode()
    def __call__(
        self,
        prompt: str,
        *,
        num_frames: int,
        generator: torch.Generator,
        callback_on_step_end: Told | None = None,
        output_type: str = "np",
    ) -> Clip:
        """Return a clip of ``num_frames``."""
        net = self.transformer
        noise = torch.randn(1, net.config.noise, generator=generator)
        steps = torch.randn(1, num_frames, net.config.motion, generator=generator)
        given = (self.parts.states([prompt]), motion_tensor([prompt]), noise, steps)
        states, motion, noise, steps = (one.to(net.device) for one in given)
        latents = net(states, motion, noise, steps)
        if callback_on_step_end is not None:
            callback_on_step_end(self, 0, 0, {})
        return Clip(self.parts.frames(latents[0]))
