"""The contents of a self-contained HTML page, and writing it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

from framesmooth.metrics.report import Report
from framesmooth.reports.figures import Figure
from framesmooth.reports.shown_clip import ClipOnPage
from framesmooth.video import write_text


@dataclass(frozen=True)
class TableCell:
    """A cell of a page's table; ``kind`` is "", "number", or a number that is "good" or "bad"."""

    text: str
    kind: str = ""


@dataclass(frozen=True)
class Line:
    """A judgement about a clip: what (``kind`` is "good", "bad" or ""), which clip, and why."""

    kind: str
    label: str
    name: str
    text: str


@dataclass(frozen=True)
class Gallery:
    """Figures under a heading, which "" leaves to the gallery before, and a name of their own.

    ``scale`` names the end of a colour scale for heat maps; ``wide`` figures are as wide as the page.
    """

    title: str
    figures: Sequence[Figure]
    name: str = ""
    text: str = ""
    scale: str = ""
    wide: bool = False


@dataclass(frozen=True, kw_only=True)
class Page:
    """Everything on a page, as text and figures; all text is escaped when it is written.

    Attributes:
        clip: the clip itself, which is shown before everything else.
        words: what the metrics mean, in plain words.
        wrong: frames that look wrong, each with the reason.
        header: the table's first row.
        rows: the others, as long as the header.
        table_title: what stands above the table.
        notes: lines below the table, of which "bad" ones stand out.
        chart: a plotly figure, and the legend beside it; with it the page carries plotly, about 5 MB.
        facts: name -> value: how the clip was made or measured.
        formulas: name -> paragraphs, as HTML where they are Markup.
    """

    title: str
    summary: str
    header: Sequence[TableCell]
    rows: Sequence[Sequence[TableCell]]
    table_title: str = "Flicker"
    clip: ClipOnPage | None = None
    words: Sequence[str] = ()
    wrong: Gallery | None = None
    legend: str = ""
    notes: Sequence[TableCell] = ()
    verdicts: Sequence[Line] = ()
    chart: Mapping[str, Any] | None = None
    galleries: Sequence[Gallery] = ()
    facts_title: str = "How it was made"
    facts: Mapping[str, Any] = field(default_factory=dict)
    formulas: Mapping[str, Sequence[str]] = field(default_factory=dict)


def write_page(path: str | PathLike[str], page: Page) -> None:
    """Write a page that works offline: styles, images and scripts are within it.

    Only a ``clip`` is loaded, from beside the page.

    Raises:
        MediaError: when the file cannot be written.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("framesmooth.reports", "."), autoescape=True, undefined=StrictUndefined
    )
    template = environment.get_template("page.html.j2")
    write_text(path, template.render(page=page, plotly="" if page.chart is None else _plotly()))


def summary_of(report: Report) -> str:
    """Return how long a clip is, how much of it is held and where its shots begin, in a few words."""
    parts = [f"{report.num_frames} frame{'' if report.num_frames == 1 else 's'}"]
    if report.held:
        parts.append(f"held frames: {len(report.held) / report.num_frames:.0%}")
    if report.cuts:
        parts.append(f"new shots begin at frame {', '.join(map(str, report.cuts))}")
    return " · ".join(parts)


def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())
