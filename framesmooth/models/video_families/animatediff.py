"""AnimateDiff (Guo et al. 2023): layers over time for Stable Diffusion 1 and XL, in a motion adapter."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from framesmooth.models.video_families.base import FrameRule, ModelConfig, VideoCall, VideoFamily

CONTEXT: Final = 16
"""Frames that the motion adapters were trained with."""
_STRIDE: Final = 4
"""Frames from one window to the next, where a clip is longer."""


@dataclass(frozen=True, kw_only=True)
class AnimateDiff(VideoFamily):
    """Longer clips, and those of several prompts, are denoised in windows (FreeNoise, Qiu et al. 2024)."""

    context: int = CONTEXT

    def adapted(self, model: ModelConfig) -> "AnimateDiff":
        """Return the family with the length that the motion adapter has positions for."""
        config = model.adapter or model.component("motion_adapter") or model.component("unet")
        most = int(config.get("motion_max_seq_length") or 32)
        context = min(self.context, most)
        longest = self.longest if self.travels else most
        return replace(self, context=context, longest=longest, default_frames=context)

    def prompt_arguments(self, call: VideoCall) -> dict[str, Any]:
        """Return one prompt, or prompts by frame."""
        if len(call.prompts) < 2:
            return super().prompt_arguments(call)
        return {"prompt": dict(call.prompts), "negative_prompt": dict(call.negatives)}

    def text_arguments(self, call: VideoCall) -> dict[str, Any]:
        """Return length, size, and how many frames are decoded at a time."""
        parts = {"decode_chunk_size": 2 if call.in_parts else CONTEXT} if self.travels else {}
        return super().text_arguments(call) | parts

    def video_arguments(self, call: VideoCall) -> dict[str, Any]:
        """Return the video, and how many frames are decoded at a time."""
        return super().video_arguments(call) | {"decode_chunk_size": 2 if call.in_parts else CONTEXT}

    def prepare(self, pipe: Any, call: VideoCall) -> None:
        """Switch FreeNoise and FreeInit on where they are asked for or needed."""
        if call.free_init:
            pipe.enable_free_init(num_iters=call.free_init)
        else:
            pipe.disable_free_init()
        if not self.travels:
            return
        context = min(call.context or self.context, call.frames)
        if call.frames > context or len(call.prompts) > 1:
            pipe.enable_free_noise(context_length=context, context_stride=min(_STRIDE, context))
        elif pipe.free_noise_enabled:
            pipe.disable_free_noise()

    def with_scheduler(self, pipe: Any) -> Any:
        """Return a DDIM of the noise schedule that motion adapters were trained with."""
        from diffusers import DDIMScheduler

        changed = {"beta_schedule": "linear", "clip_sample": False, "timestep_spacing": "linspace"}
        return DDIMScheduler.from_config(pipe.scheduler.config, steps_offset=1, **changed)


ANIMATEDIFF: Final = AnimateDiff(
    title="AnimateDiff",
    pipelines={"text": "AnimateDiffPipeline", "video": "AnimateDiffVideoToVideoPipeline"},
    frame_rule=FrameRule(),
    default_frames=CONTEXT,
    longest=100_000,
    fps=Fraction(8),
    steps=25,
    guidance_scale=7.5,
    travels=True,
    refines_noise=True,
    base="StableDiffusionPipeline",
    license="Apache-2.0 (adapters), that of the base model",
    memory="8 to 12 GB",
)

ANIMATEDIFF_XL: Final = replace(
    ANIMATEDIFF,
    title="AnimateDiff XL",
    pipelines={"text": "AnimateDiffSDXLPipeline"},
    longest=32,
    longest_is_limit=True,
    guidance_scale=5.0,
    travels=False,
    base="StableDiffusionXLPipeline",
    memory="13 GB",
)
