"""Settings of a clip that is generated in a second or two."""

from pathlib import Path
from typing import Any

from framesmooth.timeline.prompts import parse_prompts
from framesmooth.workflows.generate.settings import GenerateSettings

SMALL: dict[str, Any] = {"width": 32, "height": 24, "smoother": "ema", "dtype": "float32"}


def small_clip(model: Path, output: Path, **settings: Any) -> GenerateSettings:
    """Return the settings of a clip of two prompts, 32 x 24 pixels, with these ``settings`` besides."""
    prompts = parse_prompts(["a cat on the beach", "the lion at sunset"])
    return GenerateSettings.of(prompts=prompts, output=output, model=str(model), **(SMALL | settings))
