"""The settings of ``train``."""

from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from annotated_types import Interval

from framesmooth import defaults, limits
from framesmooth.setting import Setting, SettingGroup
from framesmooth.timeline.seeds import MAX_SEED
from framesmooth.workflows.encoding_settings import Overwrite
from framesmooth.workflows.settings.shared import Device, Told
from framesmooth.workflows.workflow import silent

DATA = "Data"
MOTION = "Motion"
PICTURES = "Pictures on the way"

ClipFrames = Annotated[
    Annotated[int, Interval(ge=1, le=256)],
    Setting(heading=DATA, help="Frames that are taken from each clip, evenly spread."),
]
Frames = Annotated[
    Annotated[int, Interval(ge=2, le=32)],
    Setting(heading=MOTION, help="motion: frames that are learned together; clips are longer or as long."),
]
Fps = Annotated[
    Annotated[float, Interval(gt=0, le=1000)],
    Setting(heading=MOTION, help="motion: frames a second that are taken from clips."),
]


Output = Annotated[
    Path,
    Setting(
        options=("-o", "--output"),
        everyday=True,
        metavar="FILE",
        help="lora: a .safetensors file. motion: a folder. What belongs to the training is in a folder "
        "beside it.",
    ),
]


@dataclass(frozen=True)
class DataSettings(SettingGroup):
    """What is learned from, and for which model."""

    heading: ClassVar = DATA

    data: Annotated[Path, Setting(has_option=False, help="A folder of pictures or clips.")]
    _: KW_ONLY
    model: Annotated[str, Setting(everyday=True, metavar="NAME", help="The base model, as in generate.")] = (
        defaults.MODEL
    )
    config: Annotated[
        Path | None,
        Setting(
            metavar="DIR", help="For a base in one file: a folder with the configuration of its pipeline."
        ),
    ] = None
    trigger_word: Annotated[
        str,
        Setting(
            everyday=True,
            metavar="WORD",
            help="Begin every caption with it that does not hold it; what has no caption gets it alone.",
        ),
    ] = ""
    resolution: Annotated[
        Annotated[int, Interval(ge=16, le=limits.MAX_SIDE)] | None,
        Setting(
            unit="pixels",
            unset="the model's own",
            help="Pictures are trained with as many pixels as a square of this side, in several shapes.",
        ),
    ] = None
    on_event: Told = field(default=silent, repr=False, compare=False)


@dataclass(frozen=True)
class CheckDataSettings(DataSettings):
    """What a data set is checked for."""

    heading: ClassVar = DATA

    purpose: Annotated[
        Literal["lora", "motion"],
        Setting(
            options=("--for",),
            help="check: motion needs clips, long enough and without cuts inside; pictures won't do.",
        ),
    ] = "lora"
    clip_frames: ClipFrames = 4
    frames: Frames = 16
    fps: Fps = 8.0


