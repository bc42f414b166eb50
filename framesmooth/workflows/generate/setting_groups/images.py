"""Settings of images that frames start from, of the camera, and of images that steer the model."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from annotated_types import Interval

from framesmooth import defaults
from framesmooth.models.controlnet_spec import Control, ControlKind
from framesmooth.models.ip_adapter_spec import ImagePrompt, IPAdapter, parse_ip_adapter
from framesmooth.motion.camera.moves import Moves
from framesmooth.setting import Setting, SettingGroup
from framesmooth.timeline.camera_grammar import read_camera_words

Share = Annotated[float, Interval(ge=0, le=1)]


@dataclass(frozen=True, kw_only=True)
class ImageToImageSettings(SettingGroup):
    """Images and videos that frames are denoised from."""

    heading: ClassVar = "Images and video to start from"

    extend: Annotated[
        Path | None,
        Setting(
            everyday=True,
            metavar="RUN",
            help="Continue a finished clip, given as its run folder or file, up to --num-frames or "
            "--duration (twice its length by default). Prompts, if given, are where it travels to next.",
        ),
    ] = None
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
            help="Video, or folder of images, to restyle frame by frame; resampled to --fps and cropped to "
            "the size. Not with a camera or --loop.",
        ),
    ] = None
    strength: Annotated[
        str | None,
        Setting(
            metavar="SCHEDULE",
            unset=f"{defaults.FEEDBACK_STRENGTH}; {defaults.VIDEO_STRENGTH} with a last image or a video",
            help="Denoising strength of frames that start from an image, 0 to 1, as in diffusers: the share "
            "of the steps that is run. (Deforum's is the share that is kept.) Without an image or a video "
            "every keyframe starts from the one before it.",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class CameraSettings(SettingGroup):
    """Camera moves; each keyframe then starts from the one before as the camera sees it."""

    heading: ClassVar = "Camera (numbers or schedules, per frame)"

    words: Annotated[
        str | None,
        Setting(
            key="camera",
            options=("--camera",),
            everyday=True,
            metavar="WORDS",
            help="Moves in words: pan, tilt, truck, crane, dolly, zoom, roll, orbit, handheld, static, with "
            "a direction, and slow, fast or a share of the width a second: 'slow dolly in, pan left 8%' at "
            "once, 'tilt up then static' in turn. Schedules of moves take precedence.",
        ),
    ] = None
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
    camera_anchor: Annotated[
        Literal["auto", "on", "off"],
        Setting(
            help="on: frames show the first image as the camera sees it now; only what comes into sight, "
            "fine detail and changes of the prompt are generated. off: every keyframe is denoised from the "
            "one before, as in Deforum. auto: on, except with --strength, --noise-renewal, --loop, "
            "--depth-model, --control and 3D turns.",
        ),
    ] = "auto"
    color_anchor: Annotated[
        Share,
        Setting(
            help="How strongly colours are kept at those of the first frame, where frames start from others."
        ),
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
        return Moves(**self.given) if self.given else None

    @property
    def given(self) -> dict[str, str]:
        """The moves that have schedules."""
        asked = {field.name: getattr(self, field.name) for field in fields(Moves)}
        return {name: schedule for name, schedule in asked.items() if schedule is not None}

    @property
    def words_move(self) -> bool:
        """Whether the words of ``--camera`` name a move.

        Raises:
            UsageError: words that name none.
        """
        return self.words is not None and any(read_camera_words(self.words))


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
            help="IP-Adapter for --ip-adapter-image, with a scale such as 0.6 (default 1): a .safetensors "
            "file, or its folder with image_encoder/ in it.",
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
