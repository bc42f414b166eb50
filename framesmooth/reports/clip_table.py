"""Several clips in one table: a column for each, the best value of every metric marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from framesmooth.events import listed
from framesmooth.metrics.report import Report
from framesmooth.reports.tables import arrow_of, number

BEST, TIED = "★", "="
UNSAFE: Final = "FAILED"
LEGEND: Final = " · ".join(
    (f"{BEST} best", f"{TIED} tied for best", "↑ higher is better", "↓ lower is better", "– unknown")
)


@dataclass(frozen=True)
class ClipCell:
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
    cells: tuple[ClipCell, ...]


def clip_rows(reports: Mapping[str, Report]) -> list[ClipsRow]:
    """Return a row for each metric that any clip has, and one for flash safety where it was judged."""
    fullest_first = sorted(reports.values(), key=len, reverse=True)  # its order is that of all metrics
    names = dict.fromkeys(name for report in fullest_first for name in report)
    rows = [_row(name, list(reports.values())) for name in names]
    if any(report.flashes is not None for report in reports.values()):
        rows.append(ClipsRow("flash_safety", "", "", tuple(map(_flash_cell, reports.values()))))
    return rows


def findings(report: Report) -> list[str]:
    """Return a line each on the held frames of a clip and on the frames that interrupt a scene."""
    lines = []
    if report.held:
        share = len(report.held) / report.num_frames
        told = f"held frames: {share:.0%} ({len(report.held)} of {report.num_frames} repeat the one before)"
        lines.append(f"{told}: flicker is measured between the others")
    if report.odd:
        kinds = ", ".join(dict.fromkeys(report.odd.values()))
        told = f"frames that interrupt a scene ({kinds}): {listed(report.odd)}"
        lines.append(f"{told}: they count as flicker, not as cuts")
    return lines


def clip_notes(report: Report) -> list[str]:
    """Return a line for each thing to say of metrics, why they are missing above all, and the findings.

    Such as "warping_error, dynamic_degree: too short: needs two frames of one shot".
    """
    lines: dict[str, list[str]] = {}
    for name, series in report.items():
        if note := report.reason(name) or series.note:
            lines.setdefault(note, []).append(name)
    return [*(f"{', '.join(names)}: {note}" for note, names in lines.items()), *findings(report)]


def all_notes(reports: Mapping[str, Report]) -> list[str]:
    """Return the notes of several clips, each with the clip's name."""
    return [f"{label}: {note}" for label, report in reports.items() for note in clip_notes(report)]


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
    cells = tuple(ClipCell(text, mark[text]) for text in texts)
    return ClipsRow(name, known.unit, arrow_of(known.higher_is_better), cells)


def _flash_cell(report: Report) -> ClipCell:
    return ClipCell("–" if report.flashes is None else "passed" if report.flashes.passed else UNSAFE)
