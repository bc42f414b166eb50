"""Settings of what follows the frames that a model draws: frames between them, and larger ones."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Interval

from framesmooth.setting import Setting, SettingGroup


@dataclass(frozen=True, kw_only=True)
class UpscalingSettings(SettingGroup):
    """How many more frames the clip has than the model draws, and how much larger they are."""

    heading: ClassVar = "More and larger frames"

    cascade: Annotated[
        bool,
        Setting(
            everyday=True,
            help="Draw a small clip of half the frames, then put frames between (--interpolate 2), then "
            "enlarge them (--upscale 2 or 4) up to -W and -H; each stage is kept and resumed.",
        ),
    ] = False
    interpolate: Annotated[
        Annotated[int, Interval(ge=1, le=8)],
        Setting(
            metavar="N",
            unset="1; 2 with --cascade",
            help="Draw only every Nth frame; after smoothing, the others come between along the motion.",
        ),
    ] = 1
    upscale: Annotated[
        Annotated[float, Interval(ge=1, le=8)],
        Setting(
            everyday=True,
            unset="1; with --cascade what the size takes",
            help="Enlarge the smoothed frames so many times, 2 or 4; the run folder keeps the small ones.",
        ),
    ] = 1.0
    upscaler: Annotated[
        str,
        Setting(
            metavar="NAME",
            names_file=True,
            help="What enlarges them: storybook-x2, lanczos, acnet, the path of a Swin2SR folder or of a "
            "diffusers upscaling pipeline, or an ESRGAN .safetensors file.",
        ),
    ] = "storybook-x2"
