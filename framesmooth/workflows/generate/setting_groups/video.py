"""Settings of models that generate whole clips, such as AnimateDiff, Wan and LTX-Video."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from annotated_types import Interval

from framesmooth import limits
from framesmooth.setting import Setting, SettingGroup


@dataclass(frozen=True, kw_only=True)
class VideoModelSettings(SettingGroup):
    """What is for models that denoise all frames of a clip together."""

    heading: ClassVar = "Video models"

    motion_adapter: Annotated[
        Path | None,
        Setting(
            metavar="DIR",
            help="Motion adapter (AnimateDiff) for a Stable Diffusion 1 or XL model: its folder in "
            "diffusers' format.",
        ),
    ] = None
    context_length: Annotated[
        Annotated[int, Interval(ge=2, le=limits.MAX_FRAMES)] | None,
        Setting(
            unit="frames",
            unset="16",
            help="AnimateDiff: frames that are denoised in one window; longer clips have several, which "
            "overlap (FreeNoise).",
        ),
    ] = None
    free_init: Annotated[
        Annotated[int, Interval(ge=0, le=10)],
        Setting(
            metavar="N",
            help="AnimateDiff: refine the slow part of the noise N times (FreeInit): steadier, and N times "
            "slower; 0 is off.",
        ),
    ] = 0
    guidance_scale_2: Annotated[
        Annotated[float, Interval(ge=0, le=1000)] | None,
        Setting(
            unset="that of --guidance-scale",
            help="Wan 2.2 with two transformers: guidance of the second one, which denoises at low noise.",
        ),
    ] = None
    motion_bucket: Annotated[
        Annotated[int, Interval(ge=1, le=255)] | None,
        Setting(unset="127", help="Stable Video Diffusion: how much moves, 1 to 255."),
    ] = None
    temperature: Annotated[
        Annotated[float, Interval(ge=0, le=10)] | None,
        Setting(
            unset="0.9",
            help="VideoGPT: sampling temperature; 0 takes the likeliest code, above 1 unlikely codes become "
            "more frequent.",
        ),
    ] = None
    top_k: Annotated[
        Annotated[int, Interval(ge=1, le=65536)] | None,
        Setting(metavar="N", unset="all", help="VideoGPT: sample from the N likeliest codes."),
    ] = None
    top_p: Annotated[
        Annotated[float, Interval(gt=0, le=1)] | None,
        Setting(
            unset="0.95",
            help="VideoGPT: sample from the likeliest codes that have this share of the probability "
            "(nucleus sampling).",
        ),
    ] = None
    group_offload: Annotated[
        bool,
        Setting(help="Offload idle layers to CPU memory: needs less GPU memory than --cpu-offload, slower."),
    ] = False
    layerwise_casting: Annotated[
        bool,
        Setting(help="Keep the denoiser's weights in float8, and convert each layer while it works."),
    ] = False
    quantize_text_encoder: Annotated[
        Literal["int8", "int4"] | None,
        Setting(
            unset="the number format of the model",
            help="Load the text encoders in 8 or 4 bits; needs a GPU and the package bitsandbytes.",
        ),
    ] = None
