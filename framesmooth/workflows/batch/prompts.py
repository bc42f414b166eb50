"""The settings of a job of ``generate``, and everything that decides its clip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framesmooth.runs import content_key
from framesmooth.workflows.generate.inputs import read_prompts
from framesmooth.workflows.generate.preflight import HOW, check_writing
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.storyboard.shots import shot_content


@dataclass(frozen=True)
class GenerateJob:
    """Settings of a clip, and what of a settings file is not used."""

    settings: GenerateSettings
    warnings: tuple[str, ...]


def generate_settings(prompts: Sequence[str], output: Path, values: Mapping[str, Any]) -> GenerateJob:
    """Return the settings of a clip; prompts may be texts, files of prompts or a settings file of Deforum.

    Raises:
        UsageError: what cannot be read, or is not accepted.
    """
    read = read_prompts(prompts, values, list(values))
    settings = GenerateSettings.of(prompts=read.prompts, output=output, **read.options)
    return GenerateJob(settings, read.warnings)


def decided(settings: GenerateSettings) -> tuple[str, str]:
    """Return (key of the clip, key of its model), with all that can be checked before the model is loaded.

    Raises:
        FramesmoothError: what ``generate`` would raise before its work begins.
    """
    plain = settings.but(**HOW)
    clip = resolve(plain)
    check_writing(clip)
    content = shot_content(plain, clip)
    compute = settings.compute
    model = {"files": dict(clip.model_hashes), "device": compute.device, "dtype": compute.dtype}
    return content_key(content), content_key(model)
