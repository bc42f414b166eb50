"""Settings of what moves in the picture."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from annotated_types import Interval

from framesmooth.setting import Setting, SettingGroup


@dataclass(frozen=True, kw_only=True)
class MotionSettings(SettingGroup):
    """Whether, and how fast, a subject moves as its prompt says."""

    heading: ClassVar = "Motion"

    motion: Annotated[
        Literal["auto", "off"],
        Setting(
            everyday=True,
            help="auto: a subject moves through its scene as the prompt says (sailing to the left, rising "
            "slowly); 'a still picture of' stays still. off: such words are only part of the prompt.",
        ),
    ] = "auto"
    motion_speed: Annotated[
        Annotated[float, Interval(gt=0, le=10)],
        Setting(help="Factor on the speed that the prompt asks for."),
    ] = 1.0
