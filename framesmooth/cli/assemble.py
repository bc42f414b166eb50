"""``framesmooth assemble``: frames, and sound, become a clip."""

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from framesmooth.cli.options import common

if TYPE_CHECKING:
    from framesmooth.video import Reading


@click.command()
@click.argument("source", metavar="IN")
@common.output
@common.fps
@common.frame_range
@common.reading
@common.no_audio
@common.encoding
@common.common
def assemble(
    source: str,
    output: str,
    fps: Fraction | None,
    frame_range: tuple[int, int | None] | None,
    reading: "Reading",
    no_audio: bool,
    audio: str | None,
    progress: str,
    **encoding: Any,
) -> None:
    """Put the frames of IN together into a clip, or take a clip apart into frames.

    IN is a folder of frames, a run folder, a video or an animation; frames are taken as they are, sound and
    tags go along.

    \b
    Examples:
      framesmooth assemble frames/ -o clip.mp4 --fps 24
      framesmooth assemble frames/ -o clip.mp4 --fps 24 --audio music.wav
      framesmooth assemble clip.mp4 -o frames/
      framesmooth assemble clip.mp4 -o clip.webp --frame-range 0:48
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.runs.open_clip import open_clip
    from framesmooth.video import check_output, open_sink
    from framesmooth.workflows.clip_steps import check_not_input, copy_clip
    from framesmooth.workflows.metadata_passthrough import audio_to_keep, tags_to_keep

    check_not_input(source, output)
    check_output(output, overwrite=encoding["overwrite"])
    clip = open_clip(Path(source), fps=fps, frame_range=frame_range, reading=reading)
    with (
        progress_listener(progress) as emit,
        open_sink(
            output,
            fps=clip.fps,
            size=clip.size,
            audio=None if no_audio else audio or audio_to_keep(Path(source), output, frame_range, emit),
            metadata=tags_to_keep(Path(source)),
            **encoding,
        ) as sink,
    ):
        copy_clip(clip, sink, emit)
    click.echo(output)
