"""The baselines of other families: VideoGPT (Yan et al. 2021) and a recurrent GAN, in storybook's latents."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from framesmooth import limits
from framesmooth.models.video_families.base import Chance, FrameRule, ModelConfig, VideoCall, VideoFamily

_FACTOR: Final = 8
"""Pixels a latent."""
_NOT_DENOISING: Final = frozenset(
    {"steps", "scheduler", "preset", "loras", "textual_inversions", "dtype", "low_vram", "cpu_offload"}
    | {"group_offload", "layerwise_casting", "quantize_text_encoder", "true_cfg_scale"}
    | {"width", "height", "aspect"}
)
"""Settings that are about denoising, about saving the memory of large networks, or about other sizes."""


@dataclass(frozen=True, kw_only=True)
class Baseline(VideoFamily):
    """A pipeline of this package, which denoises nothing."""

    own: bool = True

    def text_arguments(self, call: VideoCall) -> dict[str, Any]:
        """Return the length: the size is that of the networks."""
        return {"num_frames": call.frames}

    def arguments(self, call: VideoCall) -> dict[str, Any]:
        """Return the arguments; there are no denoising steps among them."""
        return {"prompt": call.prompt, **self.text_arguments(call)}

    def native_size(self, pipe: Any) -> tuple[int, int]:
        """Return (height, width) in pixels, the only one there is."""
        assert self.size is not None
        return self.size


@dataclass(frozen=True, kw_only=True)
class VideoGptFamily(Baseline):
    """Codes drawn one after the other; a step is a block of frames that share their codes.

    Attributes:
        chance: how codes are drawn unless asked.
    """

    draws_codes: bool = True
    chance: Chance

    def adapted(self, model: ModelConfig) -> "VideoGptFamily":
        """Return the family with the sizes of one model's networks."""
        gpt, codes = model.component("transformer"), model.component("codes")
        frames = int(codes.get("frames", 4))
        time, height, width = gpt.get("shape", (4, 8, 8))
        size = (2 * _FACTOR * int(height), 2 * _FACTOR * int(width))
        return replace(self, frame_rule=FrameRule(frames), default_frames=frames * time, size=size)

    def steps_of(self, call: VideoCall) -> int:
        """Return how many blocks a call draws."""
        return max(1, call.frames // self.frame_rule.step)

    def arguments(self, call: VideoCall) -> dict[str, Any]:
        """Return the arguments, with how codes are drawn."""
        guided = {"negative_prompt": call.negative, "guidance_scale": call.guidance_scale}
        return {**super().arguments(call), **guided, "chance": call.chance.over(self.chance)}


@dataclass(frozen=True, kw_only=True)
class RecurrentGanFamily(Baseline):
    """All frames at once, one after the other, in a single step."""

    def adapted(self, model: ModelConfig) -> "RecurrentGanFamily":
        """Return the family with the size of one model's generator."""
        side = _FACTOR * int(model.component("transformer").get("side", 16))
        return replace(self, size=(side, side))

    def negates(self, guidance_scale: float, true_cfg_scale: float) -> bool:
        """Tell that nothing is avoided: there is no guidance."""
        return False

    def steps_of(self, call: VideoCall) -> int:
        """Return that it takes one step."""
        return 1


VIDEO_GPT: Final = VideoGptFamily(
    title="VideoGPT",
    pipelines={"text": "VideoGptPipeline"},
    frame_rule=FrameRule(4),
    default_frames=16,
    longest=limits.MAX_FRAMES,
    fps=Fraction(8),
    size=(128, 128),
    steps=1,
    guidance_scale=3.0,
    chance=Chance(temperature=0.9, top_p=0.95),
    unused=_NOT_DENOISING,
    license="Apache-2.0",
    memory="works on the CPU",
)
RECURRENT_GAN: Final = RecurrentGanFamily(
    title="recurrent GAN",
    pipelines={"text": "RecurrentGanPipeline"},
    frame_rule=FrameRule(),
    default_frames=16,
    longest=limits.MAX_FRAMES,
    fps=Fraction(8),
    size=(128, 128),
    steps=1,
    guidance_scale=1.0,
    unused=_NOT_DENOISING | {"guidance_scale", "negative_prompt"},
    license="Apache-2.0",
    memory="works on the CPU",
)
