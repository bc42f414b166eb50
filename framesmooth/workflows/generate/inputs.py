"""The prompts of ``generate``, and what a Deforum settings file among them says of its options."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from framesmooth.timeline.prompts import TimedPrompt

_OF_A_PRESET: Final = ("steps", "guidance_scale", "scheduler")


def prompts_and_options(
    texts: Sequence[str], options: dict[str, Any]
) -> "tuple[tuple[TimedPrompt, ...], dict[str, Any]]":
    """Return the prompts, and the options with what a settings file says where the user doesn't.

    Raises:
        UsageError: prompts or a settings file that cannot be read, or something beside the latter.
    """
    from framesmooth.errors import UsageError
    from framesmooth.timeline.prompts import parse_prompts
    from framesmooth.workflows.generate.deforum.reader import is_settings_file, read_deforum

    files = [text for text in texts if is_settings_file(text)]
    if not files:
        return parse_prompts(texts), options
    if len(texts) > 1:
        raise UsageError(f"{files[0]} is a settings file with prompts of its own: give no others")
    asked = {name: value for name, value in options.items() if _is_given(name)}
    read = read_deforum(Path(files[0].strip()), asked)
    without = {*asked, *(_OF_A_PRESET if "preset" in asked else ())}
    unused = [key for key in read.unused if not (key == "sd_model_name" and "model" in asked)]
    if unused:
        click.echo(f"warning: {files[0].strip()}: not used: {', '.join(unused)}", err=True)
    return read.prompts, options | {
        name: value for name, value in read.options.items() if name not in without
    }


def _is_given(name: str) -> bool:
    source = click.get_current_context().get_parameter_source(name)
    return source not in (None, ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP)
