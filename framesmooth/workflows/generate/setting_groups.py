"""The settings of ``generate`` by group: type, range, default, unit and help of each, in one place.

Cheap to import: the command line builds its options and its help from these.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from annotated_types import Interval

from framesmooth import defaults, limits
from framesmooth.models.controlnet_spec import Control, ControlKind
from framesmooth.models.ip_adapter_spec import ImagePrompt, IPAdapter, parse_ip_adapter
from framesmooth.models.lora_spec import Lora, TextualInversion, parse_lora, parse_textual_inversion
from framesmooth.models.scheduler_spec import PRESETS, SCHEDULERS
from framesmooth.motion.camera.moves import Moves
from framesmooth.registry import names
from framesmooth.setting import Setting, SettingGroup
from framesmooth.timeline.seeds import MAX_SEED, SeedBehavior
from framesmooth.timeline.timeline import EASINGS

Share = Annotated[float, Interval(ge=0, le=1)]
Side = Annotated[int, Interval(ge=8, le=limits.MAX_SIDE)]
Seed = Annotated[int, Interval(ge=-1, le=MAX_SEED - 1)]
BadFrames = Literal["reroll", "hold", "interpolate", "fail"]


@dataclass(frozen=True, kw_only=True)
class ModelSettings(SettingGroup):
    """The diffusion model, and the adapters that are loaded into it."""

    heading: ClassVar = "Model and adapters"

    name: Annotated[
        str,
        Setting(
            key="model",
            options=("--model",),
            metavar="NAME",
            names_file=True,
            everyday=True,
            help="Diffusion model: storybook (built in), a folder in diffusers' format, a checkpoint in one "
            ".safetensors file (with --config), or a Hugging Face hub id such as owner/name.",
        ),
    ] = defaults.MODEL
    config: Annotated[
        Path | None,
        Setting(
            metavar="DIR",
            help="For a checkpoint in one file: the folder of its pipeline in diffusers' format; no weights "
            "are needed in it.",
        ),
    ] = None
    allow_download: Annotated[
        bool,
        Setting(help="Download hub ids that are not in the local cache; nothing is downloaded without this."),
    ] = False
    loras: Annotated[
        tuple[Lora, ...],
        Setting(
            options=("--lora",),
            metavar="FILE[:WEIGHT]",
            parse=parse_lora,
            help="Load a LoRA from a .safetensors file, with a weight such as 0.8 (default 1); repeatable.",
        ),
    ] = ()
    textual_inversions: Annotated[
        tuple[TextualInversion, ...],
        Setting(
            options=("--textual-inversion",),
            metavar="FILE[:TOKEN]",
            parse=parse_textual_inversion,
            help="Load a textual inversion from a .safetensors file; prompts use it by TOKEN, or by the name "
            "in the file; repeatable.",
        ),
    ] = ()


@dataclass(frozen=True, kw_only=True)
class TimelineSettings(SettingGroup):
    """The length of the clip, and how it travels from one prompt to the next."""

    heading: ClassVar = "Prompt travel"

    num_frames: Annotated[
        Annotated[int, Interval(ge=1, le=limits.MAX_FRAMES)] | None,
        Setting(
            everyday=True, unit="frames", unset="48 from one prompt to the next", help="Length of the clip."
        ),
    ] = None
    fps: Annotated[
        Annotated[Fraction, Interval(gt=0, le=limits.MAX_FPS)],
        Setting(
            everyday=True, unit="frames per second", metavar="RATE", help="Frame rate: 24, 23.976, 24000/1001."
        ),
    ] = defaults.FPS
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
            help="linear: constant speed in prompt space. even: constant change of the image; prompts stay at "
            "their frames.",
        ),
    ] = None
    inbetween: Annotated[
        str,
        Setting(
            choices=lambda: defaults.INBETWEENS,
            help="How frames between keyframes are made: latent denoises interpolated latents, flow warps "
            "along the motion, crossfade blends.",
        ),
    ] = defaults.INBETWEEN


@dataclass(frozen=True, kw_only=True)
class SeedSettings(SettingGroup):
    """The seeds of the noise that keyframes are denoised from."""

    heading: ClassVar = "Seeds"

    seed: Annotated[
        Seed,
        Setting(
            everyday=True,
            help="Seed of the noise, shared by all prompts so that the layout stays while the prompt changes; "
            "-1 is random.",
        ),
    ] = 0
    seeds: Annotated[
        tuple[Seed, ...] | None,
        Setting(
            separator=",", metavar="A,B,C", help="One seed per prompt: the noise changes from prompt to prompt."
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
        Share,
        Setting(help="With one prompt and one seed: how far the noise travels towards that of the next seed."),
    ] = 0.5


@dataclass(frozen=True, kw_only=True)
class SamplingSettings(SettingGroup):
    """How a frame is denoised."""

    heading: ClassVar = "Denoising"

    width: Annotated[
        Side | None,
        Setting(everyday=True, options=("-W", "--width"), unit="pixels", unset="the model's own", help="Width."),
    ] = None
    height: Annotated[
        Side | None,
        Setting(everyday=True, options=("-H", "--height"), unit="pixels", unset="the model's own", help="Height."),
    ] = None
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
            help="Every diffused frame attends to the first one, which keeps objects alike; for models with a "
            "UNet."
        ),
    ] = False
    bad_frames: Annotated[
        BadFrames,
        Setting(
            help="What to do with frames that are NaN, black, flagged as unsafe, or unlike their neighbours: "
            "diffuse them again with another seed, repeat the frame before, interpolate, or stop with an error."
        ),
    ] = "reroll"


@dataclass(frozen=True, kw_only=True)
class ImageToImageSettings(SettingGroup):
    """Images and videos that frames are denoised from."""

    heading: ClassVar = "Images and video to start from"

    init_image: Annotated[
        Path | None,
        Setting(
            metavar="FILE",
            help="Image for the first frame, cropped to the size; every later keyframe starts from the frame "
            "before it.",
        ),
    ] = None
    last_image: Annotated[
        Path | None,
        Setting(
            metavar="FILE",
            help="Image for the last frame; the clip leads to it, from --init-image if that is given too. "
            "Not with a camera or --loop.",
        ),
    ] = None
    init_video: Annotated[
        Path | None,
        Setting(
            metavar="PATH",
            help="Video, or folder of images, to restyle frame by frame; resampled to --fps and cropped to the "
            "size. Not with a camera or --loop.",
        ),
    ] = None
    strength: Annotated[
        str | None,
        Setting(
            metavar="SCHEDULE",
            unset=f"{defaults.FEEDBACK_STRENGTH}; {defaults.VIDEO_STRENGTH} with a last image or a video",
            help="Denoising strength of frames that start from an image, 0 to 1, as in diffusers: the share of "
            "the steps that is run. (Deforum's is the share that is kept.) Without an image or a video every "
            "keyframe starts from the one before it.",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class CameraSettings(SettingGroup):
    """Camera moves as schedules, per frame; each keyframe then starts from the one before as the camera sees it."""

    heading: ClassVar = "Camera (numbers or schedules, per frame)"

    zoom: Annotated[
        str | None,
        Setting(metavar="SCHEDULE", help="Factor per frame: 1.02 zooms in, 0.98 out."),
    ] = None
    pan_x: Annotated[
        str | None,
        Setting(
            metavar="SCHEDULE",
            unit="pixels per frame",
            help="Pixels per frame that the image moves right (Deforum's translation_x).",
        ),
    ] = None
    pan_y: Annotated[
        str | None,
        Setting(
            metavar="SCHEDULE",
            unit="pixels per frame",
            help="Pixels per frame that the image moves down (Deforum's translation_y).",
        ),
    ] = None
    roll: Annotated[
        str | None,
        Setting(
            metavar="SCHEDULE",
            unit="degrees per frame",
            help="Degrees per frame that the image turns counter-clockwise (Deforum's angle).",
        ),
    ] = None
    translate_z: Annotated[
        str | None,
        Setting(
            metavar="SCHEDULE",
            unit="percent per frame",
            help="Percent of the distance to the image that the camera moves forward per frame.",
        ),
    ] = None
    rotate_3d_x: Annotated[
        str | None,
        Setting(
            metavar="SCHEDULE",
            unit="degrees per frame",
            help="Degrees per frame that the camera tilts up, in perspective.",
        ),
    ] = None
    rotate_3d_y: Annotated[
        str | None,
        Setting(
            metavar="SCHEDULE",
            unit="degrees per frame",
            help="Degrees per frame that the camera turns right, in perspective.",
        ),
    ] = None
    depth_model: Annotated[
        Path | None,
        Setting(
            metavar="DIR",
            unset="the image is a plane",
            help="Folder of a depth model of transformers, such as DPT or Depth Anything: near things move "
            "more (parallax).",
        ),
    ] = None
    color_anchor: Annotated[
        Share,
        Setting(help="How strongly colours are kept at those of the first frame, where frames start from others."),
    ] = defaults.COLOR_ANCHOR
    noise_renewal: Annotated[
        Share,
        Setting(
            help="Share of the noise that is new in each frame that starts from another; the rest moves with "
            "the image, so texture sticks to it better, but outlines thicken over time."
        ),
    ] = defaults.NOISE_RENEWAL

    @property
    def moves(self) -> Moves | None:
        """The camera's moves; None for a camera that stands still."""
        names = Moves.__dataclass_fields__
        given = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return Moves(**given) if given else None


