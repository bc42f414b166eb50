"""What one clip is made from: the settings of the user, with what they left open decided.

``resolve`` chooses seeds, times and the model's defaults without loading the model.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from framesmooth.errors import ModelError, UsageError, require_packages
from framesmooth.frames import FrameSource
from framesmooth.generation.control_frames import ControlFrames, plan_control
from framesmooth.generation.native_video_spec import NativeVideo
from framesmooth.generation.specs import Feedback, FirstLastImages, GenerationPlan, MovingSubject, Restyle
from framesmooth.models.checkpoints import (
    is_checkpoint,
    locate_model,
    model_defaults,
    notes_of,
    pipeline_class,
    weight_hashes,
)
from framesmooth.models.prompt_weighting_spec import parse_weights
from framesmooth.models.scheduler_spec import PRESETS
from framesmooth.models.video_families import video_family
from framesmooth.registry import DEFAULT_GENERATOR, names
from framesmooth.runs import content_of, package_versions
from framesmooth.timeline.timeline import Timeline
from framesmooth.workflows.generate.cascade import Cascade, frames_apart, plan_cascade
from framesmooth.workflows.generate.changing_light import with_both_lights
from framesmooth.workflows.generate.extend import Extension, extended_clip
from framesmooth.workflows.generate.hearing import facts_of, heard_by, in_time
from framesmooth.workflows.generate.keyframes import avoiding, keyframes_of, timeline_of
from framesmooth.workflows.generate.model_extensions import ModelExtensions, extensions_key, find_extensions
from framesmooth.workflows.generate.native import (
    check_video_settings,
    defaults_of,
    plan_native,
    segment_timeline,
    start_of,
)
from framesmooth.workflows.generate.planning import (
    open_video,
    plan_feedback,
    plan_first_last_images,
    plan_motion,
    plan_restyle,
    stands_still,
    without_motion_words,
)
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.validation import check_settings

DEFAULT_STEPS: Final = 10
DEFAULT_GUIDANCE: Final = 7.5
UNKNOWN_SIDE: Final = 512
"""Pixels a side that camera words take for the size of a model that doesn't tell it before it is loaded."""
_DECIDING_MOTION: Final = ("numpy", "opencv-contrib-python")
_DECIDING_LATENTS: Final = ("framesmooth", "torch", "diffusers", "transformers")


