"""``framesmooth interpolate``: inserts frames between those of a clip."""

from typing import Any

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import HeadedCommand
from framesmooth.cli.options.from_settings import options_of
from framesmooth.workflows.settings.interpolate import InterpolateSettings


@click.command(cls=HeadedCommand)
@common.source
@common.piped_output
@options_of(InterpolateSettings)
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
      ffmpeg -i a.mov -f yuv4mpegpipe - | framesmooth interpolate - -o - --cadence 2 | ffmpeg -i - b.mp4
      framesmooth interpolate film.mp4 -o smooth.mp4 --to-fps 60 --flow raft --flow-weights raft.safetensors
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.workflows import interpolate as workflow
    from framesmooth.workflows.outputs import check_files

    check_files((source,), (common.json_path(json_file),), overwrite=settings["overwrite"])
    with common.printing_beside(output, json_file):
        with progress_listener(progress) as emit:
            made = workflow.interpolate(source, output, on_event=emit, **settings)
        if not common.write_json(json_file, made.as_dict()):
            common.print_output(output)
