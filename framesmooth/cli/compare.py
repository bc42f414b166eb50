"""``framesmooth compare``: which of several versions of a clip is steadier, and at what price."""

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from framesmooth import defaults
from framesmooth.cli.options import common
from framesmooth.cli.options import report as report_options

if TYPE_CHECKING:
    from framesmooth.video import Reading


@click.command()
@click.argument("before", metavar="BEFORE")
@click.argument("after", metavar="AFTER...", nargs=-1, required=True)
@report_options.motion
@click.option("--video", metavar="OUT", help="Write the clips as one, with their running warping error.")
@click.option(
    "--layout",
    type=click.Choice(["side-by-side", "wipe"]),
    default="side-by-side",
    show_default=True,
    help="How --video shows them; a wipe takes one AFTER.",
)
@click.option("--crf", type=click.IntRange(0, 63), default=defaults.CRF, show_default=True,
              help="Quality of --video: 0 is lossless, 17 looks so, 28 is small.")  # fmt: skip
@click.option("--fail-unless-better", is_flag=True, help="End with exit code 3 unless every AFTER is better.")
@common.fps
@common.frame_range
@common.reading
@report_options.files
@common.common
def compare(
    before: str,
    after: tuple[str, ...],
    reference: str | None,
    guide: str | None,
    flow: str,
    flow_weights: Path | None,
    video: str | None,
    layout: str,
    crf: int,
    fail_unless_better: bool,
    fps: Fraction | None,
    frame_range: tuple[int, int | None] | None,
    reading: "Reading",
    json_file: str | None,
    csv_file: str | None,
    html_file: str | None,
    overwrite: bool,
    progress: str,
) -> None:
    """Measure BEFORE and one or more AFTER alike, and say of each AFTER whether it is better.

    It is better only if warping error and luma flicker fall, at most 0.03 of the detail of REF, or else of
    BEFORE, is lost, and the motion stays within 10 % of that of BEFORE, or of REF or the guide. Without REF,
    flickering texture counts as detail: who removes it loses. Motion is that of the guide or REF where given,
    else each clip's own. A folder of clips as the only AFTER makes a leaderboard, winners first. Clips of
    different length are compared as far as the shortest goes.

    \b
    Examples:
      framesmooth compare flickering.mp4 steady.mp4
      framesmooth compare flickering.mp4 steady.mp4 other.mp4 --reference clean.mp4 --html report.html
      framesmooth compare flickering.mp4 steady.mp4 --video both.mp4 --layout wipe
      framesmooth compare flickering.mp4 results/ --json leaderboard.json
      framesmooth compare flickering.mp4 steady.mp4 --fail-unless-better
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.cli.tables import print_clips, print_leaderboard, print_verdicts
    from framesmooth.metrics.verdict import require_better
    from framesmooth.reports import HeatMeter
    from framesmooth.workflows.compare import compare_clips
    from framesmooth.workflows.compare_inputs import open_clips_to_compare
    from framesmooth.workflows.compare_video import check_layout, write_montage

    estimator = common.chosen_flow(flow, flow_weights)
    heats: dict[str, HeatMeter] = {}

    def watchers_of(name: str) -> tuple[HeatMeter, ...]:
        return (heats.setdefault(name, HeatMeter()),) if html_file is not None else ()

    with progress_listener(progress) as emit:
        opened = open_clips_to_compare(
            before, after, reference, guide, emit, fps=fps, frame_range=frame_range, reading=reading
        )
        check_layout(video, layout, len(opened.clips), overwrite=overwrite)
        report_options.check_files(opened.paths, (json_file, csv_file, html_file, video), overwrite=overwrite)
        comparison = compare_clips(
            opened.clips,
            emit,
            reference=opened.reference,
            guide=opened.guide,
            flow=estimator,
            watchers_of=watchers_of,
        )
        if video is not None:
            write_montage(video, comparison, opened.clips, layout, emit, crf=crf, overwrite=overwrite)
    report_options.write_frames_csv(csv_file, comparison.reports)
    report_options.write_page(
        html_file,
        comparison.reports,
        opened.clips,
        heats,
        title=f"{comparison.before} and {', '.join(comparison.verdicts)}"
        if not opened.folder
        else f"{comparison.before} and {len(comparison.verdicts)} clips of {Path(opened.folder).name}",
        asked=report_options.asked_for(reference, guide, frame_range),
        comparison=comparison,
    )
    if not common.write_json(json_file, comparison.as_dict()):
        if opened.folder:
            print_leaderboard(comparison.verdicts, comparison.reports)
        else:
            print_clips(comparison.reports)
            print_verdicts(comparison.verdicts)
        if video is not None:
            click.echo(video)
    if fail_unless_better:
        require_better(comparison.verdicts)
