"""Mochi 1 (Genmo 2024)."""

from fractions import Fraction
from typing import Final

from framesmooth.models.video_families.base import FrameRule, VideoFamily

MOCHI: Final = VideoFamily(
    title="Mochi",
    pipelines={"text": "MochiPipeline"},
    frame_rule=FrameRule(6, 1),
    default_frames=85,
    longest=163,
    fps=Fraction(30),
    size=(480, 848),
    size_multiple=16,
    steps=64,
    guidance_scale=4.5,
    license="Apache-2.0",
    memory="22 GB with --cpu-offload",
)
