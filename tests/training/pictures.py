"""Small data sets: pictures of one colour with a shape in another, and what they show in words."""

from pathlib import Path

import numpy as np

from framesmooth.frames import Frame
from framesmooth.video import write_png


def picture(number: int, size: tuple[int, int] = (64, 64)) -> Frame:
    """Return a picture that differs from those of other numbers."""
    rng = np.random.default_rng(number)
    shown = np.full((*size, 3), rng.integers(0, 120, 3), np.uint8)
    top, left = rng.integers(0, size[0] // 2), rng.integers(0, size[1] // 2)
    shown[top : top + size[0] // 3, left : left + size[1] // 3] = rng.integers(130, 256, 3)
    return shown


def write_pictures(folder: Path, count: int, *, size: tuple[int, int] = (64, 64)) -> Path:
    """Write pictures with captions in .txt files beside them; return the folder."""
    for number in range(count):
        write_png(folder / f"{number}.png", picture(number, size))
        (folder / f"{number}.txt").write_text(f"a red boat number {number}\n", encoding="utf-8")
    return folder
