"""The settings of ``explain``."""

from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

from annotated_types import Interval

from framesmooth import defaults, limits
from framesmooth.setting import Setting, SettingGroup
from framesmooth.timeline.seeds import MAX_SEED
from framesmooth.workflows.encoding_settings import Overwrite
from framesmooth.workflows.settings.shared import Device, Told
from framesmooth.workflows.workflow import silent


@dataclass(frozen=True)
class ExplainSettings(SettingGroup):
    """What is explained, and what is written of it; the options of ``framesmooth explain``."""

    heading: ClassVar = "Explaining"

    what: Annotated[str, Setting(has_option=False, help="A prompt, or the run folder of a clip.")]
    _: KW_ONLY
    output: Annotated[
        Path | None,
        Setting(
            options=("-o", "--output"),
            everyday=True,
            metavar="FILE",
            place="file",
            help="A .png: one sheet, a row for each word and a column for each frame. Of a run also a video, "
            ".gif or .webp: the clip, and beside it the maps of its strongest words.",
        ),
    ] = None
    html_file: Annotated[
        Path | None,
        Setting(
            options=("--html",),
            everyday=True,
            metavar="FILE",
            place="file",
            help="Write a page with a button for each word.",
        ),
    ] = None
    frames: Annotated[
        Annotated[int, Interval(ge=1, le=24)],
        Setting(everyday=True, help="Frames of a run that are looked at, evenly spread."),
    ] = 4
    model: Annotated[
        str, Setting(everyday=True, metavar="NAME", help="For a prompt: the model, as in generate.")
    ] = defaults.MODEL
    seed: Annotated[
        Annotated[int, Interval(ge=0, le=MAX_SEED - 1)],
        Setting(everyday=True, help="For a prompt: seed of the picture."),
    ] = 0
    width: Annotated[
        Annotated[int, Interval(ge=8, le=limits.MAX_SIDE)] | None,
        Setting(options=("-W", "--width"), unset="the model's own", help="For a prompt: width in pixels."),
    ] = None
    height: Annotated[
        Annotated[int, Interval(ge=8, le=limits.MAX_SIDE)] | None,
        Setting(options=("-H", "--height"), unset="the model's own", help="For a prompt: height in pixels."),
    ] = None
    steps: Annotated[
        Annotated[int, Interval(ge=1, le=limits.MAX_STEPS)] | None,
        Setting(
            options=("--num-inference-steps", "--steps"), unset="the model's own", help="Denoising steps."
        ),
    ] = None
    device: Device = "auto"
    overwrite: Overwrite = False
    on_event: Told = field(default=silent, repr=False, compare=False)
