"""Clips of a few frames, and calls of the command line, for its tests."""

import wave
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from framesmooth.frames import Frame
from framesmooth.video import open_sink

SIZE = (48, 64)
FPS = Fraction(12)


def flickering(count: int = 5, size: tuple[int, int] = SIZE) -> list[Frame]:
    """A textured picture whose brightness jumps."""
    texture = np.random.default_rng(0).integers(60, 160, (*size, 3))
    return [(texture + 24 * (index % 2)).astype(np.uint8) for index in range(count)]


def write(path: Path | str, frames: Sequence[Frame], fps: Fraction = FPS) -> None:
    with open_sink(path, fps=fps, size=(frames[0].shape[0], frames[0].shape[1])) as sink:
        for frame in frames:
            sink.write(frame)


def sound_only(folder: Path) -> Path:
    with wave.open(str(folder / "bad.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000))
    return folder / "bad.wav"
