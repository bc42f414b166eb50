"""``framesmooth evaluate``: measures how well a model does on a data set."""

from pathlib import Path
from typing import Any

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import HeadedCommand
from framesmooth.cli.options.from_settings import options_of
from framesmooth.workflows.settings.evaluate import EvaluateSettings


@click.command(cls=HeadedCommand)
@click.argument("model")
@click.argument("data", type=click.Path(path_type=Path))
@options_of(EvaluateSettings)
@common.json_file
@common.common
def evaluate(model: str, data: Path, json_file: str | None, progress: str, **settings: Any) -> None:
    """Say how well MODEL reconstructs, follows and resembles DATA, a folder of images or clips with captions.

    Images are generated from the data's captions. Measured are what the autoencoder loses, how well images
    agree with their captions, how far they are from those of the data, how diverse they are, and how much
    clips flicker. CLIP from a local folder judges what images show, or else a small classifier that is
    trained on the data's captions first.

    \b
    Examples:
      framesmooth evaluate storybook pictures/
      framesmooth evaluate storybook pictures/ --lora style.safetensors --trigger-word "my style"
      framesmooth evaluate storybook pictures/ --pictures 200 --clips 4 --html page.html
      framesmooth evaluate ~/models/sd15 pictures/ --clip-model ~/models/clip --json figures.json
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.workflows.evaluate import evaluate as judge
    from framesmooth.workflows.outputs import check_files

    check_files((), (common.json_path(json_file),), overwrite=settings["overwrite"])
    with progress_listener(progress) as emit:
        found = judge(model, data, on_event=emit, **settings).as_dict()
    if common.write_json(json_file, found):
        return
    click.echo(f"judged by {found['judge']}: {found['pictures']} drawn, {found['references']} of the data")
    for group in ("reconstruction", "agreement", "distances", "flicker"):
        for name, value in found[group].items():
            reached = found["agreement_of_data"].get(name) if group == "agreement" else None
            beside = "" if reached is None else f"   (the data itself {reached:.4g})"
            click.echo(f"{group:>15} {name:<18} {value:.4g}{beside}")
    click.echo(f"{'diversity':>15} {'':<18} {found['diversity']:.4g}")
    if settings["html_file"] is not None:
        click.echo(settings["html_file"])
