"""The page on measured clips: figures, plots over time, where they flicker, their worst frames."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any, Final

from framesmooth.frames import FrameSource
from framesmooth.metrics.report import Report
from framesmooth.reports.chart import metrics_chart
from framesmooth.reports.clip_table import (
    BEST,
    LEGEND,
    UNSAFE,
    ClipCell,
    all_notes,
    clip_notes,
    clip_rows,
)
from framesmooth.reports.figures import Figure, jpeg_figure
from framesmooth.reports.formulas import formulas
from framesmooth.reports.heat import HeatMeter, paint
from framesmooth.reports.page import (
    Gallery,
    Line,
    Page,
    TableCell,
    summary_of,
    write_page,
)
from framesmooth.reports.tables import metric_rows, number
from framesmooth.reports.worst import worst_figures

_HEAT: Final = (
    "Root mean square difference along the motion, of the whole clip and of its worst pairs of frames. "
    "Dark grey: no motion could be followed."
)
_GHOSTS: Final = "What fades in or out in place, as in a cross-fade, instead of moving."
_FAINTEST_GHOST: Final = 1.0
"""Levels of 255: the scale of ghosting ends here at least."""
_NO_HEAT: Final = "nothing to show, too short or no motion could be followed"

Table = tuple[list[TableCell], list[list[TableCell]]]


def write_clips_html(
    path: str | PathLike[str],
    reports: Mapping[str, Report],
    clips: Mapping[str, FrameSource],
    heats: Mapping[str, HeatMeter],
    *,
    title: str,
    facts: Mapping[str, Any],
    verdicts: Sequence[Line] = (),
) -> None:
    """Write the page on clips by name; ``clips`` are read once more for the thumbnails of their worst frames.

    Raises:
        MediaError: when a clip cannot be read or the file cannot be written.
    """
    single = next(iter(reports.values())) if len(reports) == 1 else None
    header, rows = _clips_table(reports) if single is None else _table(single)
    worst = {name: worst_figures(reports[name], clips[name]) for name in reports}
    page = Page(
        title=title,
        summary=_summary(reports),
        header=header,
        rows=rows,
        legend=LEGEND if single is None else "",
        notes=_notes(reports),
        verdicts=verdicts,
        chart=metrics_chart(reports),
        galleries=[*_heat_galleries(heats), *_ghost_galleries(heats), *_worst_galleries(worst)],
        facts_title="How it was measured",
        facts=facts,
        formulas=formulas(dict.fromkeys(name for report in reports.values() for name in report)),
    )
    write_page(path, page)


def _summary(reports: Mapping[str, Report]) -> str:
    if len(set(map(summary_of, reports.values()))) == 1:
        return summary_of(next(iter(reports.values())))
    return "; ".join(f"{name}: {summary_of(report)}" for name, report in reports.items())


def _table(report: Report) -> Table:
    header = [TableCell("metric"), *(TableCell(text, "number") for text in ("mean", "p95", "coverage"))]
    header += [TableCell("unit"), TableCell("better")]
    rows = []
    for row, series in zip(metric_rows(None, report), report.values(), strict=True):
        coverage = "–" if series.coverage is None else f"{series.coverage:.0%}"
        cells = [TableCell(text, "number") for text in (row.after, number(series.p95), coverage)]
        rows.append(
            [TableCell(row.name.replace("_", " ")), *cells, TableCell(row.unit), TableCell(row.wanted)]
        )
    return header, rows


def _clips_table(reports: Mapping[str, Report]) -> Table:
    header = [TableCell("metric"), *(TableCell(name, "number") for name in reports), TableCell("unit")]
    rows = [
        [
            TableCell(f"{row.name.replace('_', ' ')} {row.arrow}"),
            *(TableCell(cell.marked, _kind(cell)) for cell in row.cells),
            TableCell(row.unit),
        ]
        for row in clip_rows(reports)
    ]
    return header, rows


def _kind(cell: ClipCell) -> str:
    return "good" if cell.mark == BEST else "bad" if cell.text == UNSAFE else "number"


def _notes(reports: Mapping[str, Report]) -> list[TableCell]:
    """Return how safe a clip is as to flashes, or which of several are not, and what their metrics note."""
    several = len(reports) > 1
    flashes = [
        TableCell(
            f"{name}: {judged.sentence}" if several else judged.sentence, "" if judged.passed else "bad"
        )
        for name, judged in ((name, report.flashes) for name, report in reports.items())
        if judged is not None and not (several and judged.passed and judged.extended_passed)
    ]
    notes = all_notes(reports) if several else clip_notes(next(iter(reports.values())))
    return [*flashes, *map(TableCell, notes)]


def _heat_galleries(heats: Mapping[str, HeatMeter]) -> list[Gallery]:
    """Return the maps of every clip, all on one scale."""
    peak = max((heat.peak for heat in heats.values()), default=1.0)
    galleries = []
    for name, heat in heats.items():
        figures = _heat_figures(heat, peak)
        shown = [name] if len(heats) > 1 else []
        galleries.append(Gallery("", figures, name=": ".join(shown if figures else [*shown, _NO_HEAT])))
    if galleries:
        scale = f"{peak:.3g} levels of 255"
        galleries[0] = replace(galleries[0], title="Where it flickers", text=_HEAT, scale=scale)
    return galleries


def _ghost_galleries(heats: Mapping[str, HeatMeter]) -> list[Gallery]:
    """Return the maps of what fades in place, of every clip, all on one scale."""
    maps = {name: heat.ghost_levels for name, heat in heats.items()}
    known = {name: levels for name, levels in maps.items() if levels is not None}
    peak = max([_FAINTEST_GHOST, *(float(levels.max()) for levels in known.values())])
    galleries = []
    for name, levels in known.items():
        image = heats[name].image
        assert image is not None
        figure = jpeg_figure(paint(image, levels, peak), "the whole clip")
        galleries.append(Gallery("", [figure], name=name if len(heats) > 1 else ""))
    if galleries:
        scale = f"{peak:.3g} levels of 255 a frame"
        galleries[0] = replace(galleries[0], title="Where it ghosts", text=_GHOSTS, scale=scale)
    return galleries


def _heat_figures(heat: HeatMeter, peak: float) -> list[Figure]:
    if heat.levels is None or heat.image is None:
        return []
    whole = jpeg_figure(paint(heat.image, heat.levels, peak), "the whole clip")
    pairs = sorted(heat.worst, reverse=True)
    return [
        whole,
        *(
            jpeg_figure(
                paint(pair.image, pair.levels, peak),
                f"frames {pair.second - 1} to {pair.second}: warping error {number(pair.error)}\u00a0×10⁻³",
            )
            for pair in pairs
            if pair.error > 0
        ),
    ]


def _worst_galleries(worst: Mapping[str, Sequence[Figure]]) -> list[Gallery]:
    shown = {name: figures for name, figures in worst.items() if figures}
    return [
        Gallery("" if index else "Worst frames", figures, name=name if len(worst) > 1 else "")
        for index, (name, figures) in enumerate(shown.items())
    ]
