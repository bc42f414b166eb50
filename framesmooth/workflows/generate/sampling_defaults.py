"""How frames are sampled where the settings leave it open: by the preset, as the model asks, or as usual."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from framesmooth.models.checkpoints import model_defaults, pipeline_class
from framesmooth.models.scheduler_spec import PRESETS
from framesmooth.models.video_families import VideoFamily
from framesmooth.workflows.generate.native import defaults_of
from framesmooth.workflows.generate.settings import GenerateSettings

DEFAULT_STEPS: Final = 10
DEFAULT_GUIDANCE: Final = 7.5
UNKNOWN_SIDE: Final = 512
"""Pixels a side that camera words take for the size of a model that doesn't tell it before it is loaded."""


@dataclass(frozen=True)
class SamplingDefaults:
    """What a model, and a preset, ask for; a value that is not known is absent.

    Attributes:
        values: steps, guidance_scale, guidance_end, feedback_guidance_scale, negative_prompt, height, width.
    """

    values: Mapping[str, Any]

    @classmethod
    def of(cls, folder: Path, family: VideoFamily | None) -> "SamplingDefaults":
        """Return what the model in ``folder`` asks for, over what is usual in its family."""
        return cls(({} if family is None else defaults_of(family)) | model_defaults(folder))

    def with_preset(self, settings: GenerateSettings, folder: Path) -> "SamplingDefaults":
        """Return the defaults with those of the preset that is asked for, if one is."""
        if settings.sampling.preset is None:
            return self
        preset = PRESETS[settings.sampling.preset]
        changed = {"steps": preset.steps, "guidance_end": 1.0, "feedback_guidance_scale": None}
        if pipeline_class(folder) != "LatentConsistencyModelPipeline":  # takes its guidance as an input
            changed["guidance_scale"] = preset.guidance_scale
        return replace(self, values={**self.values, **changed})

    def steps(self, settings: GenerateSettings) -> int:
        """Return how many steps denoise a frame."""
        return settings.sampling.steps or int(self.values.get("steps", DEFAULT_STEPS))

    def guidance_scale(self, settings: GenerateSettings) -> float:
        """Return how strongly a frame follows its prompt."""
        asked = settings.sampling.guidance_scale
        return float(self.values.get("guidance_scale", DEFAULT_GUIDANCE)) if asked is None else asked

    def guidance_end(self, settings: GenerateSettings, *, chained: bool) -> float:
        """Return the share of the steps that are guided; frames ``chained`` one to the next need all."""
        if settings.sampling.guidance_end is not None:
            return settings.sampling.guidance_end
        return 1.0 if chained else float(self.values.get("guidance_end", 1.0))

    @property
    def feedback_guidance(self) -> float | None:
        """The guidance of frames that are generated each from the one before; None for that of the others."""
        value = self.values.get("feedback_guidance_scale")
        return None if value is None else float(value)

    @property
    def negative_prompt(self) -> str:
        """What the model asks to keep out."""
        return str(self.values.get("negative_prompt", ""))

    @property
    def size(self) -> tuple[int, int]:
        """The (height, width) that the model is made for, as far as known before it is loaded."""
        height, width = (int(self.values.get(side) or UNKNOWN_SIDE) for side in ("height", "width"))
        return height, width

    def side(self, settings: GenerateSettings, name: str) -> int | None:
        """Return "width" or "height" of the frames, None for what the loaded model says."""
        asked = getattr(settings.sampling, name)
        return asked or (None if settings.sampling.aspect else self.values.get(name))

    def camera_size(self, settings: GenerateSettings) -> tuple[int, int]:
        """Return (height, width) by which camera words are read, before the model tells its own."""
        height, width = self.size
        aspect = settings.sampling.aspect
        if aspect:
            area = height * width
            height, width = round((area / float(aspect)) ** 0.5), round((area * float(aspect)) ** 0.5)
        return settings.sampling.height or height, settings.sampling.width or width
