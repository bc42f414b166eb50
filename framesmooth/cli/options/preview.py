"""The options --preview and --dry-run of ``generate``: a contact sheet, and an estimate of the cost."""

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import EVERYDAY, headed_option
from framesmooth.errors import UsageError
from framesmooth.limits import MAX_VARIATIONS
from framesmooth.workflows.generate.settings import GenerateSettings

_OPTIONS = [
    headed_option(
        "--preview",
        is_flag=True,
        heading=EVERYDAY,
        help="Only make a contact sheet: about a dozen frames, in few steps, in OUT.preview.png.",
    ),
    headed_option(
        "--variations",
        type=click.IntRange(1, MAX_VARIATIONS),
        metavar="COUNT",
        heading=EVERYDAY,
        help="Only make a sheet of so many seeds of the clip, with numbers, in OUT.variations.png; "
        "--variation makes one of them.",
    ),
    headed_option(
        "--dry-run",
        is_flag=True,
        heading=EVERYDAY,
        help="Load the model, time a step, and print how much time, memory and disk space the clip will "
        "take; nothing is written.",
    ),
]


def ahead(command: common.Command) -> common.Command:
    """Add --preview, --variations and --dry-run."""
    for add in reversed(_OPTIONS):
        command = add(command)
    return command


def show_ahead(
    settings: GenerateSettings, progress: str, json_file: str | None, *, preview: bool, dry_run: bool
) -> None:
    """Make a contact sheet and print its path, or print the estimated cost of a clip.

    Raises:
        UsageError: both are asked for.
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.cli.tables import print_estimate
    from framesmooth.workflows.generate.preview import preview_clip
    from framesmooth.workflows.generate.run import estimate_clip

    if preview and dry_run:
        raise UsageError("--dry-run writes nothing and --preview an image: give one of them")
    with progress_listener(progress) as emit:
        if preview:
            made = preview_clip(settings, emit)
        else:
            found = estimate_clip(settings, emit)
    if not common.write_json(json_file, made.as_dict() if preview else found.as_dict()):
        click.echo(made.path) if preview else print_estimate(found)


def show_numbered(
    settings: GenerateSettings, count: int, progress: str, json_file: str | None, *, dry_run: bool
) -> None:
    """Make a sheet of variations, and print its path and how to make each of them.

    Raises:
        UsageError: an estimate is asked for, too.
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.workflows.generate.variations import show_variations

    if dry_run:
        raise UsageError("--dry-run writes nothing and --variations an image: give one of them")
    with progress_listener(progress) as emit:
        made = show_variations(settings, count, emit)
    if common.write_json(json_file, made.as_dict()):
        return
    drawn = f"--seed {made.seeds[0]} " if settings.draws_seeds else ""
    for number, seed in enumerate(made.seeds, 1):
        click.echo(f"{number}: {drawn}--variation {number} (seed {seed})")
    click.echo("give one of these in place of --variations, and drop --preview, for the clip")
    click.echo(made.path)
