"""CogVideoX (Yang et al. 2024): a transformer over patches of a video."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from framesmooth.models.video_families.base import FrameRule, ModelConfig, VideoFamily

_SECOND: Final = FrameRule(16, 1), Fraction(16)
"""What version 1.5 generates: pairs of latent frames are one token."""


@dataclass(frozen=True, kw_only=True)
class CogVideoX(VideoFamily):
    """CogVideoX 1.0 and 1.5.

    Its autoencoder gives frames back one by one only for an odd number of latent frames.
    """

    def adapted(self, model: ModelConfig) -> "CogVideoX":
        """Return the family with the length that the transformer was trained for."""
        config = model.component("transformer")
        frames = int(config.get("sample_frames") or self.default_frames)
        rule, fps = (self.frame_rule, self.fps) if config.get("patch_size_t") is None else _SECOND
        return replace(self, frame_rule=rule, default_frames=frames, longest=frames, fps=fps)

    def native_size(self, pipe: object) -> tuple[int, int]:
        """Return the size that the transformer's configuration says."""
        config, factor = pipe.transformer.config, pipe.vae_scale_factor_spatial  # type: ignore[attr-defined]
        return int(config.sample_height) * factor, int(config.sample_width) * factor


COGVIDEOX: Final = CogVideoX(
    title="CogVideoX",
    pipelines={"text": "CogVideoXPipeline", "video": "CogVideoXVideoToVideoPipeline"},
    frame_rule=FrameRule(8, 1),
    default_frames=49,
    longest=49,
    fps=Fraction(8),
    size_multiple=16,
    guidance_scale=6.0,
    license="2b: Apache-2.0, 5b: CogVideoX licence",
    memory="from 5 GB with offloading",
)

COGVIDEOX_IMAGE: Final = replace(
    COGVIDEOX,
    title="CogVideoX image to video",
    pipelines={"image": "CogVideoXImageToVideoPipeline"},
    license="CogVideoX licence",
)
