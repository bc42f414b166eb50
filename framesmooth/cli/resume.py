"""``framesmooth resume``: a run that was stopped goes on."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from framesmooth.cli.options import common
from framesmooth.cli.options import conditioning as control_options
from framesmooth.cli.options import model as model_options

if TYPE_CHECKING:
    from framesmooth.models.controlnet_spec import ControlKind
    from framesmooth.models.lora_spec import Lora, TextualInversion


_MOVED: Final = {
    "config": ("DIR", "the folder beside a model in one file"),
    "audio": ("FILE", "the sound"),
    "init-image": ("FILE", "the first picture"),
    "last-image": ("FILE", "the last picture"),
    "depth-model": ("DIR", "the model of depth"),
    "init-video": ("PATH", "the video to restyle"),
}


def moved(command: common.Command) -> common.Command:
    """Add an option for each thing that a record may only know by name: where it lies now."""
    for name, (kind, what) in reversed(_MOVED.items()):
        told = f"Where {what} is, when the record only knows its name."
        command = click.option(f"--{name}", type=click.Path(path_type=Path), metavar=kind, help=told)(command)
    return command


@click.command()
@click.argument("run", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--model", metavar="NAME", help="Where the model is, when the record only knows its name.")
@moved
@model_options.additions
@control_options.steered_by
@model_options.saving_memory
@click.option(
    "--force",
    is_flag=True,
    help="Go on although settings, model or libraries have changed; frames of another library are kept.",
)
@click.option("--allow-download", is_flag=True, help="Fetch the hub id of the model if it isn't here.")
@click.option(
    "--sign",
    type=click.Path(path_type=Path),
    metavar="PEM",
    help="Sign the clip, as with generate: where the key lies is not recorded.",
)
@common.overwrite
@common.json_file
@common.common
def resume(
    run: Path,
    model: str | None,
    config: Path | None,
    audio: Path | None,
    init_image: Path | None,
    last_image: Path | None,
    depth_model: Path | None,
    init_video: Path | None,
    loras: "tuple[Lora, ...]",
    textual_inversions: "tuple[TextualInversion, ...]",
    control: "tuple[ControlKind, Path] | None",
    control_model: str | None,
    ip_adapter: str | None,
    ip_adapter_image: Path | None,
    low_vram: bool,
    cpu_offload: bool,
    force: bool,
    allow_download: bool,
    sign: Path | None,
    overwrite: bool,
    json_file: str | None,
    progress: str,
) -> None:
    """Finish the clip of the run folder RUN, with the settings in its record.

    Frames that are there and whole are used as they are. The result is the one that the uninterrupted run
    would have given; if settings, model or libraries are no longer those that the run began with, it says
    what differs and stops. The record holds only the names of a model folder, LoRAs, textual inversions, a
    ControlNet and its source, an IP-Adapter and its picture, a sound file, pictures and a video that lie
    elsewhere than with the clip: say where they are.

    \b
    Examples:
      framesmooth resume clip.framesmooth
      framesmooth resume clip.framesmooth --model ~/models/dreamer
      framesmooth resume clip.framesmooth --force
    """  # fmt: skip
    from framesmooth.cli.generate import show_made
    from framesmooth.cli.progress import progress_listener
    from framesmooth.workflows.generate.resume import Resume, resume_run

    how = Resume(
        model=model,
        config=config,
        audio=audio,
        init_image=init_image,
        last_image=last_image,
        depth_model=depth_model,
        init_video=init_video,
        loras=loras,
        textual_inversions=textual_inversions,
        control=control,
        control_model=control_model,
        ip_adapter=ip_adapter,
        ip_adapter_image=ip_adapter_image,
        low_vram=low_vram,
        cpu_offload=cpu_offload,
        sign=sign,
        overwrite=overwrite,
        force=force,
        allow_download=allow_download,
    )
    with progress_listener(progress) as emit:
        made = resume_run(run, how, emit)
    if isinstance(made, Path):
        click.echo(f"{made} is complete already", err=True)
        click.echo(made)
    else:
        show_made(made, json_file)
