"""``framesmooth measure``: how much a clip flickers."""

from fractions import Fraction
from pathlib import Path

import click

from framesmooth.cli import options
from framesmooth.cli.gates import Gate, GateType, apply_gates, check_gates
from framesmooth.cli.weights import WeightsType
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
    metavar="NAME",
    help=f"Only this one; may be given several times: {', '.join(names('metric'))}.  "
    "[default: the usual ones that apply]",
)
@click.option(
    "--weights",
    type=WeightsType(),
    multiple=True,
    metavar="NAME=FOLDER",
    help="The local model of a metric that needs one, in the format of transformers.",
)
@click.option(
    "--flow",
    type=click.Choice(names("flow")),
    default="dis-fine",
    show_default=True,
    help="How motion is estimated.",
)
@click.option(
    "--fail-above",
    type=GateType(above=True),
    multiple=True,
    metavar="NAME=VALUE",
    help="End with exit code 3 if the mean of this metric is above the value; may be given several times.",
)
@click.option(
    "--fail-below",
    type=GateType(above=False),
    multiple=True,
    metavar="NAME=VALUE",
    help="The same if it is below the value.",
)
@options.fps
@options.frame_range
@options.json_file
@options.common
def measure(
    source: str,
    reference: str | None,
    metrics: tuple[str, ...],
    weights: tuple[tuple[str, Path], ...],
    flow: str,
    fail_above: tuple[Gate, ...],
    fail_below: tuple[Gate, ...],
    fps: Fraction | None,
    frame_range: tuple[int, int | None] | None,
    json_file: str | None,
    progress: str,
) -> None:
    """Report the flicker of IN: a video, an animation, a folder of frames or a run folder.

    Motion is taken out by optical flow, of REF where it is given; coverage says how much of the picture could
    be followed. The JSON has "metrics" (mean, p95, coverage, unit, higher_is_better), "per_frame"
    and "flash_safety".

    \b
    Examples:
      framesmooth measure clip.mp4
      framesmooth measure steady.mp4 --reference clean.mp4
      framesmooth measure frames/ --json flicker.json
      framesmooth measure clip.mp4 --metric warping_error --metric coverage --json -
      framesmooth measure clip.mp4 --metric clip_consistency --weights clip_consistency=clip-vit-base-patch32/
      framesmooth measure clip.mp4 --fail-above flicker_score=4 --fail-below coverage=50
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.cli.tables import print_report
    from framesmooth.steady import measure_clip, open_clip

    gates = (*fail_above, *fail_below)
    check_gates(gates, metrics, has_reference=reference is not None)
    clip = open_clip(Path(source), fps=fps, frame_range=frame_range)
    ideal = None if reference is None else open_clip(Path(reference), fps=fps, frame_range=frame_range)
    with progress_listener(progress) as emit:
        report = measure_clip(
            clip, emit, reference=ideal, metrics=metrics or None, flow=flow, weights=dict(weights)
        )
    if not options.write_json(json_file, report.as_dict()):
        print_report(report)
    apply_gates(gates, report)
