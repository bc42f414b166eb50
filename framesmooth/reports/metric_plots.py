"""Metrics over time as a PNG plot."""

import io
from typing import Any, Final

from framesmooth.metrics.report import Report

_BEFORE, _AFTER, _INK, _GRID = "#c2571a", "#1b6ca8", "#22303c", "#dfe5ea"
_RESOLUTION: Final = 110  # dots per inch
_WIDTH, _ROW, _TOP, _BOTTOM, _LEFT, _RIGHT, _GAP = 11.0, 2.3, 0.65, 0.5, 0.65, 0.1, 0.75  # inches


def plot_metrics(before: Report | None, after: Report) -> bytes:
    """Return a PNG with one panel per metric: its value per frame before and after, cuts as dotted lines."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = [name for name, series in after.items() if series.mean is not None]
    rows = max((len(shown) + 1) // 2, 1)
    height = _ROW * rows + 0.4
    figure = Figure(figsize=(_WIDTH, height), dpi=_RESOLUTION)
    FigureCanvasAgg(figure)
    panels = figure.subplots(rows, 2, squeeze=False, gridspec_kw=_margins(rows, height)).ravel()
    for axes, name in zip(panels, shown, strict=False):
        _draw_panel(axes, name, before, after)
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    if before is not None and shown:
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="upper right", ncols=2, frameon=False, fontsize=9)
    image = io.BytesIO()
    figure.savefig(image, format="png", metadata={"Software": None})
    return image.getvalue()


def _margins(rows: int, height: float) -> dict[str, float]:
    """Return where the panels stand: measuring their labels takes as long as drawing them."""
    panel = (height - _TOP - _BOTTOM - (rows - 1) * _GAP) / rows
    width = (_WIDTH - _LEFT - _RIGHT - _LEFT) / 2
    return {
        "left": _LEFT / _WIDTH,
        "right": 1 - _RIGHT / _WIDTH,
        "bottom": _BOTTOM / height,
        "top": 1 - _TOP / height,
        "hspace": _GAP / panel,
        "wspace": _LEFT / width,
    }


def _draw_panel(axes: Any, name: str, before: Report | None, after: Report) -> None:
    series = after[name]
    earlier = None if before is None else before.get(name)
    if earlier is not None and earlier.mean is not None:
        axes.plot(
            _gaps(earlier.per_frame), color=_BEFORE, linewidth=1.1, label="before", marker=".", markersize=3
        )
    axes.plot(_gaps(series.per_frame), color=_AFTER, linewidth=1.5, label="after", marker=".", markersize=3)
    for cut in after.cuts:
        axes.axvline(cut, color=_INK, linewidth=0.8, linestyle=":")
    better = {True: " · higher is better", False: " · lower is better", None: ""}[series.higher_is_better]
    title = f"{name.replace('_', ' ')} [{series.unit}]{better}"
    axes.set_title(title, fontsize=9, loc="left", color=_INK, y=1.0)  # else matplotlib measures all labels
    axes.tick_params(labelsize=8, colors=_INK)
    axes.grid(color=_GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_GRID)
    axes.set_xlabel("frame", fontsize=8, color=_INK)
    values = [value for item in (series, earlier) if item for value in item.per_frame if value is not None]
    if series.higher_is_better is not True and values:
        axes.set_ylim(0, max(1.08 * max(values), 1e-6))


def _gaps(values: tuple[float | None, ...]) -> list[float]:
    return [float("nan") if value is None else value for value in values]
