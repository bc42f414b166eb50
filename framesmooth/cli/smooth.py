"""``framesmooth smooth``: removes flicker from a clip."""

from typing import Any

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import HeadedCommand
from framesmooth.cli.options.from_settings import options_of
from framesmooth.workflows.settings.smooth import SmoothSettings


@click.command(cls=HeadedCommand)
@common.source
@common.piped_output
@options_of(SmoothSettings)
@common.json_file
@common.common
def smooth(source: str, output: str, json_file: str | None, progress: str, **settings: Any) -> None:
    """Remove the flicker of IN: a video, an animation, a folder of frames or a run folder.

    Prints the flicker before and after. Sound and metadata are kept. The output appears only when it is
    complete. A run folder is smoothed again as its clip was, unless other options are given. Unless you give
    --smooth-strength, shots that smoothing doesn't help stay as they are. - is stdin or stdout: one pass,
    which takes nothing back.

    \b
    Examples:
      framesmooth smooth flickering.mp4 -o steady.mp4
      framesmooth smooth flickering.mp4 -o steady.mp4 --smooth-strength "0:(0.2), 48:(0.9)"
      framesmooth smooth flickering.mp4 -o steady.mp4 --report report/
      ffmpeg -i a.mov -c:v ffv1 -f matroska - | framesmooth smooth - -o - | ffmpeg -i - b.mp4
      framesmooth smooth loop.webp -o steady.webp --loop
      framesmooth smooth stylised.mp4 -o steady.mp4 --guide filmed.mp4
      framesmooth smooth frames/ -o steady/ --smoother ema
      framesmooth smooth clip.framesmooth -o clip2.webm --smooth-strength 0.3 --crf 24
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.cli.tables import print_comparison
    from framesmooth.workflows import smooth as workflow

    if json_file is not None and not settings["measure"]:
        raise click.UsageError("--json needs the metrics that --no-measure leaves out: drop one of them")
    with common.printing_beside(output, json_file):
        with progress_listener(progress) as emit:
            made = workflow.smooth(source, output, on_event=emit, **settings)
        if made.before is not None and made.after is not None:
            if common.write_json(json_file, made.as_dict()):
                return
            print_comparison(made.before, made.after)
        click.echo(made.left or f"smoothed by {made.smoothing.words}")
        common.print_output(output)
