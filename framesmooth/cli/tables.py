"""Figures on the terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal

import click

_FILE_WIDTH: Final = 120

if TYPE_CHECKING:
    from framesmooth.metric import Report
    from framesmooth.report.tables import Row


def print_report(report: "Report") -> None:
    """Print one clip's metrics: mean, 95th percentile, coverage."""
    from framesmooth.report.tables import metric_rows, number

    rows = []
    for row, series in zip(metric_rows(None, report), report.values(), strict=True):
        coverage = "–" if series.coverage is None else f"{series.coverage:.0%}"
        rows.append((row.name, row.after, number(series.p95), coverage, row.unit, _remark(row)))
    _print_table(("metric", "mean", "p95", "coverage", "unit", "better"), rows)
    _print_cuts(report)
    if report.flashes is not None:
        click.echo(report.flashes.sentence)


def print_comparison(before: "Report", after: "Report") -> None:
    """Print the metrics of a clip before and after smoothing, side by side."""
    from framesmooth.report.tables import metric_rows

    rows = [
        (row.name, row.before, row.after, row.change, row.unit, _remark(row))
        for row in metric_rows(before, after)
    ]
    _print_table(("metric", "before", "after", "change", "unit", "better"), rows)
    _print_cuts(before)


def _remark(row: "Row") -> str:
    return row.note or row.wanted


def _print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE, pad_edge=False)
    for index, name in enumerate(header):
        last = index == len(header) - 1  # where a metric says why it has no number
        justify: Literal["left", "right"] = "right" if 0 < index < len(header) - 2 else "left"
        table.add_column(name, justify=justify, no_wrap=not last)
    for row in rows:
        table.add_row(*row)
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = _FILE_WIDTH
    console.print(table)


def _print_cuts(report: "Report") -> None:
    if report.cuts:
        listed = ", ".join(map(str, report.cuts))
        click.echo(f"new shots begin at frame {listed}: nothing is compared across them")
