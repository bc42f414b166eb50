"""Clips and jobs that take a fraction of a second."""

from pathlib import Path

import numpy as np
import pytest

from framesmooth.video import write_png


def write_clip(folder: Path, frames: int = 4, level: int = 90) -> Path:
    """Write frames of 24 x 16 pixels that flicker."""
    pattern = np.arange(24 * 16 * 3, dtype=np.uint8).reshape(16, 24, 3) % 60
    for index in range(frames):
        write_png(folder / f"{index}.png", pattern + np.uint8(level + 12 * (index % 2)))
    return folder


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    """Return a file of three jobs: two clips smoothed, one measured."""
    write_clip(tmp_path / "one")
    write_clip(tmp_path / "two", level=120)
    path = tmp_path / "jobs.yaml"
    path.write_text(
        "defaults: {smoother: ema, format: webp}\n"
        "jobs:\n"
        "- {smooth: one, smooth-strength: 0.5}\n"
        "- {smooth: two, smooth-strength: 0.5}\n"
        "- {name: figures, measure: one, metric: [coverage], format: json}\n",
        encoding="utf-8",
    )
    return path
