"""Wan 2.1 and 2.2 (Wan team 2025)."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from framesmooth.models.video_families.base import FrameRule, ModelConfig, VideoCall, VideoFamily

_IMAGE: Final = "WanImageToVideoPipeline"
_SECOND_FPS: Final = Fraction(24)


@dataclass(frozen=True, kw_only=True)
class Wan(VideoFamily):
    """The autoencoder stays in float32, as its authors use it."""

    def adapted(self, model: ModelConfig) -> "Wan":
        """Return the family as this model is: the 5B model of Wan 2.2 takes images, and coarser sizes."""
        changed: Wan = self
        if model.index.get("expand_timesteps"):
            starts = dict(self.pipelines) | {"image": _IMAGE}
            changed = replace(changed, pipelines=starts, size_multiple=32, fps=_SECOND_FPS, longest=121)
        if model.index.get("transformer_2", [None])[0] is not None:  # restyling knows one transformer only
            starts = {start: name for start, name in changed.pipelines.items() if start != "video"}
            changed = replace(changed, pipelines=starts, has_second=True)
        return changed

    def guidance_arguments(self, call: VideoCall) -> dict[str, Any]:
        """Return the guidance, of models with two transformers that of both."""
        second = {} if call.guidance_scale_2 is None else {"guidance_scale_2": call.guidance_scale_2}
        return super().guidance_arguments(call) | second


WAN: Final = Wan(
    title="Wan",
    pipelines={"text": "WanPipeline", "video": "WanVideoToVideoPipeline"},
    frame_rule=FrameRule(4, 1),
    default_frames=81,
    longest=81,
    fps=Fraction(16),
    size=(480, 832),
    size_multiple=16,
    guidance_scale=5.0,
    packages=("ftfy",),
    float32=("vae",),
    license="Apache-2.0",
    memory="8 GB (1.3B)",
)

WAN_IMAGE: Final = replace(
    WAN,
    title="Wan image to video",
    pipelines={"image": _IMAGE},
    takes_last=True,
    memory="40 GB (14B), less with offloading",
)
