"""``framesmooth assemble``: frames, and sound, become a clip."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import HeadedCommand


@click.command(cls=HeadedCommand)
@click.argument("source", metavar="IN")
@common.output
@common.fps
@common.frame_range
@common.strict
@common.no_audio
@common.encoding
@common.common
def assemble(
    source: str,
    output: str,
    fps: Fraction | None,
    frame_range: tuple[int, int | None] | None,
    strict: bool,
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
    from framesmooth.workflows.metadata_passthrough import audio_to_keep, tags_to_keep, uneven_for

    check_not_input(source, output)
    check_output(output, overwrite=encoding["overwrite"])
    uneven = uneven_for(audio, no_audio=no_audio)
    clip = open_clip(Path(source), fps=fps, frame_range=frame_range, uneven=uneven, strict=strict)
    with (
        progress_listener(progress) as emit,
        open_sink(
            output,
            fps=clip.fps,
            size=clip.size,
            audio=audio_to_keep(Path(source), output, clip, emit, audio=audio, no_audio=no_audio),
            metadata=tags_to_keep(Path(source)),
            **encoding,
        ) as sink,
    ):
        copy_clip(clip, sink, emit)
    click.echo(output)
