"""Styles applied to prompts and settings, before a clip's settings are made of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import UsageError
from framesmooth.setting import SettingField, settings_of
from framesmooth.styles.reading import read_styles, shipped_styles
from framesmooth.styles.style import Style, find_styles, stacked
from framesmooth.timeline.prompts import TimedPrompt
from framesmooth.workflows.generate.settings import GenerateSettings

OF_STORIES: Final = ("transition", "music", "caption", "title", "duration")
"""Keys of a style that a single clip has no use for."""
_NOT_IN_STYLES: Final = ("output", "prompts", "style", "styles", "overwrite", "sign", "allow_download")


def with_styles(
    prompts: Sequence[TimedPrompt], options: Mapping[str, Any], given: Collection[str] | None = None
) -> tuple[tuple[TimedPrompt, ...], dict[str, Any]]:
    """Return the prompts in the styles that ``options["style"]`` names, and the options with their settings.

    Args:
        prompts: as the user wrote them.
        options: settings by key; the files in "styles" hold styles besides the built-in ones.
        given: keys of the options that the user gave, which take precedence; None is all of ``options``.

    Raises:
        UsageError: an unknown style, a file that holds none, a setting that styles cannot have.
    """
    names = options.get("style") or ()
    names = (names,) if isinstance(names, str) else tuple(names)
    if not names:
        return tuple(prompts), dict(options)
    styles = find_styles(names, known_styles(options.get("styles") or ()))
    asked = set(options) if given is None else set(given)
    found = {**options, "styles": ()}  # what their files say is in the settings from here on
    for style in styles:
        prompts = [replace(prompt, prompt=style.words(prompt.prompt)) for prompt in prompts]
        avoided = style.avoided(found.get("negative_prompt") or "")
        found |= {"negative_prompt": avoided} if avoided else {}
    settings = stacked(replace(style, settings=style_settings(style)) for style in styles)
    if _frames_are_led(options):
        settings.pop("camera", None)  # the style's camera gives way to what the user asks for
    return tuple(prompts), found | {key: value for key, value in settings.items() if key not in asked}


def known_styles(files: Sequence[str | Path]) -> list[Style]:
    """Return the built-in styles and those of ``files``.

    Raises:
        UsageError: a file that holds none.
    """
    files = (files,) if isinstance(files, str | Path) else files
    return [*shipped_styles(), *(style for file in files for style in read_styles(Path(file)))]


def style_settings(style: Style) -> dict[str, Any]:
    """Return the settings of a style by key, without those of stories; paths start at its file.

    Raises:
        UsageError: a key that is no setting, or one that styles cannot have.
    """
    fields = _by_name()
    found = {}
    for name, value in style.settings.items():
        key = name.strip().removeprefix("--").replace("-", "_")
        if key in OF_STORIES:
            continue
        where = f"{style.source or 'built-in styles'}: style {style.name}"
        if key not in fields or fields[key].key in _NOT_IN_STYLES:
            near = get_close_matches(key, fields, n=1)
            advice = f"did you mean {near[0].replace('_', '-')}?" if near else "use the options of generate"
            raise UsageError(f"{where}: {name[:60]!r} is no setting of styles: {advice}")
        field = fields[key]
        found[field.key] = _placed(field, value, Path(style.source).parent) if style.source else value
    return found


def _by_name() -> dict[str, SettingField]:
    """Return the settings by key and by each spelling of their options."""
    found: dict[str, SettingField] = {}
    for field in settings_of(GenerateSettings):
        spellings = [option.lstrip("-").replace("-", "_") for option in field.options if len(option) > 2]
        found |= dict.fromkeys((field.key, *spellings), field)
    return found


def _placed(field: SettingField, value: Any, folder: Path) -> Any:
    """Return the value with a path in it taken from the folder of the style's file, where such a file is."""
    if not field.names_file and not field.type.holds_path:
        return _as_text(field, value)
    if isinstance(value, list):
        return [_placed(field, one, folder) for one in value]
    name = str(value)
    there = (folder / name).exists() or (folder / name.rpartition(":")[0]).is_file()
    placed = str(folder / name) if there else name
    return [placed] if field.type.many and isinstance(value, str) else placed


def _as_text(field: SettingField, value: Any) -> Any:
    """Return a number as text where the setting is a schedule."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if number and field.type.base is str else value


def _frames_are_led(options: Mapping[str, Any]) -> bool:
    """Tell whether options ask for something that no camera goes with."""
    others = ("init_video", "last_image", "control", "seeds", "seed_schedule")
    return any(options.get(name) is not None for name in others)
