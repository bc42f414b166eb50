"""Plots of a search: the flicker that each strength leaves, against detail and harm."""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

_LINE, _CHOSEN, _HARM, _INK, _GRID, _FLOOR = "#1b6ca8", "#c2571a", "#b267b8", "#22303c", "#dfe5ea", "#8a949d"
_RESOLUTION: Final = 110  # dots per inch


def plot_pareto(trials: Sequence[Mapping[str, float]], chosen: float, max_detail_loss: float) -> bytes:
    """Return a PNG of two panels: flicker left against detail kept, and flicker and harm by strength.

    ``trials`` have strength, flicker, harm (levels) and detail_retention (share), by rising strength;
    ``chosen`` is the strength of one of them.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.2), dpi=_RESOLUTION, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    picked = next(trial for trial in trials if trial["strength"] == chosen)
    _draw_curve(left, trials, picked, 1 - max_detail_loss)
    _draw_strengths(right, trials, picked)
    for axes in (left, right):
        axes.set_ylim(bottom=0)
        axes.grid(color=_GRID, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.tick_params(labelsize=8, colors=_INK)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(_GRID)
        axes.legend(frameon=False, fontsize=8.5)
    image = io.BytesIO()
    figure.savefig(image, format="png", metadata={"Software": None})
    return image.getvalue()


def _draw_curve(
    axes: Any, trials: Sequence[Mapping[str, float]], picked: Mapping[str, float], floor: float
) -> None:
    kept, left = ([trial[name] for trial in trials] for name in ("detail_retention", "flicker"))
    axes.plot(kept, left, color=_LINE, linewidth=1.5, marker="o", markersize=4, label="strengths tried")
    for index, trial in enumerate(trials):
        near = index and abs(kept[index] - kept[index - 1]) < 2e-3
        if not near or trial is trials[-1]:
            place = (trial["detail_retention"], trial["flicker"])
            axes.annotate(
                f"{trial['strength']:g}", place, (-5, 5), textcoords="offset points", fontsize=8, ha="right"
            )
    axes.plot(picked["detail_retention"], picked["flicker"], **_mark(picked))
    axes.axvline(floor, color=_FLOOR, linestyle="--", linewidth=1, label=f"detail floor {floor:.3g}")
    axes.set_xlim(min(min(kept), floor) - 0.012, 1.004)
    axes.set_title("Flicker left and detail kept", fontsize=10, loc="left", color=_INK)
    axes.set_xlabel("detail kept, share", fontsize=9, color=_INK)
    axes.set_ylabel("flicker left, levels", fontsize=9, color=_INK)


def _draw_strengths(axes: Any, trials: Sequence[Mapping[str, float]], picked: Mapping[str, float]) -> None:
    strengths = [trial["strength"] for trial in trials]
    for name, label, colour in (("flicker", "flicker left", _LINE), ("harm", "harm done", _HARM)):
        values = [trial[name] for trial in trials]
        axes.plot(strengths, values, color=colour, linewidth=1.5, marker="o", markersize=4, label=label)
    axes.plot(picked["strength"], picked["flicker"], **_mark(picked))
    axes.set_title("By strength", fontsize=10, loc="left", color=_INK)
    axes.set_xlabel("strength", fontsize=9, color=_INK)
    axes.set_ylabel("levels", fontsize=9, color=_INK)


def _mark(picked: Mapping[str, float]) -> dict[str, Any]:
    return {
        "color": _CHOSEN,
        "marker": "D",
        "markersize": 9,
        "linestyle": "none",
        "label": f"chosen: {picked['strength']:g}",
    }
