"""The study's tables and its picture."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from scipy.stats import spearmanr

from framesmooth.metrics.measure import measure
from metrics_study.clips import KINDS, METRICS, SIZE, Row
from tests.scenes import add_flicker, moving_scene


def correlation(rows: Sequence[Row], metric: str) -> float:
    """Return Spearman's rank correlation of a metric with the truth."""
    values = [each.found[metric] for each in rows]
    return float(spearmanr([each.truth for each in rows], values).statistic) if len(set(values)) > 1 else 0.0


def correlation_table(rows: Sequence[Row]) -> str:
    """Return the rank correlations as Markdown, one line per metric; empty groups are left out."""
    plain = [each for each in rows if not each.trap]
    moving = [each for each in plain if each.moves]
    groups = {
        "moving clips": moving,
        "still clips": [each for each in plain if not each.moves],
        **{word: [each for each in moving if each.kind == kind] for kind, word in KINDS.items()},
    }
    if len(plain) < len(rows):
        groups["with traps"] = [each for each in rows if each.moves]
    groups = {name: chosen for name, chosen in groups.items() if chosen}
    lines = [f"| metric | {' | '.join(groups)} |", "|---" * (len(groups) + 1) + "|"]
    for metric in sorted(plain[0].found, key=lambda name: -correlation(moving, name)):
        cells = [_cell(chosen, metric) for chosen in groups.values()]
        lines.append(f"| {metric} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(rows: Sequence[Row], metric: str) -> str:
    known = all(metric in each.found for each in rows)
    return f"{correlation(rows, metric):.2f}" if known else "–"


def dependence_table(num_frames: int = 60) -> str:
    """Return how the numbers of one flickering clip change with its size and its rate, as Markdown."""
    height, width = SIZE
    large = moving_scene(frames=2 * num_frames, size=(2 * height, 2 * width), pan=(3.0, 1.5), seed=1).frames
    spoiled = add_flicker(large, "GLTW", strength=1.0, seed=1)
    half = [
        np.asarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        for frame in spoiled
    ]
    names = [*METRICS, "dynamic_degree"]
    columns = [measure(frames, metrics=names) for frames in (spoiled, half, spoiled[::2])]
    lines = [
        f"| metric | {2 * width} × {2 * height} | half the size | half the rate |",
        "|---|---|---|---|",
    ]
    for name in names:
        means = [column[name].mean or 0.0 for column in columns]
        lines.append(f"| {name} [{columns[0][name].unit}] | {' | '.join(f'{mean:.3g}' for mean in means)} |")
    return "\n".join(lines)


def draw(rows: Sequence[Row], path: Path) -> None:
    """Write the picture: four metrics of the moving clips against the truth, one colour a kind."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

    colours = dict(zip(KINDS, ("#1b6ca8", "#c2571a", "#3c8d40", "#8a3fa0", "#22303c"), strict=True))
    titles = {
        "flicker_score": "flicker_score [levels]",
        "warping_error": "warping_error [×10⁻³]",
        "vbench_temporal_flickering": "1 − VBench temporal flickering",
        "luma_flicker": "luma_flicker [levels]",
    }
    moving = [each for each in rows if each.moves and not each.trap]
    figure = Figure(figsize=(11, 7.4), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (name, title) in zip(figure.subplots(2, 2).ravel(), titles.items(), strict=True):
        for kind, word in KINDS.items():
            chosen = [each for each in moving if each.kind == kind]
            axes.scatter(
                [each.truth for each in chosen], [each.found[name] for each in chosen],
                s=16, color=colours[kind], alpha=0.7, linewidths=0, label=word,
            )  # fmt: skip
        axes.set(xscale="log", yscale="log")
        axes.set_xticks((1, 2, 5, 10, 20))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FormatStrFormatter("%g"))
            axis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.set_title(f"{title} · rank correlation {correlation(moving, name):.2f}", fontsize=10, loc="left")
        axes.set_xlabel("flicker put in, standard deviation in levels", fontsize=9)
        axes.grid(color="#dfe5ea", linewidth=0.7, which="major")
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=len(KINDS), frameon=False)
    figure.savefig(path, metadata={"Software": None})
