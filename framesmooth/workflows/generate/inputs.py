"""The prompts of ``generate``, and what a settings file among them says of its options."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from framesmooth.timeline.prompts import TimedPrompt

_NO_PROMPT: Final = "its prompt is empty: give one of your own after the name of the file"
_OF_A_PRESET: Final = ("steps", "guidance_scale", "scheduler")


@dataclass(frozen=True)
class PromptsRead:
    """Prompts and options, in the styles that are asked for.

    Attributes:
        prompts: in order.
        options: settings by key: those given, and those of a settings file.
        warnings: what of the file is not used, or taken otherwise than it is written.
    """

    prompts: "tuple[TimedPrompt, ...]"
    options: dict[str, Any]
    warnings: tuple[str, ...] = ()


def prompts_and_options(
    texts: Sequence[str], options: dict[str, Any]
) -> "tuple[tuple[TimedPrompt, ...], dict[str, Any]]":
    """Return the prompts, and the options with what a settings file says where the user doesn't.

    Raises:
        UsageError: prompts or a settings file that cannot be read, or prompts beside one that has its own.
    """
    read = read_prompts(texts, options, [name for name in options if _is_given(name)])
    for line in read.warnings:
        click.echo(f"warning: {line}", err=True)
    return read.prompts, read.options


def read_prompts(texts: Sequence[str], options: Mapping[str, Any], given: Collection[str]) -> PromptsRead:
    """Read prompts, and the settings file that may be among them.

    Args:
        texts: prompts, or names of files.
        options: settings by key.
        given: keys of those that the user gave, which go before what the file says.

    Raises:
        UsageError: prompts or a settings file that cannot be read, or prompts beside one that has its own.
    """
    from framesmooth.errors import UsageError
    from framesmooth.timeline.prompts import parse_prompts
    from framesmooth.workflows.generate.animatediff import is_animatediff, read_animatediff
    from framesmooth.workflows.generate.deforum.reader import is_settings_file, read_deforum
    from framesmooth.workflows.generate.styling import with_styles

    if not texts:
        if options.get("extend") is None:
            raise UsageError("there is no prompt: give one, or --extend a finished clip")
        return PromptsRead((), dict(options))
    readers = {
        text: read
        for text in texts
        for known, read in ((is_settings_file, read_deforum), (is_animatediff, read_animatediff))
        if known(text)
    }
    if not readers:
        return PromptsRead(*with_styles(parse_prompts(texts), options, given))
    file, reader = next(iter(readers.items()))
    others = [text for text in texts if text is not file]
    asked = {name: options[name] for name in given}
    read = reader(Path(file.strip()), asked)
    if others and (read.has_prompts or len(readers) > 1):
        raise UsageError(f"{file} is a settings file with prompts of its own: give no others")
    without = {*asked, *(_OF_A_PRESET if "preset" in asked else ())}
    without |= {"num_frames"} if "duration" in asked else set()
    without |= {"width", "height"} if "aspect" in asked else set()
    unused = [key for key in read.unused if not (key == "sd_model_name" and "model" in asked)]
    notes = [f"not used: {', '.join(unused)}"] if unused else []
    notes += [*read.notes, *([] if others or read.has_prompts else [_NO_PROMPT])]
    prompts = parse_prompts(others) if others else read.prompts
    found = {name: value for name, value in read.options.items() if name not in without}
    styled = with_styles(prompts, {**options, **found}, {*found, *given})
    return PromptsRead(*styled, tuple(f"{file.strip()}: {note}" for note in notes))


def _is_given(name: str) -> bool:
    source = click.get_current_context().get_parameter_source(name)
    return source not in (None, ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP)