@dataclass(frozen=True, kw_only=True)
class ConditioningSettings(SettingGroup):
    """Images that steer the model besides the prompt: ControlNet and IP-Adapter."""

    heading: ClassVar = "ControlNet and IP-Adapter"

    control: Annotated[
        tuple[ControlKind, Path] | None,
        Setting(
            metavar="KIND SOURCE",
            help="Follow a video, or a folder of images, with a ControlNet, frame by frame: canny (edges are "
            "detected in the source), depth (the source holds depth maps, near is white) or pose (it holds "
            "drawn skeletons).",
        ),
    ] = None
    control_model: Annotated[
        str | None,
        Setting(
            metavar="NAME",
            names_file=True,
            help="The ControlNet for --control: a folder in diffusers' format, or a hub id.",
        ),
    ] = None
    control_scale: Annotated[
        str | None,
        Setting(metavar="SCHEDULE", unset="1", help="How strongly the ControlNet acts; 0 is not at all."),
    ] = None
    control_end: Annotated[
        Annotated[float, Interval(gt=0, le=1)] | None,
        Setting(unset="1", help="Share of the steps in which the ControlNet acts."),
    ] = None
    ip_adapter: Annotated[
        IPAdapter | None,
        Setting(
            metavar="PATH[:SCALE]",
            parse=parse_ip_adapter,
            help="IP-Adapter for --ip-adapter-image, with a scale such as 0.6 (default 1): a .safetensors file, "
            "or its folder with image_encoder/ in it.",
        ),
    ] = None
    ip_adapter_image: Annotated[
        Path | None,
        Setting(metavar="FILE", help="Image prompt: its subject and style go into every frame."),
    ] = None

    @property
    def controlnet(self) -> Control | None:
        """The ControlNet and what it follows; None without one."""
        if self.control is None or self.control_model is None:
            return None
        kind, source = self.control
        given = {"scale": self.control_scale, "end": self.control_end}
        return Control(
            kind=kind,
            source=source,
            model=self.control_model,
            **{name: value for name, value in given.items() if value is not None},  # type: ignore[arg-type]
        )

    @property
    def image_prompt(self) -> ImagePrompt | None:
        """The image prompt and its IP-Adapter; None without one."""
        if self.ip_adapter is None or self.ip_adapter_image is None:
            return None
        return ImagePrompt(
            adapter=self.ip_adapter.path, image=self.ip_adapter_image, scale=self.ip_adapter.scale
        )


