"""``framesmooth measure``: how much a clip flickers, or several."""

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from framesmooth.cli.options import common
from framesmooth.cli.options import report as report_options
from framesmooth.cli.options.gates import (
    Gate,
    GateType,
    apply_gates,
    check_gates,
)
from framesmooth.cli.types import WeightsType
from framesmooth.registry import names

if TYPE_CHECKING:
    from framesmooth.video import Reading


@click.command()
@click.argument("sources", metavar="IN...", nargs=-1, required=True)
@report_options.motion
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
@common.fps
@common.frame_range
@common.reading
@report_options.files
@common.common
def measure(
    sources: tuple[str, ...],
    reference: str | None,
    guide: str | None,
    metrics: tuple[str, ...],
    weights: tuple[tuple[str, Path], ...],
    flow: str,
    flow_weights: Path | None,
    fail_above: tuple[Gate, ...],
    fail_below: tuple[Gate, ...],
    fps: Fraction | None,
    frame_range: tuple[int, int | None] | None,
    reading: "Reading",
    json_file: str | None,
    csv_file: str | None,
    html_file: str | None,
    overwrite: bool,
    progress: str,
) -> None:
    """Report the flicker of IN: a video, an animation, a folder of frames or clips, or a run folder.

    Motion is taken out by optical flow, of --guide or --reference where given; coverage says how much of the
    picture could be followed. The JSON has "metrics" (mean, p95, coverage, unit, higher_is_better),
    "per_frame" and "flash_safety"; with several IN "clips" holds that for each name. Gates apply to each.

    \b
    Examples:
      framesmooth measure clip.mp4
      framesmooth measure steady.mp4 --reference clean.mp4
      framesmooth measure stylised.mp4 --guide filmed.mp4 --html report.html
      framesmooth measure before.mp4 after.mp4 other.mp4 --csv frames.csv
      framesmooth measure frames/ --json flicker.json
      framesmooth measure clip.mp4 --metric warping_error --metric coverage --json -
      framesmooth measure clip.mp4 --metric clip_consistency --weights clip_consistency=clip-vit-base-patch32/
      framesmooth measure clip.mp4 --fail-above flicker_score=4 --fail-below coverage=50
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.cli.tables import print_clips, print_report
    from framesmooth.reports import HeatMeter
    from framesmooth.runs.open_clip import open_clip
    from framesmooth.workflows.clip_steps import measure_clip
    from framesmooth.workflows.compare_inputs import clip_names, match_companions, unfolded

    gates = (*fail_above, *fail_below)
    check_gates(gates, metrics, has_reference=reference is not None)
    paths = unfolded(sources)
    report_options.check_files(
        (*paths, reference, guide), (json_file, csv_file, html_file), overwrite=overwrite
    )
    clips = {
        name: open_clip(Path(path), fps=fps, frame_range=frame_range, reading=reading)
        for name, path in zip(clip_names(paths), paths, strict=True)
    }
    companions = {
        label: open_clip(Path(path), fps=fps, frame_range=frame_range, reading=reading)
        for label, path in (("the reference", reference), ("the guide", guide))
        if path is not None
    }
    estimator = common.chosen_flow(flow, flow_weights)
    heats = {} if html_file is None else {name: HeatMeter() for name in clips}
    with progress_listener(progress) as emit:
        matched = match_companions(clips, companions, emit)
        measured = {
            name: measure_clip(
                clip,
                emit,
                reference=matched[name].get("the reference"),
                guide=matched[name].get("the guide"),
                metrics=metrics or None,
                flow=estimator,
                weights=dict(weights),
                watchers=(heats[name],) if heats else (),
                name="measure" if len(clips) == 1 else f"measure {name}",
            )
            for name, clip in clips.items()
        }
    only = next(iter(measured.values())) if len(measured) == 1 else None
    report_options.write_frames_csv(csv_file, measured)
    title, asked = f"Flicker of {', '.join(clips)}", report_options.asked_for(reference, guide, frame_range)
    report_options.write_page(html_file, measured, clips, heats, title=title, asked=asked)
    content = {"clips": {name: report.as_dict() for name, report in measured.items()}}
    if not common.write_json(json_file, content if only is None else only.as_dict()):
        if only is None:
            print_clips(measured)
        else:
            print_report(only)
    apply_gates(gates, measured)
