"""HunyuanVideo (Kong et al. 2024): guidance is an input of the transformer."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from framesmooth.models.video_families.base import FrameRule, VideoCall, VideoFamily


@dataclass(frozen=True, kw_only=True)
class HunyuanVideo(VideoFamily):
    """Two guidance scales: one that the model was distilled with, and one against the negative prompt."""

    def guidance_arguments(self, call: VideoCall) -> dict[str, Any]:
        """Return both."""
        return {"guidance_scale": call.guidance_scale, "true_cfg_scale": call.true_cfg_scale}


HUNYUAN_VIDEO: Final = HunyuanVideo(
    title="HunyuanVideo",
    pipelines={"text": "HunyuanVideoPipeline"},
    frame_rule=FrameRule(4, 1),
    default_frames=129,
    longest=129,
    fps=Fraction(24),
    size=(720, 1280),
    size_multiple=16,
    guidance_scale=6.0,
    true_guidance=True,
    license="Tencent Hunyuan community licence (not in the EU, the UK and South Korea)",
    memory="45 GB, less with --group-offload",
)
