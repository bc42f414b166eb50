"""The report of a clip before and after smoothing, and all report files of a run at once."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from framesmooth.frames import Frame
from framesmooth.metrics.report import Report
from framesmooth.reports.figures import Figure, data_address, png_figure
from framesmooth.reports.metric_plots import plot_metrics
from framesmooth.reports.page import (
    Gallery,
    Line,
    Page,
    TableCell,
    summary_of,
    write_page,
)
from framesmooth.reports.tables import metric_rows, write_csv, write_json
from framesmooth.video import atomic_path, write_png
from framesmooth.video.atomic import media_errors


def write_html(
    path: str | PathLike[str],
    before: Report | None,
    after: Report,
    *,
    title: str,
    strip: Frame | None = None,
    facts: Mapping[str, Any] | None = None,
    verdicts: Sequence[Line] = (),
    first: Sequence[Gallery] = (),
) -> None:
    """Write a page with the table, the strip, the plots and ``facts`` (name -> value), images embedded.

    ``verdicts`` stand above the table, the galleries ``first`` before all others.

    Everything is escaped; nothing is loaded from elsewhere.

    Raises:
        MediaError: when the file cannot be written.
    """
    header, rows = _table(before, after)
    galleries = [*first]
    if strip is not None:
        figure = png_figure(strip, "Consecutive frames and one scanline over time")
        galleries.append(Gallery("Frames", [figure], wide=True))
    if after.num_frames > 1:
        plot = data_address(plot_metrics(before, after), "image/png")
        galleries.append(Gallery("Frame by frame", [Figure(plot, "Metrics per frame")], wide=True))
    page = Page(
        title=title,
        summary=summary_of(after),
        header=header,
        rows=rows,
        verdicts=verdicts,
        galleries=galleries,
        facts=facts or {},
    )
    write_page(path, page)


def _table(before: Report | None, after: Report) -> tuple[list[TableCell], list[list[TableCell]]]:
    compared = before is not None
    names = ["before", "after", "change"] if compared else ["value"]
    header = [
        TableCell("metric"),
        *(TableCell(name, "number") for name in names),
        TableCell("unit"),
        TableCell("better"),
    ]
    rows = []
    for row in metric_rows(before, after):
        kind = {True: "good", False: "bad", None: "number"}[row.better]
        change = [TableCell(row.before, "number")], [TableCell(row.change, kind)]
        first, last = change if compared else ([], [])
        rows.append(
            [
                TableCell(row.name.replace("_", " ")),
                *first,
                TableCell(row.after, "number"),
                *last,
                TableCell(row.unit),
                TableCell(row.note or row.wanted),
            ]
        )
    return header, rows


def write_report(
    folder: str | PathLike[str],
    before: Report | None,
    after: Report,
    *,
    title: str,
    strip: Frame | None = None,
    facts: Mapping[str, Any] | None = None,
    verdicts: Sequence[Line] = (),
    first: Sequence[Gallery] = (),
) -> None:
    """Write metrics.json, metrics.csv, metrics.png, report.html and, given a ``strip``, strip.png.

    ``folder`` is made if it isn't there. A clip of one frame has no plot; one of an earlier run is removed.

    Raises:
        MediaError: when a file cannot be written.
    """
    folder = Path(folder)
    reports = {"after": after} if before is None else {"before": before, "after": after}
    write_json(folder / "metrics.json", reports)
    write_csv(folder / "metrics.csv", reports)
    _write_plot(folder / "metrics.png", before, after)
    if strip is not None:
        write_png(folder / "strip.png", strip)
    write_html(
        folder / "report.html",
        before,
        after,
        title=title,
        strip=strip,
        facts=facts,
        verdicts=verdicts,
        first=first,
    )


def _write_plot(path: Path, before: Report | None, after: Report) -> None:
    if after.num_frames > 1:
        with media_errors(path, "write"), atomic_path(path) as partial:
            partial.write_bytes(plot_metrics(before, after))
    else:
        with media_errors(path, "write"):
            path.unlink(missing_ok=True)
