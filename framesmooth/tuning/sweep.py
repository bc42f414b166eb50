"""Sweeps: every trial of a grid, in several processes if requested."""

import csv
import io
import math
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import cv2

from framesmooth.errors import UsageError
from framesmooth.events import Listener, Notice, frame_stage
from framesmooth.tuning.sweep_trials import (
    GUIDE,
    GridPoint,
    TrialStore,
    passes,
    run_trials,
)
from framesmooth.tuning.trial import Trial, retention
from framesmooth.video import write_text

FIGURES: Final = ("strength", "warping_error", "luma_flicker", "detail_retention", "flicker")

_MOST_COLUMNS: Final = 6


@dataclass(frozen=True)
class Sweep:
    """The trials of a sweep, by setup and rising strength."""

    spots: Sequence[GridPoint]
    store: TrialStore

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Plain types for each trial: method, flow, the FIGURES, and the seconds that it took."""
        found: list[dict[str, Any]] = []
        for setup in dict.fromkeys(spot.setup for spot in self.spots):
            facts = [self.store[spot] for spot in self.spots if spot.setup == setup]
            trials = [Trial(**{name: each[name] for name in _KEPT}, harm=0.0) for each in facts]
            for each, kept in zip(facts, retention(trials), strict=True):
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
        """How many trials stand in a row of a sheet: the strengths of a setup if they fit."""
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


def run_sweep(spots: Sequence[GridPoint], store: TrialStore, emit: Listener, jobs: int = 1) -> Sweep:
    """Make the trials that are missing, those of a setup in as few passes over the clip as ``jobs`` allow.

    Raises:
        UsageError: no trial asked for, or a smoother that cannot be swept.
        MediaError: unreadable frames, or a full disk.
    """
    if not spots:
        raise UsageError("a sweep needs at least one --smooth-strength")
    there = sum(spot in store for spot in spots)
    if there:
        emit(Notice(f"{there} of {len(spots)} settings were done by an earlier sweep"))
    groups = passes(spots, store, jobs)
    total = store.clip.open().num_frames
    if groups and not store.guide_path.exists():
        own = next((group for group in groups if group[0].setup == GUIDE), [])
        with frame_stage(emit, f"sweep {_named(own)}", total) as count:
            run_trials(store, own, count)
        groups = [group for group in groups if group is not own]
    if jobs == 1:
        for group in groups:
            with frame_stage(emit, f"sweep {_named(group)}", total) as count:
                run_trials(store, group, count)
    elif groups:
        with frame_stage(emit, "sweep", len(groups)) as count:
            _in_processes(store, groups, jobs, count)
    return Sweep(spots, store)


def _named(group: Sequence[GridPoint]) -> str:
    return group[0].setup.label if group else "motion"


def _in_processes(store: TrialStore, groups: Sequence[Sequence[GridPoint]], jobs: int, count: Any) -> None:
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


def _make_quietly(store: TrialStore, group: Sequence[GridPoint]) -> None:
    cv2.setNumThreads(1)  # the processes share the cores
    run_trials(store, group, lambda done: None)


def write_csv(sweep: Sweep, path: Path) -> None:
    """Write the table as CSV, atomically."""
    write_text(path, sweep.csv())
