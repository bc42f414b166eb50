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
SAMPLES = "Samples"

ClipFrames = Annotated[
    Annotated[int, Interval(ge=1, le=256)],
    Setting(heading=DATA, help="Frames taken from each clip, evenly spaced."),
]
Frames = Annotated[
    Annotated[int, Interval(ge=2, le=32)],
    Setting(heading=MOTION, help="motion: frames of a training sample; clips must have at least as many."),
]
Fps = Annotated[
    Annotated[float, Interval(gt=0, le=1000)],
    Setting(heading=MOTION, help="motion: frame rate at which clips are sampled."),
]


Output = Annotated[
    Path,
    Setting(
        options=("-o", "--output"),
        everyday=True,
        metavar="FILE",
        help="lora: a .safetensors file. motion: a folder. Checkpoints, samples and the log go to a folder "
        "beside it.",
    ),
]


@dataclass(frozen=True)
class DataSettings(SettingGroup):
    """The data set, and the model that it is for."""

    heading: ClassVar = DATA

    data: Annotated[Path, Setting(has_option=False, help="A folder of pictures or clips.")]
    _: KW_ONLY
    model: Annotated[str, Setting(everyday=True, metavar="NAME", help="The base model, as in generate.")] = (
        defaults.MODEL
    )
    config: Annotated[
        Path | None,
        Setting(
            metavar="DIR",
            help="For a base model in one file: a folder with the configuration of its pipeline.",
        ),
    ] = None
    trigger_word: Annotated[
        str,
        Setting(
            everyday=True,
            metavar="WORD",
            help="Put before every caption that doesn't contain it; the whole caption of files without one.",
        ),
    ] = ""
    resolution: Annotated[
        Annotated[int, Interval(ge=16, le=limits.MAX_SIDE)] | None,
        Setting(
            unit="pixels",
            unset="the model's own",
            help="Images are trained at the area of a square of this side, in several aspect ratios.",
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
            help="check: what to train. motion needs clips that are long enough and have no cuts.",
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
        Setting(everyday=True, unset="no limit", help="Stop after this time."),
    ] = None
    steps: Annotated[
        Annotated[int, Interval(ge=1, le=10_000_000)] | None,
        Setting(
            everyday=True,
            unset="1000, unless there are --minutes",
            help="Stop after this many steps; the weights are then the same, however often training was "
            "interrupted.",
        ),
    ] = None
    seed: Annotated[
        Annotated[int, Interval(ge=0, le=MAX_SEED - 1)], Setting(everyday=True, help="Random seed.")
    ] = 0
    batch: Annotated[
        Annotated[int, Interval(ge=1, le=4096)] | None,
        Setting(unset="4; 1 for motion", help="Batch size: images or clips per step."),
    ] = None
    rate: Annotated[
        Annotated[float, Interval(gt=0, le=1)] | None,
        Setting(unset="0.0001; 0.001 for a small model", help="Learning rate."),
    ] = None
    caption_dropout: Annotated[
        Annotated[float, Interval(ge=0, le=1)],
        Setting(help="Share of captions that are dropped, for classifier-free guidance."),
    ] = 0.1
    flip: Annotated[
        bool, Setting(help="Also train on mirrored images; not where text, left or right matter.")
    ] = False
    gradient_checkpointing: Annotated[
        bool | None,
        Setting(
            unset="for a large model",
            help="Compute activations twice in place of keeping them in memory; a third slower.",
        ),
    ] = None
    held_out: Annotated[
        Annotated[float, Interval(ge=0, le=0.9)],
        Setting(help="Share of the files held out for validation; 0 with fewer than 8 files."),
    ] = 0.1
    checks: Annotated[
        Annotated[int, Interval(ge=1, le=1000)],
        Setting(help="Number of validations, evenly spaced; the best weights are kept."),
    ] = 10
    patience: Annotated[
        Annotated[int, Interval(ge=0, le=1000)],
        Setting(help="Stop early after this many validations without improvement; 0 never does."),
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
        Setting(everyday=True, help="Rank of the LoRA: a higher rank learns more and makes a larger file."),
    ] = 16
    layers: Annotated[
        Literal["attention", "all"] | None,
        Setting(
            unset="attention; all for a small model",
            help="Layers that are adapted: attention only, or convolutions and feed-forward layers too.",
        ),
    ] = None
    learn: Annotated[
        Literal["style", "all"] | None,
        Setting(
            unset="all; style for a small model",
            help="style leaves the noisiest 40 % of the timesteps to the base model, which decide layout, "
            "palette and content; all trains on every timestep, as a subject needs.",
        ),
    ] = None
    parts: Annotated[
        Annotated[int, Interval(ge=0, le=1000)],
        Setting(
            help="Also train on this many random crops of each image, at its own scale: a style shows in "
            "every crop, and small data sets overfit later."
        ),
    ] = 16
    prior_pictures: Annotated[
        Annotated[int, Interval(ge=0, le=10_000)],
        Setting(
            help="Prior preservation: generate this many images of the captions without the trigger word "
            "with the base model, and train the LoRA to keep its predictions for them.",
        ),
    ] = 0
    prior_weight: Annotated[
        Annotated[float, Interval(gt=0, le=1000)],
        Setting(help="Weight of the loss on --prior-pictures."),
    ] = 1.0
    prompts: Annotated[
        tuple[str, ...],
        Setting(
            options=("--prompt",),
            heading=SAMPLES,
            metavar="TEXT",
            unset="up to four captions",
            help="Prompt of a sample image at every validation; repeatable.",
        ),
    ] = ()
    pictures: Annotated[
        bool,
        Setting(heading=SAMPLES, help="Generate samples at every validation, and before the first step."),
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
            unset="a new one, which starts as the identity",
            help="motion: continue from this motion adapter (AnimateDiff), a folder in diffusers' format.",
        ),
    ] = None
