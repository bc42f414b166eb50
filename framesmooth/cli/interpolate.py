"""``framesmooth interpolate``: inserts frames between those of a clip."""

from typing import Any

import click

from framesmooth.cli import types
from framesmooth.cli.options import common
from framesmooth.cli.options.command import EVERYDAY, HeadedCommand, headed_option


@click.command(cls=HeadedCommand)
@common.source
@common.output
@headed_option(
    "--cadence",
    heading=EVERYDAY,
    type=click.IntRange(min=1),
    help="IN holds every N-th frame: N - 1 new ones are inserted between two of them.",
)
@headed_option(
    "--to-fps",
    heading=EVERYDAY,
    type=types.Rate(),
    help="Frames per second of the result, instead of --cadence.",
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
    help="IN is a loop: frames are also inserted between its last and its first.",
)
@common.flow
@common.no_audio
@common.fps
@common.frame_range
@common.reading
@common.encoding
@common.json_file
@common.common
def interpolate(source: str, output: str, json_file: str | None, progress: str, **settings: Any) -> None:
    """Insert frames between those of IN, a folder of keyframes, a video or a run folder, along the motion.

    Existing frames stay unchanged wherever the output has a frame at their time: --cadence K makes (n - 1) K
    + 1 frames out of n, and n K with --loop. With --to-fps, and beside sound, the clip lasts as long as
    before: the last frame is held. Held frames, as in animation on twos or films converted to another rate,
    are dropped where they recur, with a notice. Where motion cannot be followed, frames are cross-faded; a
    notice and --json say where.

    \b
    Examples:
      framesmooth interpolate keyframes/ -o frames/ --cadence 8
      framesmooth interpolate keyframes/ -o clip.mp4 --cadence 4 --fps 6
      framesmooth interpolate keyframes/ -o loop.webp --cadence 6 --loop
      framesmooth interpolate film.mp4 -o smooth.mp4 --to-fps 60
      framesmooth interpolate film.mp4 -o smooth.mp4 --to-fps 60 --flow raft --flow-weights raft.safetensors
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.workflows import interpolate as workflow
    from framesmooth.workflows.outputs import check_files

    check_files((source,), (common.json_path(json_file),), overwrite=settings["overwrite"])
    with progress_listener(progress) as emit:
        made = workflow.interpolate(source, output, on_event=emit, **settings)
    if not common.write_json(json_file, made.as_dict()):
        click.echo(output)
