"""The options of ``generate`` that say which model is loaded, and how."""

import click

from framesmooth.cli.options import Command
from framesmooth.limits import MAX_BATCH
from framesmooth.settings import ClipSettings

_OPTIONS = [
    click.option(
        "--model",
        default=ClipSettings.model,
        show_default=True,
        metavar="NAME",
        help="storybook, a folder in diffusers' format, or a hub id such as owner/name.",
    ),
    click.option(
        "--allow-download",
        is_flag=True,
        help="Fetch the hub id of --model if it isn't here; without it nothing is ever fetched.",
    ),
    click.option(
        "--batch-size", type=click.IntRange(1, MAX_BATCH), help="Pictures at once.  [default: chosen by size]"
    ),
    click.option(
        "--device",
        default=ClipSettings.device,
        show_default=True,
        metavar="NAME",
        help="auto, cpu, cuda, cuda:1 or mps.",
    ),
    click.option(
        "--dtype",
        type=click.Choice(["auto", "float32", "bfloat16", "float16"]),
        default=ClipSettings.dtype,
        show_default=True,
        help="Number format of the model.",
    ),
]


def loading(command: Command) -> Command:
    """Add the options that load a model."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
