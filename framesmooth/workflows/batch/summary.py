"""The summary of a batch: a page with all jobs, and a contact sheet of the clips."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np

from framesmooth.errors import MediaError
from framesmooth.frames import Frame
from framesmooth.reports.figures import Figure, jpeg_figure
from framesmooth.reports.montage import captioned, side_by_side
from framesmooth.reports.page import Gallery, Page, TableCell, write_page
from framesmooth.video import write_png
from framesmooth.video.images import read_image
from framesmooth.workflows.batch.records import DONE, FAILED, LEFT, Records
from framesmooth.workflows.batch.result import BatchResult, JobResult

PAGE: Final = "batch{}.html"
SHEET: Final = "contact-sheet{}.png"
"""With the suffix of the part."""
_MOST_PICTURES: Final = 400
_ON_SHEET: Final = 96
_COLUMNS: Final = 6
_CELL: Final = (144, 256)
_PAPER: Final = (18, 22, 26)
_KINDS: Final = {DONE: "good", FAILED: "bad", LEFT: "bad"}


def write_summary(result: BatchResult, suffix: str = "") -> Path:
    """Write the page and the contact sheet into the folder of the results; return the page.

    Their names end with ``suffix``, so that those of several parts are kept apart.

    Raises:
        MediaError: they cannot be written.
    """
    records = Records(result.folder)
    done = [job for job in result.jobs if job.status == DONE]
    found = {job.name: _picture(records, job.name) for job in done[:_MOST_PICTURES]}
    pictures = {name: picture for name, picture in found.items() if picture is not None}
    shown = [job for job in done if job.name in pictures]
    if shown:
        cells = captioned(
            [_boxed(pictures[job.name]) for job in shown[:_ON_SHEET]],
            [(job.name, "") for job in shown[:_ON_SHEET]],
        )
        write_png(result.folder / SHEET.format(suffix), side_by_side(cells, min(_COLUMNS, len(cells))))
    figures = [jpeg_figure(pictures[job.name], _caption(job)) for job in shown]
    page = result.folder / PAGE.format(suffix)
    write_page(page, _page(result, figures, len(done)))
    return page


def _page(result: BatchResult, figures: Sequence[Figure], done: int) -> Page:
    counts = ", ".join(f"{count} {status}" for status, count in sorted(result.counts.items()))
    order = {FAILED: 0, LEFT: 0, DONE: 2}
    rows = [_row(job) for job in sorted(result.jobs, key=lambda job: order.get(job.status, 1))]
    few = f"The first {len(figures)} of {done}." if len(figures) < done else ""
    return Page(
        title=f"Batch {result.folder.resolve().name}",
        summary=f"{len(result.jobs)} jobs: {counts}",
        header=[TableCell(text) for text in ("job", "verb", "status", "seconds", "result")],
        rows=rows,
        table_title="Jobs",
        galleries=[Gallery("Clips", figures, text=few)] if figures else [],
        notes=[TableCell(f"{job.name}: {notice}") for job in result.jobs for notice in job.notices],
    )


def _row(job: JobResult) -> list[TableCell]:
    told = job.message or ", ".join(f"{name} {value}" for name, value in list(job.facts.items())[:6])
    return [
        TableCell(job.name),
        TableCell(job.verb),
        TableCell(job.status, _KINDS.get(job.status, "")),
        TableCell("" if job.seconds is None else f"{job.seconds:.1f}", "number"),
        TableCell(told),
    ]


def _caption(job: JobResult) -> str:
    length = f", {job.facts['frames']} frames" if "frames" in job.facts else ""
    return f"{job.name}{length}"


def _picture(records: Records, name: str) -> Frame | None:
    with suppress(MediaError):
        return read_image(records.thumbnail(name))
    return None


def _boxed(picture: Frame) -> Frame:
    """Return a picture inside a cell of the sheet, whole, with paper around it."""
    import cv2

    height, width = picture.shape[:2]
    scale = min(_CELL[0] / height, _CELL[1] / width)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    cell = np.full((*_CELL, 3), _PAPER, np.uint8)
    top, left = (_CELL[0] - size[1]) // 2, (_CELL[1] - size[0]) // 2
    cell[top : top + size[1], left : left + size[0]] = small
    return cell
