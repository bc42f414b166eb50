"""Options shared by ``measure`` and ``compare``: the source of motion, and the report files."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import EVERYDAY, headed_option

Command = TypeVar("Command", bound=Callable[..., Any])


def motion(command: Command) -> Command:
    """Add --reference, --guide, --flow and --flow-weights."""
    for add in (
        common.flow,
        headed_option("--guide", metavar="CLIP", heading=common.MOTION,
               help="Estimate the motion on this clip of the same length: the footage that a "
               "stylised clip was made from."),
        headed_option("-r", "--reference", metavar="REF", heading=EVERYDAY,
               help="The same clip without flicker: motion is estimated on it unless --guide is given, and "
               "metrics that compare with it are added."),
    ):  # fmt: skip
        command = add(command)
    return command


def files(command: Command) -> Command:
    """Add --json, --csv, --html and --overwrite."""
    for add in (
        common.overwrite,
        headed_option("--html", "html_file", type=click.Path(dir_okay=False), metavar="FILE",
               heading=common.REPORTS,
               help="Write a page with plots, heat maps and the worst frames; it works offline."),
        headed_option("--csv", "csv_file", type=click.Path(dir_okay=False), metavar="FILE",
                      heading=common.REPORTS, help="Write the metrics of every frame as CSV."),
        common.json_file,
    ):  # fmt: skip
        command = add(command)
    return command