@dataclass(frozen=True, kw_only=True)
class SmoothingSettings(SettingGroup):
    """How flicker is removed from the frames."""

    heading: ClassVar = "Smoothing"

    smooth_strength: Annotated[
        Share | Literal["auto"],
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


@dataclass(frozen=True, kw_only=True)
class ComputeSettings(SettingGroup):
    """The device, number format and memory that the model gets."""

    heading: ClassVar = "Device, speed and memory"

    device: Annotated[
        str, Setting(metavar="NAME", help="auto, cpu, cuda, cuda:1 or mps.")
    ] = "auto"
    dtype: Annotated[
        Literal["auto", "float32", "bfloat16", "float16"],
        Setting(help="Number format of the weights."),
    ] = "auto"
    batch_size: Annotated[
        Annotated[int, Interval(ge=1, le=limits.MAX_BATCH)] | None,
        Setting(unset="chosen by size", help="Images that are denoised at once."),
    ] = None
    compiled: Annotated[
        bool,
        Setting(
            options=("--compile",),
            help="Compile the network with torch.compile: a minute or more at the start, then faster steps. "
            "Needs Triton on GPUs, a C++ compiler on CPUs.",
        ),
    ] = False
    low_vram: Annotated[
        bool,
        Setting(help="Use little GPU memory: images one by one, the autoencoder in tiles; slower."),
    ] = False
    cpu_offload: Annotated[
        bool,
        Setting(help="Offload idle networks to CPU memory."),
    ] = False
