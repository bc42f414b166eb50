"""Figures on the terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

_FILE_WIDTH: Final = 120

if TYPE_CHECKING:
    from framesmooth.metric import Report, Series


def print_report(report: "Report") -> None:
    """Print one clip's metrics: mean, 95th percentile, coverage."""
    rows = [
        (
            name,
            _number(series.mean),
            _number(series.p95),
            _share(series.coverage),
            series.unit,
            _remark(series),
        )
        for name, series in report.items()
    ]
    _print_table(("metric", "mean", "p95", "coverage", "unit", "better"), rows)
    _print_cuts(report)


def print_comparison(before: "Report", after: "Report") -> None:
    """Print the metrics of a clip before and after smoothing, side by side."""
    rows = []
    for name, series in after.items():
        earlier = before.get(name)
        first = None if earlier is None else earlier.mean
        rows.append(
            (
                name,
                _number(first),
                _number(series.mean),
                _change(first, series.mean),
                series.unit,
                _remark(series),
            )
        )
    _print_table(("metric", "before", "after", "change", "unit", "better"), rows)
    _print_cuts(before)


def _print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE, pad_edge=False)
    for index, name in enumerate(header):
        table.add_column(name, justify="right" if 0 < index < len(header) - 2 else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = _FILE_WIDTH
    console.print(table)


def _print_cuts(report: "Report") -> None:
    import click

    if report.cuts:
        listed = ", ".join(map(str, report.cuts))
        click.echo(f"new shots begin at frame {listed}: nothing is compared across them")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _change(before: float | None, after: float | None) -> str:
    return "-" if not before or after is None else f"{after / before - 1:+.0%}"


def _remark(series: "Series") -> str:
    if series.mean is None:
        return series.note
    return "higher" if series.higher_is_better else "lower"
