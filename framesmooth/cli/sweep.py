"""``framesmooth sweep``: a grid of smoothing settings, in one table and in images."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import EVERYDAY, OTHER, HeadedCommand, headed_option
from framesmooth.registry import names

if TYPE_CHECKING:
    from framesmooth.workflows.sweep import SweepResult

_MOST_CELLS = 200


class Strengths(click.ParamType[tuple[float, ...]]):
    """Strengths as FIRST:LAST:STEP, or with commas between them."""

    name = "first:last:step"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """Turn "0:1:0.1" or "0.2,0.5" into strengths, sorted, each once."""
        if isinstance(value, tuple):
            return value
        text = str(value)
        try:
            numbers = [float(part) for part in text.replace(":", ",").split(",")]
        except ValueError:
            self.fail(f"{text!r} is no range: write FIRST:LAST:STEP, as 0:1:0.1, or 0.2,0.5", param, ctx)
        if ":" in text:
            numbers = self._range(numbers, text, param, ctx)
        if not all(0 <= number <= 1 for number in numbers):
            self.fail(f"{text!r}: strengths are 0 to 1", param, ctx)
        return tuple(sorted({round(number, 6) for number in numbers}))

    def _range(
        self, numbers: list[float], text: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[float]:
        first, last, step = [*numbers, 0.1][:3] if len(numbers) in (2, 3) else (0.0, -1.0, 0.0)
        if not (step > 0 and first <= last and math.isfinite(first + last + step)):
            self.fail(f"{text!r} holds no strength: write FIRST:LAST:STEP, as 0:1:0.1", param, ctx)
        count = math.floor((last - first) / step + 1e-9) + 1
        if count > _MOST_CELLS:
            self.fail(f"{text!r} are {count} strengths: take a larger step", param, ctx)
        return [first + step * k for k in range(count)]


class Names(click.ParamType[tuple[str, ...]]):
    """Names of a family of plugins with commas between them."""

    name = "a,b"

    def __init__(self, family: str) -> None:
        self.family = family

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Turn "trajectory,ema" into names that exist."""
        if isinstance(value, tuple):
            return value
        asked = tuple(dict.fromkeys(part.strip() for part in str(value).split(",")))
        unknown = [name for name in asked if name not in names(self.family)]
        if unknown:
            self.fail(
                f"unknown {self.family} {unknown[0]!r}: choose of {', '.join(names(self.family))}", param, ctx
            )
        return asked


@click.command(cls=HeadedCommand)
@common.source
@headed_option(
    "-o",
    "--output",
    heading=EVERYDAY,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    callback=common.writable_folder,
    help="Folder of the sweep; an existing sweep is resumed.  [default: beside IN, as IN.sweep]",
)
@headed_option(
    "-s",
    "--smooth-strength",
    "strengths",
    formerly=("--strength",),
    heading=EVERYDAY,
    type=Strengths(),
    default="0:1:0.1",
    show_default=True,
    help="Range of strengths, or a list with commas.",
)
@headed_option(
    "--smoother",
    "methods",
    formerly=("--method",),
    heading=EVERYDAY,
    type=Names("smoother"),
    default="trajectory",
    show_default=True,
    help=f"Smoothers: {', '.join(names('smoother'))}.",
)
@headed_option(
    "--flow",
    "flows",
    heading=common.MOTION,
    type=Names("flow"),
    help="Optical flow estimators, one or more with commas.  [default: the smoother's own]",
)
@headed_option(
    "--max-detail-loss",
    heading=EVERYDAY,
    type=click.FloatRange(0, 1),
    default=0.03,
    show_default=True,
    help="Largest share of the fine detail that the best setting may cost.",
)
@headed_option(
    "-j",
    "--jobs",
    heading=OTHER,
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Number of processes; each one estimates the motion itself.",
)
@common.fps
@common.frame_range
@common.reading
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
