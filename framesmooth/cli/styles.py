"""``framesmooth styles``: what ``--style`` can name."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from framesmooth.cli.options.command import EVERYDAY, HeadedCommand, headed_option
from framesmooth.setting import setting_of
from framesmooth.workflows.generate.setting_groups.look import LookSettings

if TYPE_CHECKING:
    from framesmooth.styles.style import Style


@click.command(cls=HeadedCommand)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@headed_option(
    "--styles",
    "files",
    heading=EVERYDAY,
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=setting_of(LookSettings, "styles").setting.help,
)
@headed_option("--json", "as_json", heading=EVERYDAY, is_flag=True, help="Print JSON.")
def styles(names: tuple[str, ...], files: tuple[Path, ...], as_json: bool) -> None:
    """List the styles that --style can name, or show all that the styles NAME do.

    \b
    Examples:
      framesmooth styles
      framesmooth styles cinematic noir
      framesmooth styles --styles my-styles.csv
    """
    from framesmooth.styles.style import find_styles
    from framesmooth.workflows.generate.styling import known_styles, style_settings

    known = {style.name: style for style in known_styles(files)}
    shown = find_styles(names, known.values()) if names else list(known.values())
    for style in shown:
        style_settings(style)  # a key that no setting has is told here, not in the middle of a film
    if as_json:
        click.echo(
            json.dumps([_as_dict(style) for style in shown], indent=2, ensure_ascii=False, default=str)
        )
        return
    width = max(len(style.name) for style in shown)
    for style in shown:
        if names:
            click.echo(_as_text(style))
        else:
            click.echo(f"{style.name:{width}}  {_line(style)}")


def _as_dict(style: "Style") -> dict[str, Any]:
    return {
        "name": style.name,
        "about": style.about,
        "prompt": style.prompt,
        "negative_prompt": style.negative,
        "settings": dict(style.settings),
        "source": style.source,
    }


def _line(style: "Style") -> str:
    """Return what a style is in one line of 100 characters at most."""
    text = style.about or style.prompt or f"without {style.negative}"
    text = " ".join(text.split())
    return text if len(text) <= 100 else f"{text[:99]}…"


def _as_text(style: "Style") -> str:
    lines = [style.name, *([f"  {style.about}"] if style.about else [])]
    lines += [f"  prompt: {style.prompt}"] if style.prompt else []
    lines += [f"  negative-prompt: {style.negative}"] if style.negative else []
    lines += [f"  {name}: {value}" for name, value in style.settings.items()]
    return "\n".join(lines)
