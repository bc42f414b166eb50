"""A grid of smoothing settings over one clip: one table, one page, one picture."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framesmooth.events import Notice
from framesmooth.reports.sweep import write_sweep
from framesmooth.tuning.search import SmootherConfig
from framesmooth.tuning.sweep import Sweep, run_sweep
from framesmooth.tuning.sweep_trials import ClipChoice, GridPoint, TrialStore
from framesmooth.video.atomic import remove_all_leftovers
from framesmooth.video.listing import is_series
from framesmooth.workflows.clip_steps import tell_what_changes
from framesmooth.workflows.settings.sweep import SweepSettings
from framesmooth.workflows.workflow import NoticeCollector, workflow


@dataclass(frozen=True, kw_only=True)
class SweepResult:
    """What a sweep found.

    Attributes:
        folder: of sweep.csv, sweep.json, report.html, contact.png and grid.mp4.
        sweep: the trials.
        best: the row with the least flicker within the detail floor, None without any.
        figures: what sweep.json holds, and the folder.
        notices: what the user should know.
    """

    folder: Path
    sweep: Sweep
    best: int | None
    figures: dict[str, Any]
    notices: tuple[Notice, ...]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Plain types for each trial: method, flow, strength, metrics, and the seconds that it took."""
        return self.sweep.rows

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        return self.figures


@workflow(SweepSettings)
def sweep(settings: SweepSettings) -> SweepResult:
    """Smooth a clip with every setting of a grid, and put the figures into one table.

    The arguments are those of :class:`SweepSettings`. Motion is estimated once for all strengths of a method.
    Trials that an earlier sweep into the same folder made are used.

    Raises:
        MediaError: a source that cannot be read, or a full disk.
        UsageError: an empty grid, or a smoother that cannot be swept.

    Example:
        >>> import framesmooth as fs
        >>> found = fs.sweep("flickering.webp", "grid", smooth_strength=(0.3, 0.6))
        >>> [row["strength"] for row in found.rows]
        [0.3, 0.6]
    """
    path = Path(settings.source)
    clip = ClipChoice.of(path, settings.read_options)
    folder = _beside(path) if settings.output is None else Path(settings.output)
    for place in (folder, folder / "cells"):
        remove_all_leftovers(place)
    grid = [
        GridPoint(SmootherConfig(method=method, flow=flow), strength)
        for method in settings.smoother
        for flow in (settings.flow or (None,))
        for strength in settings.smooth_strength
    ]
    emit = NoticeCollector(settings.on_event)
    tell_what_changes(clip.open(), emit)
    found = run_sweep(grid, TrialStore(folder / "cells", clip), emit, settings.jobs)
    figures = write_sweep(folder, found, emit, title=path.name, max_detail_loss=settings.max_detail_loss)
    return SweepResult(
        folder=folder,
        sweep=found,
        best=found.best(settings.max_detail_loss),
        figures=figures,
        notices=emit.notices,
    )


def _beside(path: Path) -> Path:
    """Return the folder of the sweep of a clip: beside it, or beside the folder of its pictures."""
    clip = path.parent if is_series(path) and not path.is_dir() else path
    return clip.with_name(f"{clip.stem}.sweep")
