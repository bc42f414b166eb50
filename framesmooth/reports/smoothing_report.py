"""The report of a clip before and after smoothing, and all report files of a run at once."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
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
from framesmooth.reports.plain_words import MOST_SHOWN, steadiness, wrong_frames, wrong_words
from framesmooth.reports.shown_clip import ShownClip
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
    clip: ShownClip | None = None,
    plot: bytes | None = None,
) -> None:
    """Write a page with the table, the strip, the plots and ``facts`` (name -> value), images embedded.

    The ``clip`` comes first, then in plain words how steady it is and which frames look wrong. ``verdicts``
    stand above the table, the galleries ``first`` before all others. ``plot`` is a PNG of the metrics per
    frame; a clip of several frames gets one drawn where none is given.

    Everything is escaped; but for the clip, which is beside the page, nothing is loaded.

    Raises:
        MediaError: when the file cannot be written.
    """
    header, rows = _table(before, after)
    galleries = [*first]
    if strip is not None:
        figure = png_figure(strip, "Consecutive frames and one scanline over time")
        galleries.append(Gallery("Frames", [figure], wide=True))
    if after.num_frames > 1:
        address = data_address(plot or plot_metrics(before, after), "image/png")
        galleries.append(Gallery("Frame by frame", [Figure(address, "Metrics per frame")], wide=True))
    page = Page(
        title=title,
        summary=summary_of(after),
        clip=None if clip is None else clip.on_page(Path(path).parent),
        words=_words(before, after, None if clip is None else clip.fps),
        wrong=_wrong(after, clip),
        header=header,
        rows=rows,
        verdicts=verdicts,
        galleries=galleries,
        facts=facts or {},
    )
    write_page(path, page)


def _words(before: Report | None, after: Report, fps: Fraction | None) -> list[str]:
    """Return what the metrics mean; the frames that look wrong where no gallery shows them."""
    wrong = wrong_frames(after)
    lines = [steadiness(before, after)]
    if fps is None or not wrong:
        lines += wrong_words(wrong, fps)
    if after.flashes is not None and not (after.flashes.passed and after.flashes.extended_passed):
        lines.append(after.flashes.sentence)
    return [f"{line[:1].upper()}{line[1:]}." for line in lines]


def _wrong(after: Report, clip: ShownClip | None) -> Gallery | None:
    """Return the frames that look wrong, each with a picture and the reason."""
    wrong = wrong_frames(after)
    if clip is None or not wrong:
        return None
    more = len(wrong) - MOST_SHOWN
    text = f"The first {MOST_SHOWN}; {more} more stand out as well." if more > 0 else ""
    return Gallery("Frames to look at", clip.wrong_figures(wrong, MOST_SHOWN), text=text)


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
    clip: ShownClip | None = None,
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
    plot = plot_metrics(before, after) if after.num_frames > 1 else None
    _write_plot(folder / "metrics.png", plot)
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
        clip=clip,
        plot=plot,
    )


def _write_plot(path: Path, plot: bytes | None) -> None:
    if plot is not None:
        with media_errors(path, "write"), atomic_path(path) as partial:
            partial.write_bytes(plot)
    else:
        with media_errors(path, "write"):
            path.unlink(missing_ok=True)
