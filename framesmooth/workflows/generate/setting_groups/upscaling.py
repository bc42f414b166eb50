"""Settings of the stages after diffusion: interpolation and upscaling."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Interval

from framesmooth.setting import Setting, SettingGroup


@dataclass(frozen=True, kw_only=True)
class UpscalingSettings(SettingGroup):
    """How many frames are interpolated between those of the model, and how much they are enlarged."""

    heading: ClassVar = "More and larger frames"

    cascade: Annotated[
        bool,
        Setting(
            everyday=True,
            help="Generate a small clip with half the frames, then interpolate (--interpolate 2), then "
            "enlarge (--upscale 2 or 4) to -W and -H; every stage is cached and resumed.",
        ),
    ] = False
    interpolate: Annotated[
        Annotated[int, Interval(ge=1, le=8)],
        Setting(
            metavar="N",
            unset="1; 2 with --cascade",
            help="Generate only every Nth frame; the others are interpolated along the motion, after "
            "smoothing.",
        ),
    ] = 1
    upscale: Annotated[
        Annotated[float, Interval(ge=1, le=8)],
        Setting(
            everyday=True,
            unset="1; with --cascade what -W and -H need",
            help="Enlarge the smoothed frames so many times, 2 or 4; the run folder keeps the small ones.",
        ),
    ] = 1.0
    upscaler: Annotated[
        str,
        Setting(
            metavar="NAME",
            names_file=True,
            help="Upscaler: storybook-x2, lanczos, acnet, the path of a Swin2SR folder or of a "
            "diffusers upscaling pipeline, or an ESRGAN .safetensors file.",
        ),
    ] = "storybook-x2"
