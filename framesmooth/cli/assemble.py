"""``framesmooth assemble``: encodes frames, and sound, as a clip."""

from typing import Any

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import HeadedCommand
from framesmooth.cli.options.from_settings import options_of
from framesmooth.workflows.settings.assemble import AssembleSettings


@click.command(cls=HeadedCommand)
@common.source
@common.output
@options_of(AssembleSettings)
@common.common
def assemble(source: str, output: str, progress: str, **settings: Any) -> None:
    """Encode the frames of IN as a clip, or split a clip into frames.

    IN is a folder of frames, a run folder, a video or an animation; frames are not changed, sound and
    metadata are kept.

    \b
    Examples:
      framesmooth assemble frames/ -o clip.mp4 --fps 24
      framesmooth assemble frames/ -o clip.mp4 --fps 24 --audio music.wav
      framesmooth assemble clip.mp4 -o frames/
      framesmooth assemble clip.mp4 -o clip.webp --frame-range 0:48
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.workflows import assemble as workflow

    with progress_listener(progress) as emit:
        workflow.assemble(source, output, on_event=emit, **settings)
    click.echo(output)