@dataclass(frozen=True, kw_only=True)
class ResolvedClip:
    """A clip with everything decided that can be decided before the model is loaded.

    ``settings`` are those of the frames that are drawn, ``cascade.asked`` those of the finished clip.
    """

    settings: GenerateSettings
    cascade: Cascade
    timeline: Timeline
    drift: float
    one_layout: bool
    model_folder: Path
    model_hashes: Mapping[str, str]
    steps: int
    guidance_scale: float
    guidance_end: float
    width: int | None
    height: int | None
    feedback: Feedback | None = None
    ends: FirstLastImages | None = None
    restyle: Restyle | None = None
    moving: MovingSubject | None = None
    unmoved: str = ""
    """Why nothing moves though a prompt says so."""
    added: ModelExtensions = field(default_factory=ModelExtensions)
    control: ControlFrames | None = None
    native: NativeVideo | None = None
    """How a video pipeline generates the clip; None for other models."""
    extends: Extension | None = None
    """The run whose frames the clip begins with; None for a clip of its own."""
    model_generator: str | None = None
    """The generator that the model's own notes ask for, if they do."""

    @property
    def plan(self) -> GenerationPlan | None:
        """What the frames start from besides noise."""
        plans = self.native, self.feedback, self.ends, self.restyle, self.moving
        return next((plan for plan in plans if plan is not None), None)

    @property
    def generator(self) -> str:
        """The name of what generates the frames, in ``registry.GENERATORS``."""
        plan = self.plan
        return (self.model_generator or DEFAULT_GENERATOR) if plan is None else plan.generator

    @property
    def keyframes_key(self) -> dict[str, Any]:
        """Everything that decides the latents of a diffused frame."""
        versions = package_versions()
        key: dict[str, Any] = {
            "timeline": self.timeline_record,
            "drift": self.drift,
            "model": dict(self.model_hashes),
            "scheduler": self.settings.sampling.scheduler,
            "steps": self.steps,
            "guidance_scale": self.guidance_scale,
            "guidance_end": self.guidance_end,
            "size": [self.width, self.height],
            "batch_size": self.settings.compute.batch_size,
            "device": self.settings.compute.device,
            "dtype": self.settings.compute.dtype,
            "versions": {name: versions[name] for name in _DECIDING_LATENTS},
        }
        key |= self._unusual
        if self._led_by or self.control is not None:
            key["versions"] |= {name: versions[name] for name in _DECIDING_MOTION}
        return key | self._led_by

    @property
    def _led_by(self) -> dict[str, Any]:
        """What else than prompts and noise decides the latents."""
        plans: dict[str, GenerationPlan | None] = {
            "feedback": self.feedback,
            "ends": self.ends,
            "init_video": self.restyle,
            "motion": self.moving,
            "native_video": self.native,
        }
        return {name: plan.key for name, plan in plans.items() if plan is not None}

    def is_meant_black(self, time: int) -> bool:
        """Tell whether a frame is made from a picture that is black itself."""
        return self.plan is not None and self.plan.is_black(time)

    @property
    def _unusual(self) -> dict[str, Any]:
        """What decides the latents, but only where it is asked for."""
        settings = self.settings
        asked = {
            "true_cfg_scale": None
            if settings.sampling.true_cfg_scale == 1
            else settings.sampling.true_cfg_scale,
            "preset": settings.sampling.preset,
            "cross_frame_attention": settings.sampling.cross_frame_attention,
            "compiled": settings.compute.compiled,
            **extensions_key(settings),
            "control": None if self.control is None else self.control.key,
            "generator": self.model_generator,
            "aspect": None if settings.sampling.aspect is None else str(settings.sampling.aspect),
            "structure_guidance": self.structure_share,
            "one_layout": self.one_layout and bool(self.structure_share),
            "layout_size": settings.sampling.layout_size if settings.sampling.layout_size != "full" else None,
            "layerwise_casting": settings.video.layerwise_casting,
            "quantize_text_encoder": settings.video.quantize_text_encoder,
        }
        return {name: value for name, value in asked.items() if value}

    @property
    def frames_key(self) -> dict[str, Any]:
        """Everything that decides the frames before smoothing."""
        settings = self.settings
        key = self.keyframes_key | {"cadence": self.cadence, "inbetween": settings.timeline.inbetween}
        if self.pacing != "linear":
            key["pacing"] = self.pacing
        if settings.timeline.inbetween == "flow" or self.cadence == "auto" or self.pacing == "even":
            key["flow_version"] = package_versions()["opencv-contrib-python"]
        return key if self.extends is None else key | {"extends": self.extends.key}

    @property
    def cadence(self) -> int | Literal["auto"] | None:
        """As asked; else "auto" where frames don't hang on each other, and None leaves it to the timeline."""
        if self.native is not None:
            return 1
        return self.settings.timeline.cadence or ("auto" if self.settings.walks else None)

    @property
    def structure_share(self) -> float | Literal["auto"]:
        """As asked; 0 where keyframes are steered by something else than noise and prompts."""
        travels = self.settings.walks and self.plan in (None, self.moving)
        return self.settings.timeline.structure_guidance if travels else 0.0

    @property
    def pacing(self) -> str:
        """As asked; else "even" where it can be and no other pace is asked for."""
        settings = self.settings
        if self.native is not None:
            return "linear"
        measured = settings.walks or (
            settings.img2img.last_image is not None and settings.conditioning.control is None
        )
        free = measured and settings.timeline.cadence != 1
        free = free and (settings.timeline.easing, settings.timeline.hold) == ("linear", 0)
        return settings.timeline.pacing or ("even" if free else "linear")

    @property
    def seeds(self) -> tuple[int, ...]:
        """The keyframes' seeds in order, each once."""
        return tuple(dict.fromkeys(key.seed for key in self.timeline.keyframes))

    @property
    def timeline_record(self) -> dict[str, Any]:
        """The timeline as plain JSON types."""
        return {
            "keyframes": [asdict(key) for key in self.timeline.keyframes],
            "num_frames": self.timeline.num_frames,
            "easing": self.timeline.easing,
            "hold": self.timeline.hold,
            **({"loop": True} if self.timeline.loop else {}),
        }

    @property
    def model_name(self) -> str:
        """The model as people call it: the built-in's name, a hub id, or the name of its folder."""
        path = self.settings.model_path
        if path is None:
            return self.settings.model.name
        return path.stem if is_checkpoint(self.settings.model.name) else self.model_folder.name

    @property
    def resolved_record(self) -> dict[str, Any]:
        """What was decided, as plain JSON types."""
        return {
            "seeds": list(self.seeds),
            "timeline": self.timeline_record,
            "fps": str(self.settings.timeline.rate),
            "drift": self.drift,
            "cadence": self.cadence,
            "pacing": self.pacing,
            "structure_guidance": self.structure_share,
            "steps": self.steps,
            "guidance_scale": self.guidance_scale,
            "guidance_end": self.guidance_end,
            "width": self.width,
            "height": self.height,
            **self._led_by,
            **({} if (heard := facts_of(self.settings)) is None else {"sound": heard}),
        }


