"""The settings of ``listen``."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated, ClassVar

from annotated_types import Interval

from framesmooth import limits
from framesmooth.setting import Setting, SettingGroup
from framesmooth.workflows.generate.setting_groups.sound import BeatOffset, Bpm, Release


@dataclass(frozen=True, kw_only=True)
class ListenSettings(SettingGroup):
    """What is heard, and what is shown of it; the options of ``framesmooth listen``."""

    heading: ClassVar = "Hearing"

    fps: Annotated[
        Annotated[Fraction, Interval(gt=0, le=limits.MAX_FPS)] | None,
        Setting(
            everyday=True,
            metavar="RATE",
            unset="no table",
            help="Print the variables of schedules, too, at this many frames a second.",
        ),
    ] = None
    plot: Annotated[
        Path | None,
        Setting(
            everyday=True,
            metavar="FILE",
            place="file",
            help="Draw levels, beats and onsets over time as a picture (.png).",
        ),
    ] = None
    bpm: Bpm = None
    beat_offset: BeatOffset = None
    release: Release = 0.25
    overwrite: Annotated[bool, Setting(everyday=True, help="Replace the plot and JSON if they exist.")] = (
        False
    )
