"""``framesmooth measure``: how much a clip flickers."""

from fractions import Fraction
from pathlib import Path

import click

from framesmooth.cli import options
from framesmooth.plugins import names


@click.command()
@click.argument("source", metavar="IN")
@click.option(
    "-r",
    "--reference",
    metavar="REF",
    help="The same clip without flicker: motion is taken from it, and metrics are added that compare.",
)
@click.option(
    "--metric",
    "metrics",
    type=click.Choice(names("metric")),
    multiple=True,
    help="Only this one; may be given several times.  [default: all that apply]",
)
@click.option(
    "--flow",
    type=click.Choice(names("flow")),
    default="dis-fine",
    show_default=True,
    help="How motion is estimated.",
)
@options.fps
@options.frame_range
@options.json_file
@options.common
def measure(
    source: str,
    reference: str | None,
    metrics: tuple[str, ...],
    flow: str,
    fps: Fraction | None,
    frame_range: tuple[int, int | None] | None,
    json_file: str | None,
    progress: str,
) -> None:
    """Report the flicker of IN: a video, an animation, a folder of frames or a run folder.

    Motion is taken out by optical flow, of REF where it is given; coverage says how much of the picture could
    be followed. The JSON has "metrics" (mean, p95, coverage, unit, higher_is_better) and "per_frame".

    \b
    Examples:
      framesmooth measure clip.mp4
      framesmooth measure steady.mp4 --reference clean.mp4
      framesmooth measure frames/ --json flicker.json
      framesmooth measure clip.mp4 --metric warping_error --metric coverage --json -
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.cli.tables import print_report
    from framesmooth.steady import measure_clip, open_clip

    clip = open_clip(Path(source), fps=fps, frame_range=frame_range)
    ideal = None if reference is None else open_clip(Path(reference), fps=fps, frame_range=frame_range)
    with progress_listener(progress) as emit:
        report = measure_clip(clip, emit, reference=ideal, metrics=metrics or None, flow=flow)
    if not options.write_json(json_file, report.as_dict()):
        print_report(report)
