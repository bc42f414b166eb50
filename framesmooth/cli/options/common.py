"""Options that several commands share."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from framesmooth.cli.logging import _quiet, _verbose
from framesmooth.cli.options.command import EVERYDAY, OTHER, headed_option
from framesmooth.cli.options.places import writable
from framesmooth.cli.progress import PROGRESS_MODES
from framesmooth.cli.types import FILE_NAME
from framesmooth.workflows.encoding_settings import CLIP_FILE
from framesmooth.workflows.settings.shared import REPORTS

Command = TypeVar("Command", bound=Callable[..., Any])


def common(command: Command) -> Command:
    """Add --progress (handed to the command), -v and -q."""
    for add in (
        headed_option("-q", "--quiet", is_flag=True, callback=_quiet, expose_value=False, is_eager=True,
               heading=OTHER, help="Show neither progress nor notices."),
        headed_option("-v", "--verbose", count=True, callback=_verbose, expose_value=False, heading=OTHER,
               help="Log sizes and settings of each step; -vv also what libraries log."),
        headed_option("--progress", type=click.Choice(PROGRESS_MODES), default="auto", show_default=True,
               heading=OTHER, help="How progress is shown on stderr; auto shows bars on a terminal."),
    ):  # fmt: skip
        command = add(command)
    return command


output = headed_option(
    "-o", "--output", required=True, metavar="OUT", type=FILE_NAME, heading=EVERYDAY,
    help=CLIP_FILE,
)  # fmt: skip


piped_output = headed_option(
    "-o", "--output", required=True, metavar="OUT", type=FILE_NAME, heading=EVERYDAY,
    help="A .mp4, .mov, .mkv, .webm, .gif or .webp file, - for stdout, or an address like s3://clips/a.mp4; "
    "any other name is a folder of PNG frames.",
)  # fmt: skip


@contextmanager
def printing_beside(output: str, json_file: str | None) -> Iterator[None]:
    """Let what is printed go to stderr while the block runs if the clip goes to stdout.

    Raises:
        UsageError: --json - with -o -.
    """
    if output != "-":
        yield
        return
    if json_file == "-":
        raise click.UsageError("-o - and --json - both write to stdout: give --json a file")
    from framesmooth.workflows.pipes import stdout_for_clips

    with stdout_for_clips():
        yield


def print_output(output: str) -> None:
    """Print the last line of a command that made a clip: where it is."""
    if output != "-":
        click.echo(output)


def _one_source(_ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> str:
    """Return the one clip that is given, or the folder of the pictures that a shell made of frames/*.png."""
    if len(given) == 1:
        return given[0]
    from framesmooth.video.listing import series_name

    return series_name(given)


source = click.argument("source", metavar="IN", nargs=-1, required=True, type=FILE_NAME, callback=_one_source)


json_file = headed_option(
    "--json", "json_file", type=click.Path(allow_dash=True), metavar="FILE", callback=writable,
    heading=REPORTS, help="Write the results as JSON; - is stdout, in place of the table.",
)  # fmt: skip


table = headed_option(
    "--table", is_flag=True, heading=REPORTS,
    help="Print the table of all metrics before and after smoothing, as -v does.",
)  # fmt: skip


def json_path(json_file: str | None) -> str | None:
    """Return the file that --json names, None for stdout."""
    return None if json_file == "-" else json_file


def write_json(json_file: str | None, content: Mapping[str, Any]) -> bool:
    """Write ``content`` where --json says; return whether that was stdout, which then holds nothing else."""
    if json_file is None:
        return False
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if json_file == "-":
        click.echo(text, nl=False)
        return True
    from framesmooth.video import write_text
    from framesmooth.video.atomic import remove_leftovers

    remove_leftovers(Path(json_file))
    write_text(json_file, text)
    return False
