"""Frames, and ways to write and to compare them."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framesmooth.frames import Frame
from framesmooth.video import open_sink, write_png

FPS = Fraction(12)
COLOURS = [
    (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255), (255, 0, 255),
    (0, 0, 0), (255, 255, 255), (128, 128, 128), (200, 100, 50), (12, 200, 180), (90, 30, 160),
]  # fmt: skip


def flat(colour: Sequence[int], size: tuple[int, int] = (48, 64)) -> Frame:
    return np.full((*size, 3), colour, dtype=np.uint8)


def gradient(count: int = 6, size: tuple[int, int] = (48, 64)) -> list[Frame]:
    y, x = np.mgrid[: size[0], : size[1]]
    return [
        np.stack([(x * 3 + 8 * t) % 256, (y * 4) % 256, (x + y + 3 * t) % 256], axis=-1).astype(np.uint8) // 2
        for t in range(count)
    ]


def write(path: Path | str, frames: Sequence[Frame], fps: Fraction = FPS, **options: Any) -> None:
    with open_sink(path, fps=fps, size=frames[0].shape[:2], **options) as sink:
        for frame in frames:
            sink.write(frame)


def psnr(image: Frame, reference: Frame) -> float:
    error = float(np.mean((image.astype(np.float64) - reference) ** 2))
    return float(10 * np.log10(255**2 / max(error, 1e-12)))


def leftovers(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for index, frame in enumerate(gradient(12)):
        write_png(tmp_path / "in" / f"f{index}.png", frame)
    return tmp_path / "in"
