"""Settings of the sound that a clip follows."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Interval

from framesmooth.setting import Setting, SettingGroup

Bpm = Annotated[
    Annotated[float, Interval(ge=20, le=480)] | None,
    Setting(
        unit="beats per minute",
        metavar="BPM",
        unset="detected",
        help="Tempo, in place of the detected one.",
    ),
]
BeatOffset = Annotated[
    Annotated[float, Interval(ge=0, le=36_000)] | None,
    Setting(
        unit="seconds",
        unset="detected",
        help="Time of the first beat, number 0; with --bpm the beats are an even grid.",
    ),
]
Release = Annotated[
    Annotated[float, Interval(ge=0, le=60)],
    Setting(
        unit="seconds",
        help="Decay time of beat, onset and the levels, so that what follows them doesn't jump.",
    ),
]


@dataclass(frozen=True, kw_only=True)
class SoundSettings(SettingGroup):
    """How the sound of ``--audio`` moves the pictures."""

    heading: ClassVar = "Following the sound"

    pace: Annotated[
        str | None,
        Setting(
            metavar="beats:N",
            unset="by frames",
            help="Put a prompt on every N-th beat of --audio: beats:4, bars:1. Schedules follow the sound by "
            "beat, onset, rms, low, mid, high, beat_phase, bar and bpm: --zoom '1+0.04*beat'.",
        ),
    ] = None
    bpm: Bpm = None
    beat_offset: BeatOffset = None
    release: Release = 0.25
