"""Analysis of a sound file: beats, onsets, loudness, and levels over time in three bands."""

from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from framesmooth.sound.beats import HOP_RATE, Beats, Curve, beat_grid, find_beats, find_onsets, onset_curve
from framesmooth.video.audio_filters import Loudness, loudness_of
from framesmooth.video.audio_samples import read_samples

_RATE: Final = 24_000
_HOP: Final = _RATE // HOP_RATE
_WINDOW: Final = 1024
_SILENCE: Final = 1e-4
"""-80 dB of full scale."""
_BANDS: Final = {"low": (20.0, 200.0), "mid": (200.0, 2000.0), "high": (2000.0, 12_000.0)}
"""Name -> lowest and highest frequency in Hz."""
_CHUNK: Final = 3000
"""Hops whose spectra are in memory at once."""
_FULL: Final = 98
"""Percentile of a curve that counts as 1."""


@dataclass(frozen=True)
class Listening:
    """What is heard in a file; times are seconds from its start, or from its first frame.

    Attributes:
        path: the file.
        seconds: its length.
        beats: its pulse.
        onsets: times and strengths, 0 to 1, of single sounds that begin.
        loudness: by EBU R 128.
        levels: "rms", "low", "mid" and "high" at ``HOP_RATE`` values a second, 0 to 1 of the loudest places.
    """

    path: Path
    seconds: float
    beats: Beats
    onsets: tuple[Curve, Curve]
    loudness: Loudness
    levels: dict[str, Curve]

    @property
    def is_silent(self) -> bool:
        """Whether nothing is heard."""
        return not self.levels["rms"].any()

    def as_dict(self) -> dict[str, Any]:
        """Return what was found as plain JSON types; the levels are left out."""
        times, strengths = self.onsets
        return {
            "file": str(self.path),
            "seconds": round(self.seconds, 3),
            "bpm": None if self.beats.bpm is None else round(self.beats.bpm, 2),
            "certainty": round(self.beats.certainty, 3),
            "loudness_lufs": self.loudness.integrated,
            "true_peak_db": None if self.loudness.peak is None else round(self.loudness.peak, 2),
            "beats": [round(float(time), 3) for time in self.beats.times],
            "onsets": [
                {"time": round(float(time), 3), "strength": round(float(strength), 3)}
                for time, strength in zip(times, strengths, strict=True)
            ],
        }


def listen(
    path: str | PathLike[str], *, bpm: float | None = None, beat_offset: float | None = None
) -> Listening:
    """Find tempo, beats, onsets and loudness of a sound.

    Args:
        path: of a sound file, or of a video with sound.
        bpm: beats per minute where they are known: trackers often find half or twice the tempo.
        beat_offset: seconds of the first beat where it is known.

    Raises:
        MediaError: a file that cannot be read, or holds no sound.
        UsageError: a tempo out of range, or a file of many hours.
    """
    path = Path(path)
    mono = read_samples(path, rate=_RATE)[:, 0]
    levels, curve = _curves(mono)
    silent = float(np.abs(mono).max()) < _SILENCE
    if silent:
        levels, curve = {name: np.zeros_like(level) for name, level in levels.items()}, np.zeros_like(curve)
    seconds = len(mono) / _RATE
    return Listening(
        path=path,
        seconds=seconds,
        beats=beat_grid(find_beats(curve, bpm), seconds, bpm, beat_offset),
        onsets=find_onsets(curve),
        loudness=Loudness(None, None) if silent else loudness_of(read_samples(path, layout="stereo")),
        levels=levels,
    )


def _curves(mono: NDArray[np.float32]) -> tuple[dict[str, Curve], Curve]:
    """Return the levels by name, and the onset curve."""
    frequencies = np.fft.rfftfreq(_WINDOW, 1 / _RATE)
    masks = {name: (frequencies >= low) & (frequencies < high) for name, (low, high) in _BANDS.items()}
    powers: dict[str, list[NDArray[Any]]] = {name: [] for name in ("rms", *masks)}
    spectra = []
    for spectrum in _spectra(mono):
        power = spectrum**2
        powers["rms"].append(power.sum(axis=0))
        for name, mask in masks.items():
            powers[name].append(power[mask].sum(axis=0))
        spectra.append(spectrum.astype(np.float32))
    levels = {name: _level(np.sqrt(np.concatenate(parts))) for name, parts in powers.items()}
    return levels, onset_curve(np.concatenate(spectra, axis=1))


def _spectra(mono: NDArray[np.float32]) -> Iterator[NDArray[Any]]:
    """Yield magnitudes (bins, hops): hop n is centred on n / HOP_RATE seconds."""
    hops = max(1, len(mono) // _HOP)
    padded = np.pad(mono, (_WINDOW // 2, _WINDOW))
    window = np.hanning(_WINDOW).astype(np.float32)
    for start in range(0, hops, _CHUNK):
        places = _HOP * np.arange(start, min(start + _CHUNK, hops))
        frames = padded[places[:, None] + np.arange(_WINDOW)] * window
        yield np.abs(rfft(frames, axis=1)).T


def _level(curve: NDArray[Any]) -> Curve:
    full = float(np.percentile(curve, _FULL)) or float(curve.max())
    return np.asarray(np.clip(curve / full, 0, 1) if full > 0 else np.zeros_like(curve), np.float64)
