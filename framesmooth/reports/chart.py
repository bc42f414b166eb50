"""Metrics over time as an interactive figure: one row per metric, one line per clip, one shared time axis."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from framesmooth.metrics.base import Series
from framesmooth.metrics.report import Report
from framesmooth.reports.clip_table import clip_rows
from framesmooth.reports.tables import arrow_of

COLOURS: Final = ("#d9702b", "#3b8ed0", "#2fa37a", "#b267b8", "#b99522", "#7780e0", "#d75a6a", "#5aa0ad")
"""Told apart in most kinds of colour blindness, and readable on white and on black."""

_ROW_HEIGHT, _MARGIN_TOP, _MARGIN_BOTTOM = 150, 32, 48  # pixels
_GAP: Final = 0.3  # of a row, for the title of the row below
_MOST_MARKERS: Final = 150
_CUT_LINE: Final = {"dash": "dot", "width": 1}


def metrics_chart(reports: Mapping[str, Report]) -> dict[str, Any] | None:
    """Return a plotly figure (data, layout) as plain types; None where no metric has a line to show.

    Hovering shows the values of a frame in all rows. Names are escaped for plotly, which reads tags in text.
    ``legend`` has the name and colour of each of several clips, numbered as ``meta`` numbers the lines:
    plotly's own legend would lie over the plots where the page is narrow.
    """
    names = [
        name
        for name in (row.name for row in clip_rows(reports))
        if any(_has_line(report, name) for report in reports.values())
    ]
    if not names:
        return None
    data = [
        _line(reports[label], name, label, row, clip, single=len(reports) == 1)
        for row, name in enumerate(names)
        for clip, label in enumerate(reports)
        if _has_line(reports[label], name)
    ]
    legend = [{"name": label, "color": _colour(clip)} for clip, label in enumerate(reports)]
    return {"data": data, "layout": _layout(reports, names), "legend": legend if len(legend) > 1 else []}


def _colour(clip: int) -> str:
    return COLOURS[clip % len(COLOURS)]


def _has_line(report: Report, name: str) -> bool:
    return name in report and report[name].mean is not None and report.num_frames > 1


def _line(report: Report, name: str, label: str, row: int, clip: int, *, single: bool) -> dict[str, Any]:
    values = report[name].per_frame
    unit = escape(report[name].unit)
    told = "" if single else f"{escape(label)}: "
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(values) <= _MOST_MARKERS else "lines",
        "x": list(range(len(values))),
        "y": [None if value is None else float(f"{value:.6g}") for value in values],
        "xaxis": "x",
        "yaxis": _axis("y", row),
        "name": escape(label),
        "meta": clip,
        "line": {"color": _colour(clip), "width": 1.8},
        "marker": {"size": 4},
        "hovertemplate": f"{told}%{{y:.4g}} {unit}<extra></extra>",
    }


def _layout(reports: Mapping[str, Report], names: list[str]) -> dict[str, Any]:
    rows = len(names)
    axes: dict[str, Any] = {}
    titles = []
    for row, name in enumerate(names):
        known = next(report[name] for report in reports.values() if name in report)
        top = 1 - row / (rows - _GAP)
        bottom = max(top - (1 - _GAP) / (rows - _GAP), 0)
        axes[_axis("yaxis", row)] = _value_axis(bottom, top, rising=known.higher_is_better)
        titles.append(_title(name, known, top))
    cuts = sorted({cut for report in reports.values() for cut in report.cuts})
    return {
        **axes,
        "xaxis": {
            "anchor": _axis("y", rows - 1),
            "title": {"text": "frame"},
            "showspikes": True,
            "spikemode": "across",
            "spikesnap": "cursor",
            "spikethickness": 1,
            "spikedash": "solid",
        },
        "annotations": titles,
        "shapes": [
            {"type": "line", "x0": cut, "x1": cut, "yref": "paper", "y0": 0, "y1": 1, "line": dict(_CUT_LINE)}
            for cut in cuts
        ],
        "height": rows * _ROW_HEIGHT + _MARGIN_TOP + _MARGIN_BOTTOM,
        "margin": {"l": 52, "r": 12, "t": _MARGIN_TOP, "b": _MARGIN_BOTTOM},
        "hovermode": "x",
        "hoverdistance": -1,  # the nearest frame, however far: no place without an answer
        "hoversubplots": "axis",
        "showlegend": False,
        "plot_bgcolor": "rgba(0,0,0,0)",
        "dragmode": "zoom",
    }  # fmt: skip


def _value_axis(bottom: float, top: float, *, rising: bool | None) -> dict[str, Any]:
    return {
        "domain": [bottom, top],
        "anchor": "x",
        "rangemode": "normal" if rising else "tozero",
        "nticks": 4,
        "automargin": True,
        "showspikes": False,
    }


def _title(name: str, series: Series, top: float) -> dict[str, Any]:
    arrow = arrow_of(series.higher_is_better)
    return {
        "text": f"<b>{escape(name.replace('_', ' '))}</b> {escape(series.unit)} {arrow}",
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": top,
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
    }


def _axis(name: str, row: int) -> str:
    return name if row == 0 else f"{name}{row + 1}"
