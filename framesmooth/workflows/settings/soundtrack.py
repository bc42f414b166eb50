"""The settings of ``soundtrack``."""

from dataclasses import KW_ONLY, dataclass, field
from os import PathLike
from pathlib import Path
from typing import Annotated, ClassVar

from annotated_types import Interval

from framesmooth.setting import Setting, SettingGroup
from framesmooth.workflows.encoding_settings import Overwrite
from framesmooth.workflows.settings.shared import Told
from framesmooth.workflows.workflow import silent


@dataclass(frozen=True)
class SoundtrackSettings(SettingGroup):
    """What the sound of a clip is made of; the options of ``framesmooth soundtrack``."""

    heading: ClassVar = "Sound"

    source: Annotated[
        str | PathLike[str],
        Setting(
            has_option=False,
            written=object,
            help="A clip, with its run folder beside it if its prompts are to be followed, or a run folder.",
        ),
    ]
    output: Annotated[
        str | PathLike[str],
        Setting(has_option=False, written=object, help="A .wav, .flac, .mp3, .m4a, .ogg or .opus file."),
    ]
    _: KW_ONLY
    prompt: Annotated[
        str | None,
        Setting(
            everyday=True,
            metavar="TEXT",
            unset="those of the run",
            help="What it sounds like, for clips without a run folder or in place of its prompts: 'rain in a "
            "city', or '0: the sea | 48: a storm'.",
        ),
    ] = None
    model: Annotated[
        Path | None,
        Setting(
            everyday=True,
            metavar="DIR",
            unset="procedural ambience",
            help="Folder of a model that makes sound: MusicGen, Stable Audio or AudioLDM 2.",
        ),
    ] = None
    steps: Annotated[
        Annotated[int, Interval(ge=1, le=1000)] | None,
        Setting(unset="the model's own", help="Denoising steps of Stable Audio and AudioLDM 2."),
    ] = None
    music: Annotated[
        Path | None,
        Setting(everyday=True, metavar="FILE", help="Music to mix in, from the start on."),
    ] = None
    say: Annotated[
        str | None,
        Setting(everyday=True, metavar="TEXT", help="Narration, spoken from the start on."),
    ] = None
    voice: Annotated[
        str | None,
        Setting(
            metavar="NAME|DIR",
            unset="en",
            names_file=True,
            help="Voice of the narration: one of espeak-ng, or a folder of a VITS model.",
        ),
    ] = None
    no_ambience: Annotated[bool, Setting(help="Only --music and --say, no sound for the prompts.")] = False
    duck: Annotated[
        Annotated[float, Interval(ge=0, le=40)],
        Setting(unit="dB", help="How much music and ambience give way to the voice."),
    ] = 12.0
    loudness: Annotated[
        Annotated[float, Interval(ge=-60, le=-5)],
        Setting(unit="LUFS", help="Loudness of the whole, by EBU R 128."),
    ] = -16.0
    seed: Annotated[
        Annotated[int, Interval(ge=0, le=2**32 - 1)],
        Setting(help="Seed of the sound's noise."),
    ] = 0
    overwrite: Overwrite = False
    on_event: Told = field(default=silent, repr=False, compare=False)
