"""Settings of how the finished frames are enlarged."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Interval

from framesmooth.setting import Setting, SettingGroup


@dataclass(frozen=True, kw_only=True)
class UpscalingSettings(SettingGroup):
    """How much larger the clip is than the frames that the model draws."""

    heading: ClassVar = "Upscaling"

    upscale: Annotated[
        Annotated[float, Interval(ge=1, le=8)],
        Setting(
            everyday=True,
            help="Enlarge the smoothed frames so many times, 2 or 4; the run folder keeps the small ones.",
        ),
    ] = 1.0
    upscaler: Annotated[
        str,
        Setting(
            metavar="NAME", help="What enlarges them: storybook-x2, lanczos, acnet, or a Swin2SR folder."
        ),
    ] = "storybook-x2"