@dataclass(frozen=True)
class TrainSettings(DataSettings):
    """How anything is trained."""

    heading: ClassVar = "Training"

    output: Output
    minutes: Annotated[
        Annotated[float, Interval(gt=0, le=100_000)] | None,
        Setting(everyday=True, unset="no limit", help="Training ends after so much time."),
    ] = None
    steps: Annotated[
        Annotated[int, Interval(ge=1, le=10_000_000)] | None,
        Setting(
            everyday=True,
            unset="1000, unless there are --minutes",
            help="Training ends after so many steps; then it ends in the same weights however often it was "
            "killed.",
        ),
    ] = None
    seed: Annotated[
        Annotated[int, Interval(ge=0, le=MAX_SEED - 1)], Setting(everyday=True, help="Seed of all chance.")
    ] = 0
    batch: Annotated[
        Annotated[int, Interval(ge=1, le=4096)] | None,
        Setting(unset="4; 1 for motion", help="Pictures, or clips, a step."),
    ] = None
    rate: Annotated[
        Annotated[float, Interval(gt=0, le=1)] | None,
        Setting(unset="0.0001; 0.001 for a small model", help="Learning rate."),
    ] = None
    caption_dropout: Annotated[
        Annotated[float, Interval(ge=0, le=1)],
        Setting(help="Share of captions that are left out, for the prediction without a prompt."),
    ] = 0.1
    flip: Annotated[
        bool, Setting(help="Learn from mirrored pictures as well: not for writing, nor for left and right.")
    ] = False
    gradient_checkpointing: Annotated[
        bool | None,
        Setting(
            unset="for a large model",
            help="Compute layers twice to keep less of them in memory; a third slower.",
        ),
    ] = None
    held_out: Annotated[
        Annotated[float, Interval(ge=0, le=0.9)],
        Setting(help="Share of the files that is judged and not learned from; none of fewer than 8 files."),
    ] = 0.1
    checks: Annotated[
        Annotated[int, Interval(ge=1, le=1000)],
        Setting(help="How often the held-out part is judged, evenly spread; the best weights are kept."),
    ] = 10
    patience: Annotated[
        Annotated[int, Interval(ge=0, le=1000)],
        Setting(help="End early after so many checks without a better one; 0 never does."),
    ] = 5
    device: Device = "auto"
    overwrite: Overwrite = False


@dataclass(frozen=True)
class TrainLoraSettings(TrainSettings):
    """How a LoRA is trained."""

    heading: ClassVar = "LoRA"

    output: Output = Path("lora.safetensors")
    clip_frames: ClipFrames = 4
    rank: Annotated[
        Annotated[int, Interval(ge=1, le=1024)],
        Setting(everyday=True, help="Rank of the layers: more hold more, and make the file larger."),
    ] = 16
    layers: Annotated[
        Literal["attention", "all"] | None,
        Setting(
            unset="attention; all for a small model",
            help="Layers that learn: those of attention, or convolutions and feed-forward layers too.",
        ),
    ] = None
    learn: Annotated[
        Literal["style", "all"] | None,
        Setting(
            unset="all; style for a small model",
            help="style leaves the noisiest 40 % of the denoising to the base, which decides layout, palette "
            "and what is shown; all learns that too, as a subject needs it.",
        ),
    ] = None
    parts: Annotated[
        Annotated[int, Interval(ge=0, le=1000)],
        Setting(
            help="Learn from so many parts of each picture besides, at its own scale, from anywhere in it: "
            "a style is in every part, and few pictures are learned by heart later."
        ),
    ] = 16
    prior_pictures: Annotated[
        Annotated[int, Interval(ge=0, le=10_000)],
        Setting(
            help="Let the base draw so many pictures of the captions without the trigger word, once, and "
            "hold the LoRA to what the base says of them: prompts without the word stay as they were.",
        ),
    ] = 0
    prior_weight: Annotated[
        Annotated[float, Interval(gt=0, le=1000)],
        Setting(help="Weight of --prior-pictures against what is learned."),
    ] = 1.0
    prompts: Annotated[
        tuple[str, ...],
        Setting(
            options=("--prompt",),
            heading=PICTURES,
            metavar="TEXT",
            unset="up to four captions",
            help="Draw it at every check; repeatable.",
        ),
    ] = ()
    pictures: Annotated[
        bool,
        Setting(heading=PICTURES, help="Draw pictures at every check, and before the first step."),
    ] = True


@dataclass(frozen=True)
class TrainMotionSettings(TrainSettings):
    """How a motion adapter is trained."""

    heading: ClassVar = MOTION

    output: Output = Path("motion")
    frames: Frames = 16
    fps: Fps = 8.0
    motion_adapter: Annotated[
        Path | None,
        Setting(
            metavar="DIR",
            unset="a new one, which changes nothing at first",
            help="motion: go on from this motion adapter (AnimateDiff), a folder in diffusers' format.",
        ),
    ] = None
