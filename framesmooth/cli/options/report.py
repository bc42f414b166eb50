"""What ``measure`` and ``compare`` share: where motion comes from, and the files for their figures."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from framesmooth.cli.options import common

Command = TypeVar("Command", bound=Callable[..., Any])


def motion(command: Command) -> Command:
    """Add --reference, --guide, --flow and --flow-weights."""
    for option in (
        common.flow,
        click.option("--guide", metavar="CLIP",
                     help="Take the motion from this clip, as long as IN: what a stylised clip was "
                     "made from."),
        click.option("-r", "--reference", metavar="REF",
                     help="The same clip without flicker: motion is taken from it unless there is a guide, "
                     "and metrics are added that compare."),
    ):  # fmt: skip
        command = option(command)
    return command


def files(command: Command) -> Command:
    """Add --json, --csv, --html and --overwrite."""
    for option in (
        common.overwrite,
        click.option("--html", "html_file", type=click.Path(dir_okay=False), metavar="FILE",
                     help="Write a page with plots, heat maps and the worst frames, which works offline."),
        click.option("--csv", "csv_file", type=click.Path(dir_okay=False), metavar="FILE",
                     help="Write the figures of every frame as CSV."),
        common.json_file,
    ):  # fmt: skip
        command = option(command)
    return command
