"""Stable Video Diffusion (Blattmann et al. 2023): one image begins to move."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from framesmooth.models.video_families.base import FrameRule, ModelConfig, VideoCall, VideoFamily


@dataclass(frozen=True, kw_only=True)
class StableVideoDiffusion(VideoFamily):
    """Guidance rises over the frames from 1 to what is asked; there is no prompt."""

    def adapted(self, model: ModelConfig) -> "StableVideoDiffusion":
        """Return the family with the length that the UNet was trained for: 14 or 25."""
        frames = int(model.component("unet").get("num_frames") or self.longest)
        return replace(self, default_frames=frames, longest=frames)

    def guidance_arguments(self, call: VideoCall) -> dict[str, Any]:
        """Return the guidance of the first and of the last frame."""
        scale = call.guidance_scale
        return {"min_guidance_scale": min(1.0, scale), "max_guidance_scale": scale}

    def image_arguments(self, call: VideoCall) -> dict[str, Any]:
        """Return the image, how much moves, and how many frames are decoded at a time."""
        asked: dict[str, Any] = {"image": call.first, "fps": max(1, round(call.fps))}
        if call.motion_bucket is not None:
            asked["motion_bucket_id"] = call.motion_bucket
        return self.text_arguments(call) | asked | {"decode_chunk_size": 2 if call.in_parts else 8}


STABLE_VIDEO_DIFFUSION: Final = StableVideoDiffusion(
    title="Stable Video Diffusion",
    pipelines={"image": "StableVideoDiffusionPipeline"},
    frame_rule=FrameRule(),
    default_frames=25,
    longest=25,
    fps=Fraction(7),
    size=(576, 1024),
    size_multiple=64,
    steps=25,
    guidance_scale=3.0,
    reads_prompts=False,
    parts_decide=True,
    license="Stability community licence",
    memory="8 GB with --low-vram and --cpu-offload",
)
