"""``framesmooth resume``: a run that was stopped goes on."""

from pathlib import Path

import click

from framesmooth.cli import options


@click.command()
@click.argument("run", metavar="RUN", type=click.Path(path_type=Path))
@options.json_file
@options.common
def resume(run: Path, json_file: str | None, progress: str) -> None:
    """Finish the clip of the run folder RUN, with the settings in its record.

    Frames that are there are used as they are. The result is the one that the uninterrupted run would have
    given.

    \b
    Example:
      framesmooth resume clip.framesmooth
    """
    from framesmooth.cli.generate import make_and_show
    from framesmooth.run import RunFolder
    from framesmooth.settings import ClipSettings

    record = RunFolder(run).record
    settings = ClipSettings.from_record(record, run)
    if record.get("status") == "complete" and settings.output.exists():
        click.echo(f"{settings.output} is complete already", err=True)
        click.echo(settings.output)
        return
    make_and_show(settings, progress, json_file)
