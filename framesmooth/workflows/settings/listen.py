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
    """How a sound is analysed, and what is shown; the options of ``framesmooth listen``."""

    heading: ClassVar = "Analysis"

    fps: Annotated[
        Annotated[Fraction, Interval(gt=0, le=limits.MAX_FPS)] | None,
        Setting(
            everyday=True,
            metavar="RATE",
            unset="no table",
            help="Also print the variables of schedules, at this frame rate.",
        ),
    ] = None
    plot: Annotated[
        Path | None,
        Setting(
            everyday=True,
            metavar="FILE",
            place="file",
            help="Plot levels, beats and onsets over time (.png).",
        ),
    ] = None
    bpm: Bpm = None
    beat_offset: BeatOffset = None
    release: Release = 0.25
    overwrite: Annotated[bool, Setting(everyday=True, help="Replace the plot and JSON if they exist.")] = (
        False
    )
