"""``framesmooth cache``: what run folders cache, and pruning it."""

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
    type=click.Choice(["smoothed", "interpolated", "enlarged", "keyframes", "frames", "all"]),
    help="Delete cached files of a kind; repeatable. Smoothed, interpolated or enlarged frames are made "
    "again when needed; without keyframes, a stopped run diffuses them again; without frames, a clip is "
    "diffused again.",
)
@common.json_file
@common.common
def cache(folders: tuple[Path, ...], kinds: tuple[str, ...], json_file: str | None, progress: str) -> None:
    """Show the frames that run folders cache, and delete them.

    FOLDER is a run folder, or one that holds some; the default is the current folder. Clips, records and
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
