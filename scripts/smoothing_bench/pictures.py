"""The pictures of the page: methods by flicker removed and detail lost, and a crop at 200 %."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from framesmooth.frames import Frame
from framesmooth.video import write_png
from smoothing_bench.clips import Clip, scene
from smoothing_bench.figures import HIGHEST_LOSS, columns, mean, methods_of, select
from smoothing_bench.methods import FLOW, METHODS, OURS
from smoothing_bench.plan import Row
from tests.scenes import add_flicker

_PAPER, _INK = (250, 250, 248), (34, 48, 60)
_CROPPED = (
    "window mean 5",
    "warped window mean r = 4",
    "warped EMA 0.8",
    "Bonneel (`poisson`)",
    "`ema`",
    OURS,
)


def draw_scatter(rows: Sequence[Row], path: Path) -> None:
    """Write a picture of what every method removes on average against the detail it costs; dots are clips."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    figure = Figure(figsize=(9, 5.4), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.axvspan(-1, HIGHEST_LOSS, color="#eef4ee", zorder=0)
    axes.axvline(HIGHEST_LOSS, color="#7a9a7c", linewidth=1, linestyle="--", zorder=1)
    middles = {
        name: (mean(of_method, "loss"), mean(of_method, "removed"))
        for name in methods_of(rows)
        if (of_method := select(rows, method=name))
    }
    heights = _label_heights(middles)
    for name, middle in middles.items():
        of_method = select(rows, method=name)
        colour = "#c2571a" if METHODS[name].is_ours else "#1b6ca8"
        losses, shares = ([row[column] for row in of_method] for column in ("loss", "removed"))
        axes.scatter(losses, shares, s=9, color=colour, alpha=0.35, linewidths=0, zorder=2)
        axes.scatter([middle[0]], [middle[1]], s=60 if name == OURS else 34, color=colour, zorder=3)
        axes.annotate(
            name.replace("`", ""), middle, xytext=(middle[0] + 0.012, heights[name]), fontsize=9, va="center",
            color=colour, fontweight="bold" if name == OURS else "normal", zorder=4,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.6},
        )  # fmt: skip
    axes.set_xlim(-0.1, max(max(row["loss"] for row in rows), 0.1) + 0.02)
    axes.set_ylim(min(-0.05, *(row["removed"] for row in rows)), 1)
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.set_xlabel("detail loss (left of the line: no more than 0.03)", fontsize=9)
    axes.set_ylabel("flicker residual removed", fontsize=9)
    clips = len(columns(rows, "clip"))
    axes.set_title(f"Mixed flicker: means over {clips} clips, and each clip", fontsize=10, loc="left")
    axes.grid(color="#dfe5ea", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Software": None})


def _label_heights(middles: Mapping[str, tuple[float, float]], apart: float = 0.04) -> dict[str, float]:
    """Return how high every label stands: at its point, or lower where another label is in the way."""
    placed: list[tuple[float, float]] = []
    heights = {}
    for name in sorted(middles, key=lambda name: -middles[name][1]):
        across, height = middles[name]
        for other_across, other in placed:
            if abs(other_across - across) < 0.12 and other - height < apart:
                height = other - apart
        placed.append((across, height))
        heights[name] = height
    return heights


def draw_crops(path: Path, frames: int = 16) -> None:
    """Write a painted scene's middle at 200 %, clean, flickering and smoothed, each with a line over time."""
    clean = scene("painting", frames)
    spoiled = add_flicker(clean, seed=2)
    results = {name.replace("`", ""): list(METHODS[name].make(FLOW)(spoiled)) for name in _CROPPED}
    tiles = [_tile(title, clip) for title, clip in {"clean": clean, "flickering": spoiled, **results}.items()]
    tiles += [np.full_like(tiles[0], _PAPER)] * (-len(tiles) % 4)
    rows = [np.concatenate(tiles[index : index + 4], axis=1) for index in range(0, len(tiles), 4)]
    picture = Image.fromarray(np.concatenate(rows)).quantize(128, dither=Image.Dither.NONE)
    write_png(path, np.asarray(picture.convert("RGB"), np.uint8))


def _tile(title: str, clip: Clip, height: int = 96, width: int = 150, gap: int = 6) -> Frame:
    middle = clip[len(clip) // 2]
    top, left = (middle.shape[0] - height) // 2, (middle.shape[1] - width) // 2
    crop = middle[top : top + height, left : left + width]
    line = np.stack([frame[top + height // 2, left : left + width] for frame in clip])
    parts = [_enlarged(crop, 2, 2), _enlarged(line, 2, 64 / len(line))]
    label = Image.new("RGB", (2 * width, 24), _PAPER)
    ImageDraw.Draw(label).text((4, 3), title, fill=_INK, font=ImageFont.load_default(15))
    space = np.full((gap, 2 * width, 3), _PAPER, np.uint8)
    tile = np.concatenate([np.asarray(label, np.uint8), parts[0], space, parts[1], space])
    return np.concatenate([tile, np.full((len(tile), gap, 3), _PAPER, np.uint8)], axis=1)


def _enlarged(image: Frame, across: float, down: float) -> Frame:
    return np.asarray(cv2.resize(image, None, fx=across, fy=down, interpolation=cv2.INTER_NEAREST), np.uint8)
