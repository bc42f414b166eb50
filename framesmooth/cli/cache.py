"""``framesmooth cache``: what run folders keep, and letting go of it."""

from pathlib import Path

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import EVERYDAY, HeadedCommand, headed_option


@click.command(cls=HeadedCommand)
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path), metavar="[FOLDER]...")
@headed_option(
    "--prune",
    "kinds",
    heading=EVERYDAY,
    multiple=True,
    type=click.Choice(["smoothed", "keyframes", "frames", "all"]),
    help="Delete what is kept of a kind; repeatable. smoothed is made again in the time of smoothing, "
    "keyframes only serve a run that goes on, and without frames a clip is diffused again.",
)
@common.json_file
@common.common
def cache(folders: tuple[Path, ...], kinds: tuple[str, ...], json_file: str | None, progress: str) -> None:
    """Show what run folders keep so that it needn't be made again, and prune it.

    FOLDER is a run folder, or one that holds some; without it those here are shown. Clips, records and
    reports are never pruned.

    \b
    Examples:
      framesmooth cache
      framesmooth cache clip.framesmooth
      framesmooth cache clips/ --prune smoothed
      framesmooth cache clip.framesmooth --prune all
    """
    from framesmooth.cli.tables import print_cache
    from framesmooth.runs.cache import (
        KINDS,
        contents,
        find_runs,
        prune,
    )

    runs = [run for folder in folders or (Path(),) for run in find_runs(folder)]
    chosen = [kind for kind in KINDS if kind in kinds or "all" in kinds]
    freed = sum(prune(run, chosen) for run in runs) if chosen else 0
    rows = [cached for run in runs for cached in contents(run)]
    found = {"kept": [row.as_dict() for row in rows], "freed_bytes": freed}
    if not common.write_json(json_file, found):
        print_cache(rows, freed)
