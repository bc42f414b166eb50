"""``framesmooth sweep``: a grid of smoothing settings, in one table and in pictures."""

import math
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from framesmooth.cli.options import common
from framesmooth.registry import names

if TYPE_CHECKING:
    from framesmooth.tuning.sweep import Sweep
    from framesmooth.video import Reading

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


@click.command()
@click.argument("source", metavar="IN")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder of the sweep; one that is there is gone on with.  [default: beside IN, as IN.sweep]",
)
@click.option(
    "-s",
    "--strength",
    "strengths",
    type=Strengths(),
    default="0:1:0.1",
    show_default=True,
    help="Strengths, or several with commas between them.",
)
@click.option(
    "--method",
    "methods",
    type=Names("smoother"),
    default="trajectory",
    show_default=True,
    help=f"Smoothers: {', '.join(names('smoother'))}.",
)
@click.option(
    "--flow",
    "flows",
    type=Names("flow"),
    help="How motion is estimated for smoothing, one or more.  [default: the method's own]",
)
@click.option(
    "--max-detail-loss",
    type=click.FloatRange(0, 1),
    default=0.03,
    show_default=True,
    help="The best cell may cost no larger share of the fine detail.",
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes; each one estimates the motion for itself.",
)
@common.fps
@common.frame_range
@common.reading
@common.json_file
@common.common
def sweep(
    source: str,
    output: Path | None,
    strengths: tuple[float, ...],
    methods: tuple[str, ...],
    flows: tuple[str, ...] | None,
    max_detail_loss: float,
    jobs: int,
    fps: Fraction | None,
    frame_range: tuple[int, int | None] | None,
    reading: "Reading",
    json_file: str | None,
    progress: str,
) -> None:
    """Smooth IN with every setting of a grid, and put the figures into one table.

    Into DIR go sweep.csv, sweep.json, report.html, contact.png (the middle frame of every cell) and grid.mp4
    (all cells at once). Motion is estimated once for all strengths of a method. A sweep that was stopped
    goes on with the same command, and cells that another sweep into DIR made are used; the table is that of
    the last sweep.

    \b
    Examples:
      framesmooth sweep flickering.mp4
      framesmooth sweep flickering.mp4 -o grid/ --strength 0:1:0.2 --method trajectory,ema
      framesmooth sweep flickering.mp4 --strength 0.3,0.6 --flow dis-robust,dis-fine --jobs 2
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.cli.tables import print_sweep
    from framesmooth.reports.sweep import write_sweep
    from framesmooth.tuning.search import SmootherConfig
    from framesmooth.tuning.sweep import run_sweep
    from framesmooth.tuning.sweep_trials import ClipChoice, GridPoint, TrialStore
    from framesmooth.video.atomic import remove_all_leftovers

    path = Path(source)
    clip = ClipChoice.of(path, fps, frame_range, reading)
    folder = output or path.with_name(f"{path.stem}.sweep")
    for place in (folder, folder / "cells"):
        remove_all_leftovers(place)
    spots = [
        GridPoint(SmootherConfig(method=method, flow=flow), strength)
        for method in methods
        for flow in (flows or (None,))
        for strength in strengths
    ]
    with progress_listener(progress) as emit:
        done = run_sweep(spots, TrialStore(folder / "cells", clip), emit, jobs)
        content = write_sweep(folder, done, emit, title=path.name, max_detail_loss=max_detail_loss)
    if common.write_json(json_file, content):
        return
    print_sweep(done.rows, done.best(max_detail_loss))
    click.echo(_conclusion(done, source, max_detail_loss))
    click.echo(str(folder))


def _conclusion(done: "Sweep", source: str, max_detail_loss: float) -> str:
    best = done.best(max_detail_loss)
    if best is None:
        return f"no cell keeps its detail loss at {max_detail_loss:g} or less"
    row = done.rows[best]
    flow = f" --flow {row['flow']}" if row["flow"] else ""
    return (
        f"★ least flicker within the detail floor: framesmooth smooth {source} -o OUT "
        f"--method {row['method']}{flow} --strength {row['strength']:g}"
    )
