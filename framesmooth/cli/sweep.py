"""``framesmooth sweep``: a grid of smoothing settings, in one table and in images."""

from typing import TYPE_CHECKING, Any

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import HeadedCommand
from framesmooth.cli.options.from_settings import options_of
from framesmooth.workflows.settings.sweep import SweepSettings

if TYPE_CHECKING:
    from framesmooth.workflows.sweep import SweepResult


@click.command(cls=HeadedCommand)
@common.source
@options_of(SweepSettings)
@common.json_file
@common.common
def sweep(source: str, json_file: str | None, progress: str, **settings: Any) -> None:
    """Smooth IN with every setting of a grid, and report the metrics in one table.

    Into DIR go sweep.csv, sweep.json, report.html, contact.png (the middle frame of every setting) and
    grid.mp4 (all settings side by side). Motion is estimated once for all strengths of a method. Run the
    same command again to continue a sweep that was stopped; results of an earlier sweep into DIR are
    reused. The table holds the last sweep.

    \b
    Examples:
      framesmooth sweep flickering.mp4
      framesmooth sweep flickering.mp4 -o grid/ --smooth-strength 0:1:0.2 --smoother trajectory,ema
      framesmooth sweep flickering.mp4 --smooth-strength 0.3,0.6 --flow dis-robust,dis-fine --jobs 2
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.cli.tables import print_sweep
    from framesmooth.workflows import sweep as workflow

    with progress_listener(progress) as emit:
        made = workflow.sweep(source, on_event=emit, **settings)
    if common.write_json(json_file, made.as_dict()):
        return
    print_sweep(made.rows, made.best)
    click.echo(_conclusion(made, source, settings["max_detail_loss"]))
    click.echo(str(made.folder))


def _conclusion(made: "SweepResult", source: str, max_detail_loss: float) -> str:
    if made.best is None:
        return f"no setting keeps the detail loss at {max_detail_loss:g} or less"
    row = made.rows[made.best]
    flow = f" --flow {row['flow']}" if row["flow"] else ""
    return (
        f"★ least flicker within the detail floor: framesmooth smooth {source} -o OUT "
        f"--smoother {row['method']}{flow} --smooth-strength {row['strength']:g}"
    )
