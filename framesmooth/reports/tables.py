"""Metrics as rows, JSON and CSV."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike

from framesmooth.metrics.base import Series
from framesmooth.metrics.report import Report
from framesmooth.video import write_text


@dataclass(frozen=True)
class Row:
    """One line of the before/after table; numbers as text, "–" where there is none."""

    name: str
    before: str
    after: str
    change: str
    unit: str
    arrow: str
    """"↑" where higher is better, "↓" where lower is, nothing where neither is."""
    better: bool | None
    """Whether it became better; None where nothing changed or cannot be compared."""
    note: str

    @property
    def wanted(self) -> str:
        """The arrow and its word, "↑ higher" or "↓ lower"."""
        return {"↑": "↑ higher", "↓": "↓ lower"}.get(self.arrow, "")


def metric_rows(before: Report | None, after: Report) -> list[Row]:
    """Return one row per metric of ``after``, compared with ``before`` where that has it."""
    return [
        _row(name, None if before is None else before.get(name), series, after.reason(name))
        for name, series in after.items()
    ]


def _row(name: str, earlier: Series | None, series: Series, note: str) -> Row:
    first, second = None if earlier is None else earlier.mean, series.mean
    rising, better = series.higher_is_better, None
    if rising is not None and first is not None and second is not None and not abs(second - first) <= 1e-9:
        better = (second > first) == rising
    return Row(
        name=name,
        before=number(first),
        after=number(second),
        change=f"{second / first - 1:+.0%}" if first and second is not None else "–",
        unit=series.unit,
        arrow=arrow_of(rising),
        better=better,
        note=note,
    )


def arrow_of(higher_is_better: bool | None) -> str:
    """Return "↑" where higher is better, "↓" where lower is, nothing where neither is."""
    return {True: "↑", False: "↓", None: ""}[higher_is_better]


def number(value: float | None) -> str:
    """Return a figure of four digits, "–" for none."""
    return "–" if value is None else f"{value:.4g}"


def share(value: float | None, *, signed: bool = False) -> str:
    """Return a share as a percentage of one decimal, "–" for none."""
    return "–" if value is None else f"{100 * value:{'+' if signed else ''}.1f}%".replace("-", "−")


def write_json(path: str | PathLike[str], reports: Mapping[str, Report]) -> None:
    """Write reports by label ("before", "after") as JSON, atomically; NaN never appears.

    Raises:
        MediaError: when the file cannot be written.
    """
    content = {label: report.as_dict() for label, report in reports.items()}
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_csv(path: str | PathLike[str], reports: Mapping[str, Report]) -> None:
    """Write one line per frame and one column per report and metric ("after.luma_flicker"), atomically.

    The columns of a report whose label is "" have the metrics' names alone.

    Raises:
        MediaError: when the file cannot be written.
    """
    columns = {
        f"{label}.{name}" if label else name: series.per_frame
        for label, report in reports.items()
        for name, series in report.items()
    }
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["frame", *columns])
    for frame in range(max((len(values) for values in columns.values()), default=0)):
        cells = (values[frame] if frame < len(values) else None for values in columns.values())
        table.writerow([frame, *("" if cell is None else f"{cell:.6g}" for cell in cells)])
    write_text(path, text.getvalue())
