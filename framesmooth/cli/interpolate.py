"""``framesmooth interpolate``: frames between frames."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from framesmooth.cli import options, reports


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
@click.option("--loop", is_flag=True, help="IN is a loop: frames come between its last and its first, too.")
@options.flow
@options.no_audio
@options.fps
@options.frame_range
@options.encoding
@options.json_file
@options.common
def interpolate(
    source: str,
    output: str,
    cadence: int | None,
    to_fps: Fraction | None,
    at_cuts: str | None,
    loop: bool,
    flow: str,
    flow_weights: Path | None,
    no_audio: bool,
    fps: Fraction | None,
    frame_range: tuple[int, int | None] | None,
    audio: str | None,
    json_file: str | None,
    progress: str,
    **encoding: Any,
) -> None:
    """Put frames between those of IN, along the motion: a folder of keyframes, a video, a run folder.

    The clip lasts as long as before, and its own frames stay as they are wherever one is due: --cadence K
    makes (n - 1) K + 1 frames out of n, and n K with --loop. Where motion cannot be followed, frames are
    cross-faded, and it is said where; --json writes it down.

    \b
    Examples:
      framesmooth interpolate keyframes/ -o frames/ --cadence 8
      framesmooth interpolate keyframes/ -o clip.mp4 --cadence 4 --fps 6
      framesmooth interpolate keyframes/ -o loop.webp --cadence 6 --loop
      framesmooth interpolate film.mp4 -o smooth.mp4 --to-fps 60
      framesmooth interpolate film.mp4 -o smooth.mp4 --to-fps 60 --flow raft --flow-weights raft.safetensors
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.flow import load_flow
    from framesmooth.inherit import sound_of, tags_of
    from framesmooth.steady import check_not_input, open_clip, upsample_clip
    from framesmooth.upsample import Upsampler
    from framesmooth.video import check_output, open_sink

    if (cadence is None) == (to_fps is None):
        raise click.UsageError("give either --cadence N or --to-fps RATE")
    estimator = load_flow(options.chosen_flow(flow, flow_weights))
    check_not_input(source, output)
    check_output(output, overwrite=encoding["overwrite"])
    reports.check_files((source,), (json_file,), overwrite=encoding["overwrite"])
    clip = open_clip(Path(source), fps=fps, frame_range=frame_range)
    rate = to_fps or clip.fps * (cadence or 1)
    kept = at_cuts or ("hold" if cadence is None else "fade")
    upsampler = Upsampler(estimator, clip.fps / rate, "hold" if kept == "hold" else "fade", loop)
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
        upsample_clip(clip, sink, emit, upsampler)
    if not options.write_json(json_file, {"output": Path(output).name, **upsampler.as_dict()}):
        click.echo(output)
