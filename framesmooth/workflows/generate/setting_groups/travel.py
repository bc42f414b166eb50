"""Settings of the way from prompt to prompt: length, keyframes and seeds."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from annotated_types import Interval

from framesmooth import defaults, limits
from framesmooth.setting import Setting, SettingGroup
from framesmooth.timeline.duration import parse_duration
from framesmooth.timeline.seeds import MAX_SEED, SeedBehavior
from framesmooth.timeline.timeline import EASINGS

Seed = Annotated[int, Interval(ge=-1, le=MAX_SEED - 1)]


@dataclass(frozen=True, kw_only=True)
class TimelineSettings(SettingGroup):
    """The length of the clip, and how it travels from one prompt to the next."""

    heading: ClassVar = "Prompt travel"

    num_frames: Annotated[
        Annotated[int, Interval(ge=1, le=limits.MAX_FRAMES)] | None,
        Setting(
            everyday=True,
            unit="frames",
            unset="48 from one prompt to the next; what a video model was made for",
            help="Length of the clip.",
        ),
    ] = None
    duration: Annotated[
        Annotated[Fraction, Interval(gt=0)] | None,
        Setting(
            everyday=True,
            unit="seconds",
            metavar="TIME",
            parse=parse_duration,
            help="Length of the clip in time, in place of --num-frames: 10s, 2500ms, 1:30.",
        ),
    ] = None
    fps: Annotated[
        Annotated[Fraction, Interval(gt=0, le=limits.MAX_FPS)] | None,
        Setting(
            everyday=True,
            unit="frames per second",
            unset=f"{defaults.FPS}; what a video model was made for",
            metavar="RATE",
            help="Frame rate: 24, 23.976, 24000/1001.",
        ),
    ] = None
    hold: Annotated[
        Annotated[float, Interval(ge=0, lt=1)],
        Setting(help="Share of the time between two prompts that the first one is held before it changes."),
    ] = 0.0
    easing: Annotated[
        str,
        Setting(choices=lambda: list(EASINGS), help="Speed curve of the travel between two prompts."),
    ] = "linear"
    loop: Annotated[
        bool,
        Setting(
            help="Make a seamless loop: the last prompt travels back to the first, and a camera returns to "
            "the view of the first frame."
        ),
    ] = False
    cadence: Annotated[
        Annotated[int, Interval(ge=1, le=limits.MAX_FRAMES)] | Literal["auto"] | None,
        Setting(
            metavar="N|auto",
            unset="auto; about 12 keyframes per prompt where each starts from the one before",
            help="Diffuse every N-th frame only, and interpolate the others; 1 diffuses all. auto adds "
            "keyframes where the image changes fast.",
        ),
    ] = None
    pacing: Annotated[
        Literal["linear", "even"] | None,
        Setting(
            unset="even; linear with --easing, --hold, --cadence 1, a control, a camera, images or a video",
            help="linear: constant speed in prompt space. even: constant change of the image; prompts stay "
            "at their frames.",
        ),
    ] = None
    structure_guidance: Annotated[
        Annotated[float, Interval(ge=0, le=1)] | Literal["auto"],
        Setting(
            metavar="SHARE|auto",
            help="Share of the steps in which every prompt takes edges and outlines from the first one, so "
            "that its subject stays in place; light and colours are its own. 0 is off. auto: 0.5 while "
            "prompts name the same subject, 0.2 for another one; off with --control, a camera, images or a "
            "video.",
        ),
    ] = "auto"
    inbetween: Annotated[
        str,
        Setting(
            choices=lambda: defaults.INBETWEENS,
            help="How frames between keyframes are made: latent denoises interpolated latents, flow warps "
            "along the motion, crossfade blends.",
        ),
    ] = defaults.INBETWEEN

    @property
    def rate(self) -> Fraction:
        """Frames per second, the default where none is given."""
        return defaults.FPS if self.fps is None else self.fps


@dataclass(frozen=True, kw_only=True)
class SeedSettings(SettingGroup):
    """The seeds of the noise that keyframes are denoised from."""

    heading: ClassVar = "Seeds"

    seed: Annotated[
        Seed,
        Setting(
            everyday=True,
            help="Seed of the noise, shared by all prompts so that the layout stays while the prompt "
            "changes; -1 is random.",
        ),
    ] = 0
    variation: Annotated[
        Annotated[int, Interval(ge=1, le=limits.MAX_VARIATIONS)] | None,
        Setting(
            everyday=True,
            metavar="NUMBER",
            help="Make this one of the variations on the sheet of --variations; 1 is --seed itself.",
        ),
    ] = None
    seeds: Annotated[
        tuple[Seed, ...] | None,
        Setting(
            separator=",",
            metavar="A,B,C",
            help="One seed per prompt: the noise changes from prompt to prompt.",
        ),
    ] = None
    seed_behavior: Annotated[
        SeedBehavior,
        Setting(
            help="The seed of the next prompt: the same, one more, random, up two and down one in turn, or "
            "from --seed-schedule; a single prompt changes its seed every 48 frames."
        ),
    ] = "fixed"
    seed_schedule: Annotated[
        str | None,
        Setting(metavar="SCHEDULE", help="Seed by frame, for --seed-behavior schedule."),
    ] = None
    drift: Annotated[
        Annotated[float, Interval(ge=0, le=1)] | None,
        Setting(
            unset="1; 0.5 where structure is not shared",
            help="With one prompt and one seed: how far the noise travels towards that of the next seed.",
        ),
    ] = None
