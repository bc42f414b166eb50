"""``framesmooth interpolate``: frames between frames."""

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from framesmooth.cli import types
from framesmooth.cli.options import common
from framesmooth.cli.options import report as report_options

if TYPE_CHECKING:
    from framesmooth.video import Reading


@click.command()
@click.argument("source", metavar="IN")
@common.output
@click.option(
    "--cadence",
    type=click.IntRange(min=1),
    help="IN holds every N-th frame: N - 1 new ones come between two of them.",
)
@click.option("--to-fps", type=types.Rate(), help="Frames per second of the result, as an alternative.")
@click.option(
    "--at-cuts",
    type=click.Choice(["fade", "hold"]),
    help="Between two scenes: dissolve, or keep the cut.  [default: fade with --cadence, hold with --to-fps]",
)
@click.option("--loop", is_flag=True, help="IN is a loop: frames come between its last and its first, too.")
@common.flow
@common.no_audio
@common.fps
@common.frame_range
@common.reading
@common.encoding
@common.json_file
@common.common
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
    reading: "Reading",
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
    from framesmooth.interpolation.upsampler import Upsampler
    from framesmooth.motion.flow.base import load_flow
    from framesmooth.runs.open_clip import open_clip
    from framesmooth.video import check_output, open_sink
    from framesmooth.workflows.clip_steps import check_not_input, upsample_clip
    from framesmooth.workflows.metadata_passthrough import audio_to_keep, tags_to_keep

    if (cadence is None) == (to_fps is None):
        raise click.UsageError("give either --cadence N or --to-fps RATE")
    estimator = load_flow(common.chosen_flow(flow, flow_weights))
    check_not_input(source, output)
    check_output(output, overwrite=encoding["overwrite"])
    report_options.check_files((source,), (json_file,), overwrite=encoding["overwrite"])
    clip = open_clip(Path(source), fps=fps, frame_range=frame_range, reading=reading)
    rate = to_fps or clip.fps * (cadence or 1)
    kept = at_cuts or ("hold" if cadence is None else "fade")
    upsampler = Upsampler(estimator, clip.fps / rate, "hold" if kept == "hold" else "fade", loop)
    with (
        progress_listener(progress) as emit,
        open_sink(
            output,
            fps=rate,
            size=clip.size,
            audio=None if no_audio else audio or audio_to_keep(Path(source), output, frame_range, emit),
            metadata=tags_to_keep(
                Path(source), f"frames interpolated by framesmooth: {clip.fps} to {rate} fps"
            ),
            **encoding,
        ) as sink,
    ):
        upsample_clip(clip, sink, emit, upsampler)
    if not common.write_json(json_file, {"output": Path(output).name, **upsampler.as_dict()}):
        click.echo(output)
