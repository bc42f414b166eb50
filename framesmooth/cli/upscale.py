"""``framesmooth upscale``: enlarges a clip."""

from typing import Any

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import HeadedCommand
from framesmooth.cli.options.from_settings import options_of
from framesmooth.workflows.settings.upscale import UpscaleSettings


@click.command(cls=HeadedCommand)
@common.source
@common.piped_output
@options_of(UpscaleSettings)
@common.json_file
@common.common
def upscale(source: str, output: str, json_file: str | None, progress: str, **settings: Any) -> None:
    """Enlarge the frames of IN, a video, a folder of frames or a run folder.

    storybook-x2, the default, was trained on painted pictures and undoes the blur of the autoencoder; lanczos
    invents nothing and suits everything; acnet is for drawings (pip install pyanime4k). What they add is kept
    steady along the motion.

    \b
    Examples:
      framesmooth upscale clip.mp4 -o large.mp4
      framesmooth upscale clip.mp4 -o hd.mp4 --size 1920x1080
      framesmooth upscale frames/ -o large/ --scale 4
      ffmpeg -i a.mov -f yuv4mpegpipe - | framesmooth upscale - -o - | ffmpeg -i - b.mp4
      framesmooth upscale footage.mp4 -o large.mp4 --model lanczos
      framesmooth upscale clip.mp4 -o large.mp4 --model ~/models/x4.safetensors --tile 256
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.workflows import upscale as workflow
    from framesmooth.workflows.outputs import check_files

    check_files((source,), (common.json_path(json_file),), overwrite=settings["overwrite"])
    with common.printing_beside(output, json_file):
        with progress_listener(progress) as emit:
            made = workflow.upscale(source, output, on_event=emit, **settings)
        if not common.write_json(json_file, made.as_dict()):
            common.print_output(output)
