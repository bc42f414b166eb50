"""``framesmooth train``: learns from pictures of one's own."""

from pathlib import Path
from typing import Any

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import HeadedCommand
from framesmooth.cli.options.from_settings import options_of
from framesmooth.setting import settings_of
from framesmooth.workflows.settings.train import CheckDataSettings, TrainLoraSettings


@click.command(cls=HeadedCommand)
@click.argument("what", metavar="lora|check", type=click.Choice(["lora", "check"]))
@click.argument("data", metavar="DATA", type=click.Path())
@options_of(TrainLoraSettings)
@common.json_file
@common.common
def train(what: str, data: str, json_file: str | None, progress: str, **settings: Any) -> None:
    """Learn from DATA, a folder of pictures or clips.

    lora trains a LoRA, a small file that adds a style or a subject to a model and is used by generate --lora.
    Captions are .txt files beside the pictures, metadata.jsonl or metadata.csv in the folder, or a trigger
    word. The same command goes on with a training that was stopped.

    check says what is wrong with DATA: sizes, duplicates, captions that are missing or too long, files that
    cannot be read. It trains nothing and takes the same options.

    \b
    Examples:
      framesmooth train check pictures/
      framesmooth train lora pictures/ -o style.safetensors --minutes 15
      framesmooth train lora pictures/ -o style.safetensors --trigger-word "my style" --steps 500
      framesmooth train lora clips/ -o style.safetensors --rank 8 --resolution 128
      framesmooth generate "a cat by the sea, my style" -o cat.mp4 --lora style.safetensors
    """
    if what == "check":
        known = {field.key for field in settings_of(CheckDataSettings)}
        _check(data, json_file, progress, {key: one for key, one in settings.items() if key in known})
        return
    from framesmooth.cli.progress import progress_listener
    from framesmooth.workflows.outputs import check_files
    from framesmooth.workflows.train_lora import train_lora

    check_files((), (common.json_path(json_file),), overwrite=settings["overwrite"])
    with progress_listener(progress) as emit:
        made = train_lora(Path(data), on_event=emit, **settings)
    if not common.write_json(json_file, made.as_dict()):
        losses = [loss for loss in made.held_out if loss == loss]
        held_out = f"; held-out loss {losses[0]:.4f} to {min(losses):.4f}" if losses else ""
        click.echo(f"{made.output}: step {made.best_step} of {made.steps}, {made.minutes:.1f} min{held_out}")
        click.echo(f"{made.folder}: pictures, loss.png, log.jsonl")


def _check(data: str, json_file: str | None, progress: str, settings: dict[str, Any]) -> None:
    from framesmooth.cli.progress import progress_listener
    from framesmooth.workflows.check_data import check_data

    with progress_listener(progress) as emit:
        report = check_data(Path(data), on_event=emit, **settings)
    if not common.write_json(json_file, report.as_dict()):
        clips = f" ({report.clips} clips)" if report.clips else ""
        click.echo(f"{report.files} files{clips}, {report.captioned} with a caption")
        for (height, width), count in sorted(report.sizes.items()):
            click.echo(f"  {count} trained at {width}x{height}")
        for problem in report.problems:
            click.echo(f"{'error' if problem.fatal else 'warning'}: {problem}")
        if not report.problems:
            click.echo("nothing is wrong with it")
    if not report.usable:
        raise click.exceptions.Exit(1)
