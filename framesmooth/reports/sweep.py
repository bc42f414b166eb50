"""The files of a sweep: its table as JSON, CSV and a page, and its images."""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from framesmooth.events import Listener, frame_stage
from framesmooth.frames import Frame
from framesmooth.reports.chart import COLOURS
from framesmooth.reports.figures import Figure, data_address, jpeg_figure
from framesmooth.reports.montage import label, side_by_side, side_by_side_size
from framesmooth.reports.page import (
    Gallery,
    Page,
    TableCell,
    write_page,
)
from framesmooth.reports.tables import number
from framesmooth.runs import write_json
from framesmooth.streams import prefetch
from framesmooth.tuning.sweep import Sweep
from framesmooth.tuning.sweep_trials import (
    GridPoint,
)
from framesmooth.video import open_sink, open_source, write_png

if TYPE_CHECKING:
    from framesmooth.tuning.sweep import Sweep


HEADER: Final = (
    "method",
    "flow",
    "strength",
    "flicker",
    "warping",
    "luma",
    "detail",
    "seconds",
)

LEGEND: Final = (
    "Flicker and luma flicker in levels, warping error ×10⁻³, detail kept as a share; all along one motion, "
    "that of the clip smoothed by trajectory at 0.6. ★ least flicker within the detail floor."
)


def sweep_texts(rows: Sequence[Mapping[str, Any]], best: int | None) -> list[tuple[str, ...]]:
    """Return the rows of a sweep as text in the order of HEADER, the best one marked."""
    return [
        (
            f"{'★ ' if index == best else ''}{row['method']}",
            row["flow"] or "–",
            f"{row['strength']:g}",
            number(row["flicker"]),
            number(row["warping_error"]),
            number(row["luma_flicker"]),
            f"{row['detail_retention']:.3f}",
            f"{row['seconds']:.1f}",
        )
        for index, row in enumerate(rows)
    ]


def write_sweep(
    folder: Path, sweep: "Sweep", emit: Listener, *, title: str, max_detail_loss: float
) -> dict[str, Any]:
    """Write sweep.json, sweep.csv, contact.png, grid.mp4 and report.html; return the content of the first.

    Raises:
        MediaError: when a file cannot be written.
    """
    from framesmooth.tuning.sweep import write_csv

    best = sweep.best(max_detail_loss)
    content = {
        "cells": sweep.rows,
        "best": None if best is None else sweep.rows[best],
        "max_detail_loss": max_detail_loss,
        "folder": str(folder),
    }
    contact = write_sheets(sweep, folder, emit)
    write_csv(sweep, folder / "sweep.csv")
    write_json(folder / "sweep.json", {name: value for name, value in content.items() if name != "folder"})
    curve = data_address(plot_sweep(sweep.rows, max_detail_loss), "image/png")
    write_page(
        folder / "report.html",
        Page(
            title=f"Sweep of {title}",
            summary=f"{len(sweep.rows)} settings",
            header=[TableCell(name, "number" if index > 1 else "") for index, name in enumerate(HEADER)],
            rows=[
                [
                    TableCell(text, ("good" if index == best else "number") if column > 1 else "")
                    for column, text in enumerate(texts)
                ]
                for index, texts in enumerate(sweep_texts(sweep.rows, best))
            ],
            legend=LEGEND,
            galleries=[
                Gallery("Flicker and detail", [Figure(curve, "Flicker left and detail kept")], wide=True),
                Gallery(
                    "The middle frame", [jpeg_figure(contact, "The middle frame of every setting")], wide=True
                ),
            ],
            facts={"detail floor": f"{1 - max_detail_loss:g}"},
        ),
    )
    return content


def plot_sweep(rows: Sequence[Mapping[str, Any]], max_detail_loss: float) -> bytes:
    """Return a PNG: flicker left against detail kept, and against strength, a line for each setup."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Drawing

    drawing = Drawing(figsize=(11, 4.2), dpi=110, layout="constrained")
    FigureCanvasAgg(drawing)
    left, right = drawing.subplots(1, 2)
    setups = dict.fromkeys((row["method"], row["flow"]) for row in rows)
    for colour, (method, flow) in zip(COLOURS * len(setups), setups, strict=False):
        own = [row for row in rows if (row["method"], row["flow"]) == (method, flow)]
        style = {"color": colour, "marker": "o", "markersize": 4, "linewidth": 1.5}
        name = method if flow is None else f"{method}, {flow}"
        for axes, key in ((left, "detail_retention"), (right, "strength")):
            axes.plot([row[key] for row in own], [row["flicker"] for row in own], label=name, **style)
    left.axvline(1 - max_detail_loss, color="#8a949d", linestyle="--", linewidth=1, label="detail floor")
    for axes, title in ((left, "detail kept, share"), (right, "strength")):
        axes.set_xlabel(title, fontsize=9)
        axes.set_ylabel("flicker left, levels", fontsize=9)
        axes.set_ylim(bottom=0)
        axes.grid(color="#dfe5ea", linewidth=0.7)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
        axes.legend(frameon=False, fontsize=8.5)
    image = io.BytesIO()
    drawing.savefig(image, format="png", metadata={"Software": None})
    return image.getvalue()


_WIDEST_SHEET: Final = 1920


def write_sheets(sweep: Sweep, folder: Path, emit: Listener) -> Frame:
    """Write contact.png, the middle frame of every trial, and grid.mp4, all trials at once; return the first.

    Raises:
        MediaError: a trial's video that cannot be read, or files that cannot be written.
    """
    tiles = {spot: open_source(sweep.store.tile_path(spot)) for spot in sweep.spots}
    first = next(iter(tiles.values()))
    width = min(first.size[1], _WIDEST_SHEET // sweep.columns)
    size = (max(round(first.size[0] * width / first.size[1]), 8), width)
    captions = {
        spot: ((spot.label,), (f"flicker {row['flicker']:.2f} · detail {row['detail_retention']:.3f}",
                               f"{row['flicker']:.2f} · {row['detail_retention']:.3f}"))
        for spot, row in zip(sweep.spots, sweep.rows, strict=True)
    }  # fmt: skip

    def sheet(frames: Mapping[GridPoint, Frame]) -> Frame:
        images = [label(_fitted(frame, size), captions[spot]) for spot, frame in frames.items()]
        return side_by_side(images, sweep.columns)

    total = first.num_frames or 1
    middle = {spot: next(iter(islice(tile, total // 2, None))) for spot, tile in tiles.items()}
    contact = sheet(middle)
    write_png(folder / "contact.png", contact)
    whole = side_by_side_size(size, len(tiles), sweep.columns)
    with (
        frame_stage(emit, "grid video", total) as count,
        open_sink(folder / "grid.mp4", fps=first.fps, size=whole, odd="pad", overwrite=True) as sink,
    ):
        for index, frames in enumerate(_together(list(tiles.values())), start=1):
            sink.write(sheet(dict(zip(tiles, frames, strict=True))))
            count(index)
    return contact


def _together(clips: Sequence[Any]) -> Iterator[tuple[Frame, ...]]:
    with ExitStack() as stack:
        yield from zip(*(stack.enter_context(closing(prefetch(clip, 1))) for clip in clips), strict=True)


def _fitted(frame: Frame, size: tuple[int, int]) -> Frame:
    if frame.shape[:2] == size:
        return frame
    return np.asarray(cv2.resize(frame, size[::-1], interpolation=cv2.INTER_AREA), np.uint8)