def resolve(settings: GenerateSettings) -> ResolvedClip:
    """Decide what ``settings`` leaves open; finds and hashes the model but doesn't load it.

    Raises:
        UsageError: settings that contradict each other.
        ModelError: a model that cannot be loaded.
    """
    if settings.img2img.extend is not None:
        clip: ResolvedClip = extended_clip(settings, resolve)
        return clip
    check_settings(settings)
    require_packages("generating")
    folder = locate_model(
        settings.model.name, config=settings.model.config, allow_download=settings.model.allow_download
    )
    family = video_family(folder, settings.video.motion_adapter)
    check_video_settings(settings, family, folder.name)
    if settings.timeline.fps is None:
        rate = settings.timeline.rate if family is None else family.fps
        settings = settings.but(fps=rate * frames_apart(settings))
    defaults = ({} if family is None else defaults_of(family)) | model_defaults(folder)
    cascade, settings = plan_cascade(settings, _native_size(defaults), whole_clips=family is not None)
    start = None if family is None else start_of(settings, family, folder.name)
    video = open_video(settings)
    num_frames = settings.timeline.num_frames or (None if video is None else video.num_frames)
    timed = in_time(settings.but(num_frames=num_frames))
    timed = timed if family is not None else with_both_lights(timed)
    timeline = timeline_of(timed, keyframes_of(timed)) if family is None else segment_timeline(timed, family)
    checkpoint = settings.model_path if is_checkpoint(settings.model.name) else None
    added = find_extensions(settings, folder)
    for key in timeline.keyframes:
        parse_weights(key.prompt), parse_weights(key.negative)
    if settings.sampling.preset is not None:
        preset = PRESETS[settings.sampling.preset]
        defaults |= {"steps": preset.steps, "guidance_end": 1.0, "feedback_guidance_scale": None}
        if pipeline_class(folder) != "LatentConsistencyModelPipeline":  # takes its guidance as an input
            defaults["guidance_scale"] = preset.guidance_scale
    guidance_scale = float(defaults.get("guidance_scale", DEFAULT_GUIDANCE))
    if settings.sampling.guidance_scale is not None:
        guidance_scale = settings.sampling.guidance_scale
    if settings.sampling.negative_prompt is None and guidance_scale > 1:
        timeline = avoiding(timeline, str(defaults.get("negative_prompt", "")))
    notes, still = notes_of(folder), False
    if family is None or start is None:
        moving, unmoved = (None, "") if "generator" in notes else plan_motion(settings, timeline)
        still = stands_still(settings, timeline)
        if moving is not None or still:
            timeline = without_motion_words(timeline, moving)
        guidance = _number(defaults.get("feedback_guidance_scale"))
        plans = _plans(timed, timeline, video, guidance, _camera_size(settings, defaults))
        plans |= {"moving": moving, "unmoved": unmoved}
    else:
        restyle = _restyle(settings, timeline, video)
        native = plan_native(settings, timeline, family, start, restyle)
        plans = {"restyle": restyle, "native": native}
    stays = still or any(plans.get(name) for name in ("ends", "moving"))
    drifting = (len(timed.prompts), settings.seeding.seeds, settings.seeding.seed_behavior) == (
        1,
        None,
        "fixed",
    )
    resolved = ResolvedClip(
        settings=settings,
        cascade=cascade,
        timeline=timeline,
        drift=(0.0 if stays else _drift(settings)) if drifting else 1.0,
        one_layout=drifting,
        model_folder=folder,
        model_hashes=weight_hashes(folder, checkpoint) | added.hashes,
        added=added,
        steps=settings.sampling.steps or int(defaults.get("steps", DEFAULT_STEPS)),
        guidance_scale=guidance_scale,
        guidance_end=_guidance_end(defaults, plans)
        if settings.sampling.guidance_end is None
        else settings.sampling.guidance_end,
        width=settings.sampling.width or (None if settings.sampling.aspect else defaults.get("width")),
        height=settings.sampling.height or (None if settings.sampling.aspect else defaults.get("height")),
        **plans,
        control=None
        if settings.conditioning.controlnet is None
        else plan_control(
            settings.conditioning.controlnet,
            settings.timeline.rate,
            timeline,
            content_of(settings.conditioning.controlnet.source),
            heard_by(settings, timeline.num_frames),
        ),
        model_generator=notes.get("generator"),
    )
    _check_generator(resolved)
    return resolved


