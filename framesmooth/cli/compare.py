"""``framesmooth compare``: which version of a clip is steadier, and what it costs in detail and motion."""

from typing import Any

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import HeadedCommand, headed_option
from framesmooth.cli.options.from_settings import options_of
from framesmooth.cli.types import FILE_NAME
from framesmooth.workflows.settings.compare import CompareSettings


@click.command(cls=HeadedCommand)
@click.argument("before", metavar="BEFORE", type=FILE_NAME)
@click.argument("after", metavar="AFTER...", nargs=-1, required=True, type=FILE_NAME)
@options_of(CompareSettings)
@headed_option(
    "--fail-unless-better",
    heading="Quality gates",
    is_flag=True,
    help="End with exit code 3 unless every AFTER is better.",
)
@common.json_file
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
    BEFORE, is lost, and the motion stays within 10 % of that of BEFORE, of REF or the guide, or between
    them. Without REF, flickering texture counts as detail, so removing it counts as a loss. Motion is that
    of the guide or REF where given, else each clip's own. A folder of clips as the only AFTER makes a
    leaderboard, winners first. Clips of different length are compared up to the length of the shortest.

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
