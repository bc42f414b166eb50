"""The frames where a clip is at its worst: which ones, in which metrics, and how they look."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from framesmooth.frames import Frame
from framesmooth.metrics.base import Series
from framesmooth.metrics.report import Report
from framesmooth.reports.figures import Figure, jpeg_figure, thumbnail
from framesmooth.reports.tables import number

MOST_FRAMES: Final = 8
_WIDTH: Final = 320


def worst_frames(report: Report) -> dict[int, list[str]]:
    """Return, in order, the frames in which some metric is at its worst, and those metrics' names.

    Metrics without a better direction, or which say the same of every frame, have no worst frame. At most
    eight frames, those that are worst in most metrics.
    """
    found: dict[int, list[str]] = defaultdict(list)
    for name, series in report.items():
        index = _worst(series)
        if index is not None:
            found[index].append(name)
    chosen = sorted(found, key=lambda index: (-len(found[index]), index))[:MOST_FRAMES]
    return {index: found[index] for index in sorted(chosen)}


def _worst(series: Series) -> int | None:
    values = {index: value for index, value in enumerate(series.per_frame) if value is not None}
    if series.higher_is_better is None or len(set(values.values())) < 2:
        return None
    pick = min if series.higher_is_better else max
    return pick(values, key=lambda index: values[index])


def worst_figures(report: Report, frames: Iterable[Frame]) -> list[Figure]:
    """Return thumbnails of the worst frames of a clip, whose ``frames`` are read up to the last of them."""
    wanted = worst_frames(report)
    figures: list[Figure] = []
    if not wanted:
        return figures
    for index, frame in enumerate(frames):
        if index in wanted:
            figures.append(jpeg_figure(thumbnail(frame, _WIDTH), _caption(report, index, wanted[index])))
        if index >= max(wanted):
            break
    return figures


def _caption(report: Report, index: int, names: Iterable[str]) -> str:
    said = (
        f"{name.replace('_', ' ')} {number(report[name].per_frame[index])}\u00a0{report[name].unit}"
        for name in names
    )
    return f"frame {index}: {', '.join(said)}"
