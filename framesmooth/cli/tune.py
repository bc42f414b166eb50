"""``framesmooth tune``: finds the strength that a clip needs, and smooths the clip."""

from pathlib import Path
from typing import Any

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import EVERYDAY, HeadedCommand, headed_option
from framesmooth.registry import names


@click.command(cls=HeadedCommand)
@common.source
@common.output
@headed_option(
    "--max-detail-loss",
    heading=EVERYDAY,
    type=click.FloatRange(0, 1),
    default=0.03,
    show_default=True,
    help="Share of the fine detail that smoothing may cost; what flickered doesn't count as detail.",
)
@headed_option(
    "--target",
    heading=EVERYDAY,
    metavar="NAME=VALUE",
    help="Take the gentlest strength that brings warping_error, luma_flicker or flicker down to VALUE.",
)
@headed_option(
    "--smoother",
    "method",
    formerly=("--method",),
    heading="Search",
    type=click.Choice(names("smoother")),
    default="trajectory",
    show_default=True,
    help="The smoother whose strength is found.",
)
@headed_option(
    "--flow",
    heading=common.MOTION,
    type=click.Choice(names("flow")),
    help="Optical flow estimator for smoothing.  [default: the smoother's own]",
)
@headed_option(
    "--deep",
    heading="Search",
    is_flag=True,
    help="Try other methods and flows as well; the search takes about ten times as long.",
)
@headed_option(
    "--per-segment",
    heading="Search",
    is_flag=True,
    help="Give every shot between two cuts a strength of its own.",
)
@headed_option(
    "--budget",
    heading="Search",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Stop the search after so many seconds and take the best so far.  [default: no limit]",
)
@headed_option(
    "--report",
    heading=common.REPORTS,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    callback=common.writable_folder,
    help="Where report.html, pareto.png and the figures go.  [default: beside OUT, as OUT.tuning]",
)
@common.no_audio
@common.fps
@common.frame_range
@common.reading
@common.encoding
@common.json_file
@common.common
def tune(source: str, output: str, json_file: str | None, progress: str, **settings: Any) -> None:
    """Find the strength that removes most flicker from IN at the least harm, and smooth IN with it.

    Strengths are tried on a sample: where the clip flickers most and where it moves most. The whole clip is
    smoothed once. A clip without flicker, or without usable motion, is left unchanged, with the reason.
    Ctrl-C in the search takes the best so far. Prints the command line that makes the same clip.

    \b
    Examples:
      framesmooth tune flickering.mp4 -o steady.mp4
      framesmooth tune flickering.mp4 -o steady.mp4 --max-detail-loss 0.01
      framesmooth tune flickering.mp4 -o steady.mp4 --target warping_error=0.5
      framesmooth tune film.mp4 -o steady.mp4 --per-segment --budget 60
      framesmooth tune flickering.mp4 -o steady.mp4 --deep --json tuned.json
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.cli.tables import print_comparison
    from framesmooth.workflows import tune as workflow

    with progress_listener(progress) as emit:
        made = workflow.tune(source, output, on_event=emit, **settings)
    if common.write_json(json_file, made.as_dict() | {"output": output}):
        return
    print_comparison(made.before, made.after)
    click.echo(made.tuning.verdict)
    click.echo(f"reproduce with: {made.command}")
    click.echo(f"report: {made.report}/report.html")
    click.echo(output)
