"""A sweep: all cells of a grid made, in several processes if asked to, and shown side by side."""

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from framesmooth.errors import UsageError
from framesmooth.events import Listener, Notice
from framesmooth.frames import Frame, prefetch
from framesmooth.montage import label, side_by_side, side_by_side_size
from framesmooth.steady import stage
from framesmooth.tuning.cell import Cell, retention
from framesmooth.tuning.grid import GUIDE, CellStore, Spot, make_cells, passes
from framesmooth.video import open_sink, open_source, write_png, write_text

FIGURES: Final = ("strength", "warping_error", "luma_flicker", "detail_retention", "flicker")
_WIDEST_SHEET: Final = 1920
_MOST_COLUMNS: Final = 6


@dataclass(frozen=True)
class Sweep:
    """The cells of a sweep, by setup and rising strength."""

    spots: Sequence[Spot]
    store: CellStore

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Plain types for each cell: method, flow, the FIGURES, and the seconds that it took."""
        found: list[dict[str, Any]] = []
        for setup in dict.fromkeys(spot.setup for spot in self.spots):
            facts = [self.store[spot] for spot in self.spots if spot.setup == setup]
            cells = [Cell(**{name: each[name] for name in _KEPT}, harm=0.0) for each in facts]
            for each, kept in zip(facts, retention(cells), strict=True):
                row = each | {"detail_retention": kept}
                found.append({name: row[name] for name in ("method", "flow", *FIGURES, "seconds")})
        return found

    def best(self, max_detail_loss: float) -> int | None:
        """Return the row with the least flicker of those that keep enough detail, None without any."""
        fit = [
            index
            for index, row in enumerate(self.rows)
            if 1 - row["detail_retention"] <= max_detail_loss + 1e-9
        ]
        return min(fit, key=lambda index: self.rows[index]["flicker"], default=None)

    @property
    def columns(self) -> int:
        """How many cells stand in a row of a sheet: the strengths of a setup if they fit."""
        setups = len({spot.setup for spot in self.spots})
        strengths = len({spot.strength for spot in self.spots})
        whole = setups > 1 and strengths <= _MOST_COLUMNS and setups * strengths == len(self.spots)
        return strengths if whole else min(math.ceil(math.sqrt(len(self.spots))), _MOST_COLUMNS)

    def csv(self) -> str:
        """Return the rows as CSV."""
        text = io.StringIO()
        table = csv.DictWriter(text, ["method", "flow", *FIGURES, "seconds"], lineterminator="\n")
        table.writeheader()
        table.writerows(
            {name: "" if value is None else value for name, value in row.items()} for row in self.rows
        )
        return text.getvalue()


_KEPT: Final = ("strength", "warping_error", "luma_flicker", "detail", "flicker")


def run_sweep(spots: Sequence[Spot], store: CellStore, emit: Listener, jobs: int = 1) -> Sweep:
    """Make the cells that are missing, those of a setup in as few passes over the clip as ``jobs`` allow.

    Raises:
        UsageError: no cell asked for, or a smoother that cannot be swept.
        MediaError: unreadable frames, or a full disk.
    """
    if not spots:
        raise UsageError("a sweep needs at least one --strength")
    there = sum(spot in store for spot in spots)
    if there:
        emit(Notice(f"{there} of {len(spots)} cells are there from an earlier sweep"))
    groups = passes(spots, store, jobs)
    total = store.clip.open().num_frames
    if groups and not store.guide_path.exists():
        own = next((group for group in groups if group[0].setup == GUIDE), [])
        with stage(emit, f"sweep {_named(own)}", total) as count:
            make_cells(store, own, count)
        groups = [group for group in groups if group is not own]
    if jobs == 1:
        for group in groups:
            with stage(emit, f"sweep {_named(group)}", total) as count:
                make_cells(store, group, count)
    elif groups:
        with stage(emit, "sweep", len(groups)) as count:
            _in_processes(store, groups, jobs, count)
    return Sweep(spots, store)


def _named(group: Sequence[Spot]) -> str:
    return group[0].setup.label if group else "motion"


def _in_processes(store: CellStore, groups: Sequence[Sequence[Spot]], jobs: int, count: Any) -> None:
    # Spawned: a fork of a process with threads of OpenCV or PyAV may hang.
    with ProcessPoolExecutor(min(jobs, len(groups)), mp_context=get_context("spawn")) as pool:
        work = [pool.submit(_make_quietly, store, group) for group in groups]
        try:
            for done, each in enumerate(as_completed(work), start=1):
                each.result()
                count(done)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _make_quietly(store: CellStore, group: Sequence[Spot]) -> None:
    cv2.setNumThreads(1)  # the processes share the cores
    make_cells(store, group, lambda done: None)


def write_sheets(sweep: Sweep, folder: Path, emit: Listener) -> Frame:
    """Write contact.png, the middle frame of every cell, and grid.mp4, all cells at once; return the first.

    Raises:
        MediaError: a cell's video that cannot be read, or files that cannot be written.
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

    def sheet(frames: Mapping[Spot, Frame]) -> Frame:
        pictures = [label(_fitted(frame, size), captions[spot]) for spot, frame in frames.items()]
        return side_by_side(pictures, sweep.columns)

    total = first.num_frames or 1
    middle = {spot: next(iter(islice(tile, total // 2, None))) for spot, tile in tiles.items()}
    contact = sheet(middle)
    write_png(folder / "contact.png", contact)
    whole = side_by_side_size(size, len(tiles), sweep.columns)
    with (
        stage(emit, "grid video", total) as count,
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


def write_csv(sweep: Sweep, path: Path) -> None:
    """Write the table as CSV, atomically."""
    write_text(path, sweep.csv())
