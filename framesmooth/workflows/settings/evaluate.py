"""The settings of ``evaluate``."""

from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

from annotated_types import Interval

from framesmooth import limits
from framesmooth.models.lora_spec import Lora, parse_lora
from framesmooth.setting import Setting, SettingGroup
from framesmooth.timeline.seeds import MAX_SEED
from framesmooth.workflows.encoding_settings import Overwrite
from framesmooth.workflows.settings.shared import REPORTS, Device, Told
from framesmooth.workflows.workflow import silent

JUDGING = "Judging"


@dataclass(frozen=True)
class EvaluateSettings(SettingGroup):
    """What is evaluated against what; the options of ``framesmooth evaluate``."""

    heading: ClassVar = JUDGING

    model: Annotated[str, Setting(has_option=False, help="The model, as in generate.")]
    data: Annotated[Path, Setting(has_option=False, help="A folder of pictures or clips with captions.")]
    _: KW_ONLY
    html_file: Annotated[
        Path | None,
        Setting(
            options=("--html",),
            everyday=True,
            metavar="FILE",
            place="file",
            heading=REPORTS,
            help="Write a page with the figures and images.",
        ),
    ] = None
    loras: Annotated[
        tuple[Lora, ...],
        Setting(
            options=("--lora",),
            metavar="FILE[:WEIGHT]",
            parse=parse_lora,
            everyday=True,
            help="Evaluate the model with this LoRA; repeatable.",
        ),
    ] = ()
    pictures: Annotated[
        Annotated[int, Interval(ge=4, le=100_000)],
        Setting(everyday=True, help="Captions to generate an image from, evenly spread over the data."),
    ] = 50
    clips: Annotated[
        Annotated[int, Interval(ge=0, le=1000)],
        Setting(everyday=True, help="Clips that are generated from captions, to measure their flicker."),
    ] = 0
    num_frames: Annotated[
        Annotated[int, Interval(ge=3, le=10_000)], Setting(help="Frames of each of those clips.")
    ] = 12
    references: Annotated[
        Annotated[int, Interval(ge=4, le=100_000)],
        Setting(help="Images of the data to compare with, evenly spread."),
    ] = 500
    trigger_word: Annotated[
        str, Setting(metavar="WORD", help="Put before every caption that doesn't contain it.")
    ] = ""
    clip_model: Annotated[
        Path | None,
        Setting(
            metavar="DIR",
            unset="a classifier is trained on the data's captions",
            help="Judge by the CLIP model in this folder, in the format of transformers.",
        ),
    ] = None
    reader_steps: Annotated[
        Annotated[int, Interval(ge=1, le=1_000_000)],
        Setting(
            help="Training steps of the classifier that judges without --clip-model; it needs 100 images."
        ),
    ] = 300
    seed: Annotated[
        Annotated[int, Interval(ge=0, le=MAX_SEED - 1)],
        Setting(everyday=True, help="Seed of the first image."),
    ] = 0
    steps: Annotated[
        Annotated[int, Interval(ge=1, le=limits.MAX_STEPS)] | None,
        Setting(
            options=("--num-inference-steps", "--steps"), unset="the model's own", help="Denoising steps."
        ),
    ] = None
    guidance_scale: Annotated[
        Annotated[float, Interval(ge=0, le=100)] | None,
        Setting(unset="the model's own", help="How strictly prompts are followed."),
    ] = None
    resolution: Annotated[
        Annotated[int, Interval(ge=16, le=limits.MAX_SIDE)] | None,
        Setting(unit="pixels", unset="the model's own", help="Side of the square images that are generated."),
    ] = None
    device: Device = "auto"
    overwrite: Overwrite = False
    on_event: Told = field(default=silent, repr=False, compare=False)
