"""Settings of how a frame is denoised, and of how flicker is removed."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from annotated_types import Interval

from framesmooth import defaults, limits
from framesmooth.models.aspect import parse_aspect
from framesmooth.models.scheduler_spec import PRESETS, SCHEDULERS
from framesmooth.registry import names
from framesmooth.setting import Setting, SettingGroup

BadFrames = Literal["reroll", "hold", "interpolate", "fail"]
Side = Annotated[int, Interval(ge=8, le=limits.MAX_SIDE)]


@dataclass(frozen=True, kw_only=True)
class SamplingSettings(SettingGroup):
    """How a frame is denoised."""

    heading: ClassVar = "Denoising"

    width: Annotated[
        Side | None,
        Setting(
            everyday=True, options=("-W", "--width"), unit="pixels", unset="the model's own", help="Width."
        ),
    ] = None
    height: Annotated[
        Side | None,
        Setting(
            everyday=True, options=("-H", "--height"), unit="pixels", unset="the model's own", help="Height."
        ),
    ] = None
    aspect: Annotated[
        Fraction | None,
        Setting(
            everyday=True,
            metavar="W:H",
            parse=parse_aspect,
            help="Shape in place of -W and -H: 9:16, 16:9, 1:1, in a size of the model's own area.",
        ),
    ] = None
    layout_size: Annotated[
        Literal["auto", "full"],
        Setting(
            help="auto: where -W and -H are far from what the model was trained for, the layout is made in a "
            "size that it knows, enlarged, and refined (hires fix), so that no subject is doubled. full: at "
            "once in the size asked for."
        ),
    ] = "auto"
    steps: Annotated[
        Annotated[int, Interval(ge=1, le=limits.MAX_STEPS)] | None,
        Setting(
            everyday=True,
            options=("--num-inference-steps", "--steps"),
            unset="the model's own, or 10",
            help="Denoising steps per diffused frame.",
        ),
    ] = None
    negative_prompt: Annotated[
        str | None,
        Setting(
            everyday=True,
            metavar="TEXT",
            unset="the model's own",
            help="What to keep out of every image; --neg inside a prompt adds to it.",
        ),
    ] = None
    guidance_scale: Annotated[
        Annotated[float, Interval(ge=0, le=1000)] | None,
        Setting(
            options=("--guidance-scale", "--cfg-scale"),
            unset="the model's own, or 7.5",
            help="Classifier-free guidance: how strictly images follow the prompt.",
        ),
    ] = None
    guidance_end: Annotated[
        Annotated[float, Interval(gt=0, le=1)] | None,
        Setting(
            unset="the model's own, or 1",
            help="Share of the steps with guidance; steps without it take half the time.",
        ),
    ] = None
    true_cfg_scale: Annotated[
        Annotated[float, Interval(ge=0, le=1000)],
        Setting(
            help="Guidance against the negative prompt for models that take their guidance as an input, such "
            "as Flux; 1 is off and takes half the time."
        ),
    ] = 1.0
    scheduler: Annotated[
        str | None,
        Setting(
            metavar="NAME",
            unset="the model's own",
            help=f"One of {', '.join(SCHEDULERS)}, or the name of a diffusers class.",
        ),
    ] = None
    preset: Annotated[
        str | None,
        Setting(
            choices=lambda: list(PRESETS),
            help="Steps, guidance and scheduler for models and LoRAs distilled to four steps; options given "
            "beside it take precedence.",
        ),
    ] = None
    cross_frame_attention: Annotated[
        bool,
        Setting(
            help="Every diffused frame attends to the first one, which keeps objects alike; for models with "
            "a UNet."
        ),
    ] = False
    bad_frames: Annotated[
        BadFrames,
        Setting(
            help="What to do with frames that are NaN, black, flagged as unsafe, or unlike their neighbours: "
            "diffuse them again with another seed, repeat the frame before, interpolate, or stop with an "
            "error."
        ),
    ] = "reroll"


@dataclass(frozen=True, kw_only=True)
class SmoothingSettings(SettingGroup):
    """How flicker is removed from the frames."""

    heading: ClassVar = "Smoothing"

    smooth_strength: Annotated[
        Annotated[float, Interval(ge=0, le=1)] | Literal["auto"],
        Setting(
            formerly=("--smooth",),
            everyday=True,
            metavar="STRENGTH",
            help="How much flicker is removed, 0 to 1: 0 is off, auto finds it as 'framesmooth tune' does.",
        ),
    ] = defaults.STRENGTH
    smoother: Annotated[
        str,
        Setting(choices=lambda: names("smoother"), help="Method that removes flicker."),
    ] = defaults.SMOOTHER
