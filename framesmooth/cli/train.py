"""``framesmooth train``: trains a LoRA or a motion adapter on one's own data, or checks the data."""

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from framesmooth.cli.options import common
from framesmooth.cli.options.command import HeadedCommand
from framesmooth.cli.options.from_settings import options_of
from framesmooth.errors import UsageError
from framesmooth.setting import SettingGroup, settings_of
from framesmooth.workflows.settings.train import CheckDataSettings, TrainLoraSettings, TrainMotionSettings


@click.command(cls=HeadedCommand)
@click.argument("what", metavar="lora|motion|check", type=click.Choice(["lora", "motion", "check"]))
@click.argument("data", metavar="DATA", type=click.Path())
@options_of(TrainLoraSettings)
@options_of(TrainMotionSettings, only=("frames", "fps", "motion_adapter"))
@options_of(CheckDataSettings, only=("purpose",))
@common.json_file
@common.common
@click.pass_context
def train(
    ctx: click.Context, /, what: str, data: str, json_file: str | None, progress: str, **settings: Any
) -> None:
    """Train on DATA, a folder of images or clips.

    lora trains a LoRA, a small file that adds a style or a subject to a model and is used by generate --lora.
    motion trains a motion adapter, a folder that makes a Stable Diffusion model generate clips that move as
    DATA does, for generate --motion-adapter. Captions are .txt files beside the files, metadata.jsonl or
    metadata.csv in the folder, or a trigger word. Run the same command again to continue after a stop.

    check only reports problems of DATA: sizes, duplicates, captions that are missing or too long, files that
    cannot be read; with --for motion, clips that are short or have cuts inside.

    \b
    Examples:
      framesmooth train check pictures/
      framesmooth train lora pictures/ -o style.safetensors --trigger-word "my style" --minutes 15
      framesmooth train lora clips/ -o style.safetensors --rank 8 --resolution 128 --steps 500
      framesmooth generate "a cat by the sea, my style" -o cat.mp4 --lora style.safetensors
      framesmooth train check waves/ --for motion --model ~/models/sd15
      framesmooth train motion waves/ -o sway --model ~/models/sd15 --minutes 60
      framesmooth generate "a cat" -o cat.mp4 --model ~/models/sd15 --motion-adapter sway
    """
    kind = {"lora": TrainLoraSettings, "motion": TrainMotionSettings, "check": CheckDataSettings}[what]
    settings = _meant(ctx, what, kind, settings)
    if what == "check":
        _check(data, json_file, progress, settings)
        return
    import framesmooth
    from framesmooth.cli.progress import progress_listener
    from framesmooth.workflows.outputs import check_files

    check_files((), (common.json_path(json_file),), overwrite=settings["overwrite"])
    learn = framesmooth.train_lora if what == "lora" else framesmooth.train_motion
    with progress_listener(progress) as emit:
        made = learn(Path(data), on_event=emit, **settings)
    if not common.write_json(json_file, made.as_dict()):
        losses = [loss for loss in made.held_out if loss == loss]
        held_out = f"; held-out loss {losses[0]:.4f} to {min(losses):.4f}" if losses else ""
        click.echo(f"{made.output}: step {made.best_step} of {made.steps}, {made.minutes:.1f} min{held_out}")
        more = "pictures, loss.png, log.jsonl" if what == "lora" else "loss.png, log.jsonl"
        click.echo(f"{made.folder}: {more}")


def _meant(ctx: click.Context, what: str, kind: type[SettingGroup], given: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of what is done; refuse options of the others, unless a check takes no notice."""
    known = {field.key for field in settings_of(kind)}
    sources = {key: ctx.get_parameter_source(key) for key in given}
    asked = [key for key, source in sources.items() if source is ParameterSource.COMMANDLINE]
    strange = next((key for key in asked if key not in known and what != "check"), None)
    if strange is not None:
        option = next(one.opts[-1] for one in ctx.command.params if one.name == strange)
        raise UsageError(f"{option} is not for train {what}: drop it")
    chosen = {key: one for key, one in given.items() if key in known}
    if "output" not in asked:
        chosen.pop("output", None)
    return chosen


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
