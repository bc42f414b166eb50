"""A clip with everything decided that can be decided before its model is loaded."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from framesmooth.generation.control_frames import ControlFrames
from framesmooth.generation.native_video_spec import NativeVideo
from framesmooth.generation.specs import Feedback, FirstLastImages, GenerationPlan, MovingSubject, Restyle
from framesmooth.models.checkpoints import is_checkpoint
from framesmooth.registry import DEFAULT_GENERATOR
from framesmooth.runs import package_versions
from framesmooth.timeline.timeline import Timeline
from framesmooth.workflows.generate.cascade import Cascade
from framesmooth.workflows.generate.extension import Extension
from framesmooth.workflows.generate.hearing import facts_of
from framesmooth.workflows.generate.model_extensions import ModelExtensions, extensions_key
from framesmooth.workflows.generate.settings import GenerateSettings

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
