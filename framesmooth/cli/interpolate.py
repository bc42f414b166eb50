"""``framesmooth interpolate``: frames between frames."""

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from framesmooth.cli import types
from framesmooth.cli.options import common
from framesmooth.cli.options import report as report_options
from framesmooth.cli.options.command import EVERYDAY, HeadedCommand, headed_option

if TYPE_CHECKING:
    from framesmooth.workflows.clip_steps import DropRepeats


@click.command(cls=HeadedCommand)
@click.argument("source", metavar="IN")
@common.output
@headed_option(
    "--cadence",
    heading=EVERYDAY,
    type=click.IntRange(min=1),
    help="IN holds every N-th frame: N - 1 new ones come between two of them.",
)
@headed_option(
    "--to-fps",
    heading=EVERYDAY,
    type=types.Rate(),
    help="Frames per second of the result, as an alternative.",
)
@headed_option(
    "--at-cuts",
    heading=EVERYDAY,
    type=click.Choice(["fade", "hold"]),
    help="Between two scenes: dissolve, or keep the cut.  [default: fade with --cadence, hold with --to-fps]",
)
@headed_option(
    "--drop-repeats",
    heading=EVERYDAY,
    type=click.Choice(["auto", "on", "off"]),
    default="auto",
    show_default=True,
    help="Leave out frames that repeat the one before, so that motion is even; auto: where they recur.",
)
@headed_option(
    "--loop",
    heading=EVERYDAY,
    is_flag=True,
    help="IN is a loop: frames come between its last and its first, too.",
)
@common.flow
@common.no_audio
@common.fps
@common.frame_range
@common.strict
@common.encoding
@common.json_file
@common.common
def interpolate(
    source: str,
    output: str,
    cadence: int | None,
    to_fps: Fraction | None,
    at_cuts: str | None,
    drop_repeats: "DropRepeats",
    loop: bool,
    flow: str,
    flow_weights: Path | None,
    no_audio: bool,
    fps: Fraction | None,
    frame_range: tuple[int, int | None] | None,
    strict: bool,
    audio: str | None,
    json_file: str | None,
    progress: str,
    **encoding: Any,
) -> None:
    """Put frames between those of IN, along the motion: a folder of keyframes, a video, a run folder.

    The clip's own frames stay as they are wherever one is due: --cadence K makes (n - 1) K + 1 frames out of
    n, and n K with --loop. With --to-fps, and beside sound, the clip lasts as long as before: the last frame
    is held. Held frames, as of animation on twos or of films brought to another rate, are left out where they
    recur, and it is said. Where motion cannot be followed, frames are cross-faded, and it is said where;
    --json writes it down.

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
    from framesmooth.workflows.metadata_passthrough import audio_to_keep, tags_to_keep, uneven_for

    if (cadence is None) == (to_fps is None):
        raise click.UsageError("give either --cadence N or --to-fps RATE")
    estimator = load_flow(common.chosen_flow(flow, flow_weights))
    check_not_input(source, output)
    check_output(output, overwrite=encoding["overwrite"])
    report_options.check_files((source,), (json_file,), overwrite=encoding["overwrite"])
    uneven = "stored" if to_fps else uneven_for(audio, no_audio=no_audio)
    clip = open_clip(Path(source), fps=fps, frame_range=frame_range, uneven=uneven, strict=strict)
    rate = to_fps or clip.fps * (cadence or 1)
    kept = at_cuts or ("hold" if cadence is None else "fade")
    with progress_listener(progress) as emit:
        sound = audio_to_keep(Path(source), output, clip, emit, audio=audio, no_audio=no_audio)
        upsampler = Upsampler(
            estimator,
            clip.fps / rate,
            "hold" if kept == "hold" else "fade",
            loop,
            hold_last=to_fps is not None or sound is not None,
        )
        with open_sink(
            output,
            fps=rate,
            size=clip.size,
            audio=sound,
            metadata=tags_to_keep(
                Path(source), f"frames interpolated by framesmooth: {clip.fps} to {rate} fps"
            ),
            **encoding,
        ) as sink:
            upsample_clip(clip, sink, emit, upsampler, drop_repeats)
    if not common.write_json(json_file, {"output": Path(output).name, **upsampler.as_dict()}):
        click.echo(output)
