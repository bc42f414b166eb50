"""``framesmooth measure``: how much a clip flickers, or several."""

from typing import Any

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import HeadedCommand, headed_option
from framesmooth.cli.options.from_settings import options_of
from framesmooth.cli.options.gates import (
    Gate,
    GateType,
    apply_gates,
    check_gates,
)
from framesmooth.cli.types import FILE_NAME
from framesmooth.workflows.settings.measure import MeasureClipsSettings


@click.command(cls=HeadedCommand)
@click.argument("sources", metavar="IN...", nargs=-1, required=True, type=FILE_NAME)
@options_of(MeasureClipsSettings)
@headed_option(
    "--fail-above",
    heading="Quality gates",
    type=GateType(above=True),
    multiple=True,
    metavar="NAME=VALUE",
    help="End with exit code 3 if the mean of this metric is above the value; may be given several times.",
)
@headed_option(
    "--fail-below",
    heading="Quality gates",
    type=GateType(above=False),
    multiple=True,
    metavar="NAME=VALUE",
    help="The same if it is below the value.",
)
@common.json_file
@common.common
def measure(
    sources: tuple[str, ...],
    fail_above: tuple[Gate, ...],
    fail_below: tuple[Gate, ...],
    json_file: str | None,
    progress: str,
    **settings: Any,
) -> None:
    """Report the flicker of IN: a video, an animation, a folder of frames or clips, or a run folder.

    Motion is compensated by optical flow, of --guide or --reference where given; coverage is the share of
    pixels whose motion could be followed. The JSON has "metrics" (mean, p95, coverage, unit,
    higher_is_better), "per_frame" and "flash_safety"; with several IN "clips" holds that for each name. Gates
    apply to each.

    \b
    Examples:
      framesmooth measure clip.mp4
      framesmooth measure steady.mp4 --reference clean.mp4
      framesmooth measure stylised.mp4 --guide filmed.mp4 --html report.html
      framesmooth measure before.mp4 after.mp4 other.mp4 --csv frames.csv
      framesmooth measure frames/ --json flicker.json
      framesmooth measure clip.mp4 --metric warping_error --metric coverage --json -
      framesmooth measure clip.mp4 --metric clip_consistency --weights clip_consistency=clip-vit-base-patch32/
      ffmpeg -i a.mov -f yuv4mpegpipe - | framesmooth measure -
      framesmooth measure clip.mp4 --fail-above flicker_score=4 --fail-below coverage=50
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.cli.tables import print_clips, print_report
    from framesmooth.workflows import measure as workflow

    gates = (*fail_above, *fail_below)
    check_gates(gates, settings["metrics"], has_reference=settings["reference"] is not None)
    with progress_listener(progress) as emit:
        made = workflow.measure_clips(
            sources, json_file=common.json_path(json_file), on_event=emit, **settings
        )
    if not common.write_json(json_file, made.as_dict()):
        print_clips(made.reports) if made.only is None else print_report(made.only)
    apply_gates(gates, made.reports)
