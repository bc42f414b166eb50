"""Tables on the terminal."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

_WIDEST_NAME: Final = 28
_WRAPPED: Final = ("clip", "made by")
_MOST_CUTS: Final = 12
_NARROWEST: Final = 9
_OTHER_COLUMNS: Final = 42  # metric, unit and arrow

if TYPE_CHECKING:
    from rich.console import Console

    from framesmooth.metrics.report import Report
    from framesmooth.metrics.verdict import Verdict
    from framesmooth.runs.cache import Cached
    from framesmooth.workflows.generate.estimate import Estimate


def print_report(report: "Report") -> None:
    """Print one clip's metrics: mean, 95th percentile, coverage."""
    from framesmooth.reports.clip_table import clip_notes
    from framesmooth.reports.tables import metric_rows, number

    rows = []
    for row, series in zip(metric_rows(None, report), report.values(), strict=True):
        coverage = "–" if series.coverage is None else f"{series.coverage:.0%}"
        rows.append((row.name, row.after, number(series.p95), coverage, row.unit, row.wanted))
    _print_table(("metric", "mean", "p95", "coverage", "unit", "better"), rows)
    for note in clip_notes(report):
        click.echo(note)
    _print_cuts(report)
    if report.flashes is not None:
        click.echo(report.flashes.sentence)


def print_comparison(before: "Report", after: "Report") -> None:
    """Print the metrics of a clip before and after smoothing, side by side."""
    from framesmooth.reports.clip_table import clip_notes
    from framesmooth.reports.tables import metric_rows

    rows = [
        (row.name, row.before, row.after, row.change, row.unit, row.wanted)
        for row in metric_rows(before, after)
    ]
    _print_table(("metric", "before", "after", "change", "unit", "better"), rows)
    for note in clip_notes(after):
        click.echo(note)
    _print_cuts(before)


def print_estimate(estimate: "Estimate") -> None:
    """Print the estimated time, memory and disk space of a clip."""
    _print_table(("what", "how much"), estimate.rows, left=("what",))


def print_clips(reports: "Mapping[str, Report]") -> None:
    """Print several clips' metrics, a column for each, in as many tables as the width asks for."""
    from framesmooth.reports.clip_table import LEGEND, all_notes, clip_rows

    names, rows = list(reports), clip_rows(reports)
    widest = min(max(map(len, names)), _WIDEST_NAME)
    step = max((_console().width - _OTHER_COLUMNS) // (max(widest, _NARROWEST) + 2), 1)
    for start in range(0, len(names), step):
        part = slice(start, start + step)
        cells = [(row.name, *(cell.marked for cell in row.cells[part]), row.unit, row.arrow) for row in rows]
        _print_table(("metric", *names[part], "unit", "better"), cells)
    click.echo(LEGEND)
    for note in all_notes(reports):
        click.echo(note)
    for name, report in reports.items():
        if report.cuts:
            _print_cuts(report, f"{name}: ")
    _print_unsafe(reports)


def print_leaderboard(verdicts: "Mapping[str, Verdict]", reports: "Mapping[str, Report]") -> None:
    """Print clips from best to worst, with the figures that decide, then the reasons and what flashes."""
    from framesmooth.metrics.verdict import ranked
    from framesmooth.reports.tables import share

    rows = []
    for rank, name in ranked(verdicts, share):
        verdict = verdicts[name]
        figures = map(share, (verdict.flicker_left, verdict.luma_left, verdict.detail_loss))
        rows.append((rank, name, *figures, share(verdict.motion_change, signed=True), verdict.label))
    header = ("rank", "clip", "flicker\nleft", "luma\nleft", "detail\nloss", "motion", "verdict")
    _print_table(header, rows, left=("clip", "verdict"))
    print_verdicts({name: verdicts[name] for _, name in ranked(verdicts, share)})
    _print_unsafe(reports)


def print_verdicts(verdicts: "Mapping[str, Verdict]") -> None:
    """Print one line per clip: its verdict and the reasons."""
    for name, verdict in verdicts.items():
        click.echo(f"{name}: {verdict.sentence}")


def print_cache(rows: "Sequence[Cached]", freed: int) -> None:
    """Print what run folders cache, and how much was freed."""
    if rows:
        header = ("run", "kind", "files", "MiB", "state", "made by")
        cells = [
            (
                row.run.name,
                row.kind,
                str(row.files),
                f"{row.size_bytes / 2**20:.1f}",
                "whole" if row.complete or row.kind == "keyframes" else "part",
                row.about,
            )
            for row in rows
        ]
        _print_table(header, cells, left=("run", "kind", "state", "made by"))
    total = sum(row.size_bytes for row in rows)
    click.echo(f"{total / 2**20:.1f} MiB kept" + (f", {freed / 2**20:.1f} MiB freed" if freed else ""))


def print_sweep(rows: "Sequence[Mapping[str, Any]]", best: int | None) -> None:
    """Print the cells of a sweep, the best one marked."""
    from framesmooth.reports.sweep import HEADER, LEGEND, sweep_texts

    _print_table(HEADER, sweep_texts(rows, best), left=("method", "flow"))
    click.echo(LEGEND)


def _print_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[str] = ("metric", "unit", "better")
) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in header:
        long = len(name) > _WIDEST_NAME
        table.add_column(
            name,
            justify="left" if name in left else "right",
            no_wrap=not long and name not in _WRAPPED,
            max_width=_WIDEST_NAME if long else None,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*row)
    _console().print(table)


def _console() -> "Console":
    from rich.console import Console

    return Console(highlight=False, markup=False)


def _print_unsafe(reports: "Mapping[str, Report]") -> None:
    for name, report in reports.items():
        if report.flashes is not None and not (report.flashes.passed and report.flashes.extended_passed):
            click.echo(f"{name}: {report.flashes.sentence}")


def _print_cuts(report: "Report", prefix: str = "") -> None:
    if report.cuts:
        listed = ", ".join(map(str, report.cuts[:_MOST_CUTS]))
        if len(report.cuts) > _MOST_CUTS:
            listed += f" and {len(report.cuts) - _MOST_CUTS} others"
        click.echo(f"{prefix}new shots begin at frame {listed}: nothing is compared across them")
