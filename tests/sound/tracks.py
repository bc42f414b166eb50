"""Music that is known exactly: drums with swing, chords and noise."""

from pathlib import Path

import numpy as np

from framesmooth.video.audio_samples import write_samples

RATE = 24_000


def drums(
    bpm: float,
    seconds: float = 20,
    *,
    swing: float = 0,
    noise: float = 0.01,
    start: float = 0.35,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Return samples (n,) and the times of the beats in seconds.

    A kick is on every beat, a snare on every second one, a soft hat half-way, later by ``swing`` of a half.
    """
    rng, count = np.random.default_rng(seed), int(RATE * seconds)
    sound = rng.normal(0, noise, count)
    time = np.arange(count) / RATE
    sound += 0.06 * sum(np.sin(2 * np.pi * pitch * time) for pitch in (220, 277.2, 329.6))
    beats = np.arange(start, seconds - 0.3, 60 / bpm)
    decay = np.arange(int(0.15 * RATE)) / RATE
    kick = np.sin(2 * np.pi * (60 + 80 * np.exp(-decay * 40)) * decay) * np.exp(-decay * 25)
    for index, beat in enumerate(beats):
        add(sound, beat, kick)
        if index % 2:
            add(sound, beat, 0.5 * rng.normal(0, 1, 1500) * np.exp(-np.arange(1500) / RATE * 60))
        half = beat + 30 / bpm * (1 + swing / 3)
        add(sound, half, 0.15 * rng.normal(0, 1, 600) * np.exp(-np.arange(600) / RATE * 150))
    return sound / np.abs(sound).max() * 0.9, beats


def add(sound: np.ndarray, time: float, hit: np.ndarray) -> None:
    """Add a hit at a time, cut at the end."""
    start = round(time * RATE)
    part = sound[start : start + len(hit)]
    part += hit[: len(part)]


def write(path: Path, sound: np.ndarray) -> Path:
    """Write samples (n,) or (n, channels) as a file."""
    samples = sound.astype(np.float32)
    write_samples(path, samples[:, None] if samples.ndim == 1 else samples, rate=RATE)
    return path
