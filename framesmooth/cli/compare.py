"""``framesmooth compare``: which version of a clip is steadier, and what it costs in detail and motion."""

from typing import Any

import click

from framesmooth import defaults
from framesmooth.cli.options import common
from framesmooth.cli.options import report as report_options
from framesmooth.cli.options.command import EVERYDAY, HeadedCommand, headed_option


@click.command(cls=HeadedCommand)
@click.argument("before", metavar="BEFORE")
@click.argument("after", metavar="AFTER...", nargs=-1, required=True)
@report_options.motion
@headed_option(
    "--video",
    heading=EVERYDAY,
    metavar="OUT",
    help="Write a video of all clips with their running warping error.",
)
@headed_option(
    "--layout",
    heading=EVERYDAY,
    type=click.Choice(["side-by-side", "wipe"]),
    default="side-by-side",
    show_default=True,
    help="How --video shows them; a wipe takes one AFTER.",
)
@headed_option("--crf", heading=EVERYDAY, type=click.IntRange(0, 63), default=defaults.CRF, show_default=True,
              help="Quality of --video: 0 is lossless, 17 looks lossless, 28 is small.")  # fmt: skip
@headed_option(
    "--fail-unless-better",
    heading="Quality gates",
    is_flag=True,
    help="End with exit code 3 unless every AFTER is better.",
)
@common.fps
@common.frame_range
@common.reading
@report_options.files
@common.common
def compare(
    before: str,
    after: tuple[str, ...],
    fail_unless_better: bool,
    json_file: str | None,
    progress: str,
    **settings: Any,
) -> None:
    """Measure BEFORE and one or more AFTER, and report whether each AFTER is better.

    It is better only if warping error and luma flicker fall, at most 0.03 of the detail of REF, or else of
    BEFORE, is lost, and the motion stays within 10 % of that of BEFORE, or of REF or the guide. Without
    REF, flickering texture counts as detail, so removing it counts as a loss. Motion is that of the guide or
    REF where given, else each clip's own. A folder of clips as the only AFTER makes a leaderboard, winners
    first. Clips of different length are compared up to the length of the shortest.

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
    from framesmooth.workflows import compare as workflow

    with progress_listener(progress) as emit:
        made = workflow.compare(
            before, after, json_file=common.json_path(json_file), on_event=emit, **settings
        )
    if not common.write_json(json_file, made.as_dict()):
        if made.folder is not None:
            print_leaderboard(made.verdicts, made.reports)
        else:
            print_clips(made.reports)
            print_verdicts(made.comparison.verdicts)
        if made.video is not None:
            click.echo(settings["video"])
    if fail_unless_better:
        require_better(made.comparison.verdicts)