def _guidance_end(defaults: Mapping[str, Any], plans: Mapping[str, Any]) -> float:
    """Return the model's default; frames that are generated each from the one before wear out with less."""
    feedback = plans.get("feedback")
    chain = feedback is not None and feedback.generator == "camera-feedback"
    return 1.0 if chain else float(defaults.get("guidance_end", 1.0))


def _drift(settings: GenerateSettings) -> float:
    if settings.seeding.drift is not None:
        return settings.seeding.drift
    return 1.0 if settings.walks and settings.timeline.structure_guidance else 0.5


def _plans(
    settings: GenerateSettings,
    timeline: Timeline,
    video: FrameSource | None,
    feedback_guidance: float | None,
    size: tuple[int, int],
) -> dict[str, Any]:
    """Return what single images start from besides noise, by the fields of ``ResolvedClip``."""
    return {
        "ends": plan_first_last_images(settings, timeline),
        "feedback": plan_feedback(settings, timeline, feedback_guidance, size),
        "restyle": _restyle(settings, timeline, video),
    }


def _restyle(settings: GenerateSettings, timeline: Timeline, video: FrameSource | None) -> Restyle | None:
    path = settings.img2img.init_video
    if video is None or path is None:
        return None
    return plan_restyle(settings, timeline, video, content_of(path))


def _check_generator(clip: ResolvedClip) -> None:
    """Refuse a model whose generator isn't installed, or that cannot start from images."""
    name = clip.model_generator
    if name is None:
        return
    if name not in names("generator"):
        raise ModelError(
            f"{clip.model_name} needs the generator {name!r}, which isn't installed: install its package"
        )
    if clip.plan is not None:
        raise UsageError(
            f"{clip.model_name} generates its frames by {name}: drop the camera, --strength, --init-image, "
            "--last-image and --init-video"
        )


def _camera_size(settings: GenerateSettings, defaults: Mapping[str, Any]) -> tuple[int, int]:
    """Return (height, width) by which camera words are read, before the model tells its own."""
    height, width = _native_size(defaults)
    aspect = settings.sampling.aspect
    if aspect:
        area = height * width
        height, width = round((area / float(aspect)) ** 0.5), round((area * float(aspect)) ** 0.5)
    return settings.sampling.height or height, settings.sampling.width or width


def _native_size(defaults: Mapping[str, Any]) -> tuple[int, int]:
    """Return the (height, width) that a model is made for, as far as that is known before it is loaded."""
    height, width = (int(defaults.get(side) or UNKNOWN_SIDE) for side in ("height", "width"))
    return height, width


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
