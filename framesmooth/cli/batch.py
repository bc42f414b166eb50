"""``framesmooth batch``: does the jobs of a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import EVERYDAY, HeadedCommand, headed_option
from framesmooth.cli.options.from_settings import options_of
from framesmooth.cli.types import FILE_NAME
from framesmooth.setting import setting_of
from framesmooth.workflows.batch.settings import BatchSettings

if TYPE_CHECKING:
    from framesmooth.cli.batch_progress import Tally


@click.command(cls=HeadedCommand)
@click.argument("files", metavar="JOBS...", nargs=-1, required=True)
@headed_option(
    "-o",
    "--output",
    required=True,
    metavar="DIR",
    type=FILE_NAME,
    heading=EVERYDAY,
    help=setting_of(BatchSettings, "output").setting.help,
)
@headed_option(
    "--status", is_flag=True, heading=EVERYDAY, help="Only show how the jobs stand: nothing is done."
)
@options_of(BatchSettings)
@common.json_file
@common.common
def batch(
    files: tuple[str, ...], output: str, status: bool, json_file: str | None, progress: str, **settings: Any
) -> None:
    """Do the jobs of JOBS: files in YAML, JSON, JSON lines or CSV, or settings files of Deforum.

    A job has prompts, or a verb with what it works on (smooth: in.mp4), and the long options of its command
    as keys. A list of values makes a job of each; several lists make all combinations. All jobs are checked
    before the first one begins. Run the same command again to finish what is missing: results that are
    complete are kept. DIR/batch.html shows all results.

    \b
    Examples:
      framesmooth batch jobs.yaml -o clips/
      framesmooth batch jobs.yaml -o clips/ --workers 2
      framesmooth batch jobs.csv more.jsonl -o clips/ --retries 3
      framesmooth batch jobs.yaml -o clips/ --status --json -
      framesmooth batch jobs.yaml -o clips/ --shard 2/8
      framesmooth batch jobs.yaml -o clips/ --ray local --workers 2
    """
    from framesmooth.cli.batch_progress import Tally, batch_watcher, print_batch
    from framesmooth.workflows.batch.api import complete_or_raise, run_batch, status_of

    asked = BatchSettings.of(files=tuple(map(Path, files)), output=Path(output), **settings)
    if status:
        standing = status_of(asked)
        if not common.write_json(json_file, standing.as_dict()):
            print_batch(standing, every=True)
        return
    with batch_watcher(progress) as watch, _saying_what_is_kept(tally := Tally(watch), asked.output):
        result = run_batch(asked, tally)
    if not common.write_json(json_file, result.as_dict()):
        print_batch(result)
    complete_or_raise(result)


@contextmanager
def _saying_what_is_kept(tally: "Tally", folder: Path) -> Iterator[None]:
    """Turn Ctrl-C into a line that says how many jobs are done."""
    from framesmooth.cli.main import INTERRUPTED, stops_unwrapped

    try:
        with stops_unwrapped():
            yield
    except KeyboardInterrupt as stop:
        done = f"{tally.done} of {tally.total} jobs are done" if tally.total else "no job was begun"
        click.echo(f"interrupted: {done} in {folder}; the same command does what is missing", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from stop
