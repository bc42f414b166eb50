"""``framesmooth smooth``: removes flicker from a clip."""

from pathlib import Path
from typing import Any

import click

from framesmooth import defaults
from framesmooth.cli.options import common
from framesmooth.cli.options.command import EVERYDAY, HeadedCommand, headed_option
from framesmooth.registry import names


@click.command(cls=HeadedCommand)
@common.source
@common.output
@headed_option(
    "-s",
    "--smooth-strength",
    "strength",
    formerly=("--strength",),
    heading=EVERYDAY,
    unset=f"{defaults.STRENGTH}; of a run its own",
    metavar="STRENGTH",
    help="How much flicker is removed, 0 to 1; 0 changes nothing. Or a schedule: '0:(0.3), 48:(0.9)'.",
)
@headed_option(
    "--smoother",
    "method",
    formerly=("--method",),
    heading=EVERYDAY,
    type=click.Choice(names("smoother")),
    unset=f"{defaults.SMOOTHER}; of a run its own",
    help="Method that removes flicker. trajectory removes most for the detail it costs; ema is faster and "
    "softer; poisson keeps fine structure; deflicker only evens out exposure and colour.",
)
@headed_option(
    "--flow",
    heading=common.MOTION,
    type=click.Choice(common.FLOWS),
    help="Optical flow estimator for smoothing.  [default: the smoother's own]",
)
@common.flow_weights
@headed_option(
    "--guide",
    heading=common.MOTION,
    metavar="CLIP",
    help="Estimate the motion on this clip of the same length: the footage of a stylised IN.",
)
@headed_option(
    "--loop/--no-loop",
    heading=common.SMOOTHING,
    default=None,
    help="IN is a loop: smooth from its last frame on to its first, too.  [default: as the run was made]",
)
@headed_option(
    "--measure/--no-measure",
    "measured",
    heading=common.REPORTS,
    default=True,
    show_default=True,
    help="Measure the flicker before and after, and print the table.",
)
@headed_option(
    "--report",
    heading=common.REPORTS,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    callback=common.writable_folder,
    help="Write report.html, metrics.json, .csv and .png, and a strip of frames before and after into DIR.",
)
@common.no_audio
@common.fps
@common.frame_range
@common.reading
@common.encoding
@common.json_file
@common.common
def smooth(source: str, output: str, json_file: str | None, progress: str, **settings: Any) -> None:
    """Remove the flicker of IN: a video, an animation, a folder of frames or a run folder.

    Prints the flicker before and after. Sound and metadata are kept. The output appears only when it is
    complete. A run folder is smoothed again as its clip was, unless you say otherwise.

    \b
    Examples:
      framesmooth smooth flickering.mp4 -o steady.mp4
      framesmooth smooth flickering.mp4 -o steady.mp4 --smooth-strength 0.9
      framesmooth smooth flickering.mp4 -o steady.mp4 --smooth-strength "0:(0.2), 48:(0.9)"
      framesmooth smooth flickering.mp4 -o steady.mp4 --report report/
      framesmooth smooth loop.webp -o steady.webp --loop
      framesmooth smooth stylised.mp4 -o steady.mp4 --guide filmed.mp4
      framesmooth smooth frames/ -o steady/ --smoother ema
      framesmooth smooth clip.framesmooth -o clip2.webm --smooth-strength 0.3 --crf 24
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.cli.tables import print_comparison
    from framesmooth.workflows import smooth as workflow

    if json_file is not None and not settings["measured"]:
        raise click.UsageError("--json needs the metrics that --no-measure leaves out: drop one of them")
    with progress_listener(progress) as emit:
        made = workflow.smooth(source, output, on_event=emit, **settings)
    if made.before is not None and made.after is not None:
        if common.write_json(json_file, made.as_dict()):
            return
        print_comparison(made.before, made.after)
    click.echo(f"smoothed by {made.smoothing.words}")
    click.echo(output)
