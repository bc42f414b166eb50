"""``framesmooth resume``: a run that was stopped goes on."""

from dataclasses import replace
from pathlib import Path

import click

from framesmooth.cli import options


@click.command()
@click.argument("run", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--model", metavar="NAME", help="Where the model is, when the record only knows its name.")
@click.option(
    "--audio",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the sound is, when the record only knows its name.",
)
@options.overwrite
@options.json_file
@options.common
def resume(
    run: Path,
    model: str | None,
    audio: Path | None,
    overwrite: bool,
    json_file: str | None,
    progress: str,
) -> None:
    """Finish the clip of the run folder RUN, with the settings in its record.

    Frames that are there are used as they are. The result is the one that the uninterrupted run would have
    given. The record holds only the names of a model folder and of a sound file that lie elsewhere than with
    the clip: say where they are.

    \b
    Example:
      framesmooth resume clip.framesmooth
      framesmooth resume clip.framesmooth --model ~/models/dreamer
    """  # fmt: skip
    from framesmooth.cli.generate import make_and_show
    from framesmooth.run import RunFolder
    from framesmooth.settings import ClipSettings

    record = RunFolder(run).record
    settings = ClipSettings.from_record(record, run)
    if record.get("status") == "complete" and settings.output.exists() and not overwrite:
        click.echo(f"{settings.output} is complete already", err=True)
        click.echo(settings.output)
        return
    settings = replace(
        settings,
        model=model or settings.model,
        audio=audio or settings.audio,
        overwrite=overwrite or settings.overwrite,
    )
    make_and_show(settings, progress, json_file)
