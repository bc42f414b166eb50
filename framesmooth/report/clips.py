"""Several clips in one table: a column for each, the best value of every metric marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from framesmooth.metric import Report
from framesmooth.report.tables import arrow_of, number

BEST, TIED = "★", "="
UNSAFE: Final = "FAILED"
LEGEND: Final = " · ".join(
    (f"{BEST} best", f"{TIED} tied for best", "↑ higher is better", "↓ lower is better", "– not measured")
)


@dataclass(frozen=True)
class Cell:
    """A clip's value of a metric as text, "–" for none, and its mark: BEST, TIED or nothing."""

    text: str
    mark: str = ""

    @property
    def marked(self) -> str:
        """The text with its mark, which always takes two characters."""
        return f"{self.text} {self.mark or ' '}"


@dataclass(frozen=True)
class ClipsRow:
    """A metric of several clips."""

    name: str
    unit: str
    arrow: str
    cells: tuple[Cell, ...]


def clip_rows(reports: Mapping[str, Report]) -> list[ClipsRow]:
    """Return a row for each metric that any clip has, and one for flash safety where it was judged."""
    fullest_first = sorted(reports.values(), key=len, reverse=True)  # its order is that of all metrics
    names = dict.fromkeys(name for report in fullest_first for name in report)
    rows = [_row(name, list(reports.values())) for name in names]
    if any(report.flashes is not None for report in reports.values()):
        rows.append(ClipsRow("flash_safety", "", "", tuple(map(_flash_cell, reports.values()))))
    return rows


def missing_notes(reports: Mapping[str, Report]) -> list[str]:
    """Return a line for each reason why a clip lacks metrics: "a.mp4: warping_error, coverage: too short"."""
    lines: dict[tuple[str, str], list[str]] = {}
    for label, report in reports.items():
        for name in report:
            if reason := report.reason(name):
                lines.setdefault((label, reason), []).append(name)
    return [f"{label}: {', '.join(names)}: {reason}" for (label, reason), names in lines.items()]


def _row(name: str, reports: Sequence[Report]) -> ClipsRow:
    known = next(report[name] for report in reports if name in report)
    means = [report[name].mean if name in report else None for report in reports]
    texts = [number(mean) for mean in means]
    values = [mean for mean in means if mean is not None]
    mark = dict.fromkeys(texts, "")
    if known.higher_is_better is not None and len(values) > 1:
        # Values that read the same are no better than each other.
        best = number(max(values) if known.higher_is_better else min(values))
        mark[best] = TIED if texts.count(best) > 1 else BEST
    cells = tuple(Cell(text, mark[text]) for text in texts)
    return ClipsRow(name, known.unit, arrow_of(known.higher_is_better), cells)


def _flash_cell(report: Report) -> Cell:
    return Cell("–" if report.flashes is None else "passed" if report.flashes.passed else UNSAFE)
