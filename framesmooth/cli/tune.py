"""``framesmooth tune``: finds the strength that a clip needs, and smooths the clip."""

from typing import Any

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import HeadedCommand
from framesmooth.cli.options.from_settings import options_of
from framesmooth.workflows.settings.tune import TuneSettings


@click.command(cls=HeadedCommand)
@common.source
@common.output
@options_of(TuneSettings)
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
