"""A plot of what is heard: levels, onsets and beats over time."""

from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np

from framesmooth.sound.beats import HOP_RATE
from framesmooth.sound.listening import Listening
from framesmooth.video.atomic import write_bytes

_COLORS: Final = {"rms": "#444444", "low": "#d9702b", "mid": "#3b8ed0", "high": "#2fa37a"}
_MOST_POINTS: Final = 4000
_MOST_BEATS: Final = 400
"""Lines that can still be told apart."""


def write_sound_plot(path: Path, heard: Listening) -> None:
    """Write a picture of what is heard: a row for each level, lines at the beats, dots at the onsets.

    Raises:
        MediaError: a file that cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(_COLORS), 1, sharex=True)
    times, strengths = heard.onsets
    for axis, (name, color) in zip(axes, _COLORS.items(), strict=True):
        level = heard.levels[name]
        step = max(1, len(level) // _MOST_POINTS)
        curve = level[: len(level) // step * step].reshape(-1, step).max(axis=1)
        axis.fill_between(np.arange(len(curve)) * step / HOP_RATE, curve, color=color, alpha=0.6, linewidth=0)
        if len(heard.beats.times) <= _MOST_BEATS:
            for time in heard.beats.times:
                axis.axvline(time, color="#b267b8", linewidth=0.7)
        axis.set_ylabel(name)
        axis.set_ylim(0, 1.05)
    axes[0].plot(times, strengths, ".", color="#b99522", markersize=4)
    bpm = "no beat" if heard.beats.bpm is None else f"{heard.beats.bpm:.1f} beats a minute"
    axes[0].set_title(f"{heard.path.name}: {bpm}; lines are beats, dots onsets".replace("$", r"\$"))
    axes[-1].set_xlabel("seconds")
    content = BytesIO()
    figure.savefig(content, format="png", dpi=100)
    write_bytes(path, content.getvalue())
