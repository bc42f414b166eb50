"""``framesmooth interpolate``: frames between frames."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from framesmooth.cli import options
from framesmooth.plugins import names


@click.command()
@click.argument("source", metavar="IN")
@options.output
@click.option(
    "--cadence",
    type=click.IntRange(min=1),
    help="IN holds every N-th frame: N - 1 new ones come between two of them.",
)
@click.option("--to-fps", type=options.Rate(), help="Frames per second of the result, as an alternative.")
@click.option(
    "--at-cuts",
    type=click.Choice(["fade", "hold"]),
    help="Between two scenes: dissolve, or keep the cut.  [default: fade with --cadence, hold with --to-fps]",
)
@click.option(
    "--flow",
    type=click.Choice(names("flow")),
    default="dis-fine",
    show_default=True,
    help="How motion is estimated.",
)
@options.no_audio
@options.fps
@options.frame_range
@options.encoding
@options.common
def interpolate(
    source: str,
    output: str,
    cadence: int | None,
    to_fps: Fraction | None,
    at_cuts: str | None,
    flow: str,
    no_audio: bool,
    fps: Fraction | None,
    frame_range: tuple[int, int | None] | None,
    audio: str | None,
    progress: str,
    **encoding: Any,
) -> None:
    """Put frames between those of IN, along the motion: a folder of keyframes, a video, a run folder.

    The clip lasts as long as before, and its own frames stay as they are wherever one is due. Where motion
    cannot be followed, frames are cross-faded, and it is said where.

    \b
    Examples:
      framesmooth interpolate keyframes/ -o frames/ --cadence 8
      framesmooth interpolate keyframes/ -o clip.mp4 --cadence 4 --fps 6
      framesmooth interpolate film.mp4 -o smooth.mp4 --to-fps 60
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.inherit import sound_of, tags_of
    from framesmooth.steady import check_not_input, open_clip, upsample_clip
    from framesmooth.video import check_output, open_sink

    if (cadence is None) == (to_fps is None):
        raise click.UsageError("give either --cadence N or --to-fps RATE")
    check_not_input(source, output)
    check_output(output, overwrite=encoding["overwrite"])
    clip = open_clip(Path(source), fps=fps, frame_range=frame_range)
    rate = to_fps or clip.fps * (cadence or 1)
    with (
        progress_listener(progress) as emit,
        open_sink(
            output,
            fps=rate,
            size=clip.size,
            audio=None if no_audio else audio or sound_of(Path(source), output, frame_range, emit),
            metadata=tags_of(Path(source), f"frames interpolated by framesmooth: {clip.fps} to {rate} fps"),
            **encoding,
        ) as sink,
    ):
        kept = at_cuts or ("hold" if cadence is None else "fade")
        upsample_clip(clip, sink, emit, rate=rate, at_cuts="hold" if kept == "hold" else "fade", flow=flow)
    click.echo(output)
