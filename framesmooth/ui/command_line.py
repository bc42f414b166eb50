"""The command line that makes the same clip, for the page and for whoever wants to go on without it."""

import json
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import MISSING
from typing import Any

from framesmooth.models.lora_spec import Lora
from framesmooth.setting import SettingField, settings_of
from framesmooth.timeline.prompts import TimedPrompt
from framesmooth.workflows.generate.settings import GenerateSettings

_OF_THE_SERVER = ("output", "prompts", "overwrite", "allow_download")


def generate_command(settings: GenerateSettings, output: str) -> str:
    """Return the ``framesmooth generate`` that makes the clip of ``settings`` as ``output``."""
    words = ["framesmooth", "generate", *_prompt_words(settings.prompts), "-o", output]
    for field in settings_of(GenerateSettings):
        if field.key not in _OF_THE_SERVER and field.setting.has_option:
            words += _option_words(field, settings.at(field.path))
    return shlex.join(words)


def smooth_command(source: str, output: str, strength: float | str | None, smoother: str | None) -> str:
    """Return the ``framesmooth smooth``, or ``tune``, that makes the same; None is as by default."""
    words = ["framesmooth", "tune" if strength == "auto" else "smooth", source, "-o", output]
    if strength not in (None, "auto"):
        words += ["--smooth-strength", str(strength)]
    return shlex.join(words if smoother is None else [*words, "--smoother", smoother])


def compare_command(names: Sequence[str]) -> str:
    """Return the ``framesmooth measure`` of one clip, or ``compare`` of several."""
    return shlex.join(
        ["framesmooth", "measure" if len(names) == 1 else "compare", *names, "--html", "report.html"]
    )


def _prompt_words(prompts: Sequence[TimedPrompt]) -> list[str]:
    texts = [one.prompt + (f" --neg {one.negative}" if one.negative else "") for one in prompts]
    if any(one.time is None for one in prompts):
        return texts
    if any("|" in text for text in texts):
        pairs = zip(prompts, texts, strict=True)
        return [json.dumps({str(one.time): text for one, text in pairs}, ensure_ascii=False)]
    return [" | ".join(f"{one.time}: {text}" for one, text in zip(prompts, texts, strict=True))]


def _option_words(field: SettingField, value: Any) -> Iterable[str]:
    if value is None or value in (field.default, False, ()):
        return []
    if field.default is MISSING and value == "":
        return []
    if value is True:
        return [field.option]
    if field.type.many and field.setting.separator:
        return [field.option, field.setting.separator.join(map(_text, value))]
    if field.type.many:
        return [word for one in value for word in (field.option, _text(one))]
    if isinstance(value, tuple):
        return [field.option, *map(_text, value)]
    return [field.option, _text(value)]


def _text(value: Any) -> str:
    if isinstance(value, Lora):
        return f"{value.path}:{value.weight:g}"
    return f"{value:g}" if isinstance(value, float) else str(value)
