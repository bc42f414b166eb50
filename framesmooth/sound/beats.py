"""Tempo and beats of music, from the spectral flux of its bands.

Onsets are where bands grow louder (spectral flux); the tempo is a peak of their autocorrelation, weighted
towards 120 beats a minute; beats are the chain of onsets that keeps to the tempo best, by dynamic programming
(Ellis 2007, "Beat Tracking by Dynamic Programming", Journal of New Music Research 36).
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, median_filter, uniform_filter1d

from framesmooth.errors import UsageError

Curve = NDArray[np.float64]

HOP_RATE: Final = 100
"""Values of every curve a second."""
SLOWEST, FASTEST = 40.0, 240.0
"""Beats a minute."""
_USUAL: Final = 120.0
_OCTAVES: Final = 0.9
"""Standard deviation of the tempo about the usual one."""
_TIGHTNESS: Final = 100.0
_BANDS: Final = 40
_EARLY: Final = 0.007
"""Seconds by which a window of the spectrum sees an onset before its middle has come to it."""


@dataclass(frozen=True)
class Beats:
    """The pulse of music.

    Attributes:
        bpm: beats a minute; None where there is none.
        times: of the beats in seconds.
        certainty: how regular onsets are, 0 to 1: music with drums has 0.3 and more, noise near 0.
    """

    bpm: float | None
    times: Curve
    certainty: float


def onset_curve(spectrum: NDArray[np.floating[Any]]) -> Curve:
    """Return how much louder the bands become at each hop, (hops,), 0 or more, of unit standard deviation.

    ``spectrum`` holds magnitudes (bins, hops).
    """
    bins = spectrum.shape[0]
    edges = np.unique(np.geomspace(1, bins - 1, _BANDS + 1).astype(int))
    bands = np.add.reduceat(spectrum, edges[:-1], axis=0) / np.diff(edges)[:, None]
    scale = float(np.mean(bands)) or 1.0
    levels = np.log1p(10 * bands / scale)
    flux = np.maximum(0, np.diff(levels, axis=1, prepend=levels[:, :1])).mean(axis=0)
    flux = np.maximum(0, flux - median_filter(flux, HOP_RATE // 3))
    spread = float(flux.std())
    return np.asarray(flux / spread if spread > 1e-9 else np.zeros_like(flux), np.float64)


def find_onsets(curve: Curve) -> tuple[Curve, Curve]:
    """Return the times in seconds and the strengths, 0 to 1, of single onsets."""
    if not curve.any():
        return np.zeros(0), np.zeros(0)
    smooth = uniform_filter1d(curve, 3)
    peaks = (smooth == maximum_filter1d(smooth, 7)) & (smooth > 0.5 + uniform_filter1d(smooth, HOP_RATE))
    places = np.flatnonzero(peaks)
    if not len(places):
        return np.zeros(0), np.zeros(0)
    strengths = smooth[places]
    return places / HOP_RATE + _EARLY, np.clip(strengths / np.percentile(strengths, 90), 0, 1)


def find_beats(curve: Curve, bpm: float | None = None) -> Beats:
    """Return the beats of an onset curve, at about ``bpm`` where it is known.

    Raises:
        UsageError: a tempo out of range.
    """
    if bpm is not None and not SLOWEST / 2 <= bpm <= 2 * FASTEST:
        raise UsageError(f"--bpm {bpm:g} is out of range: give {SLOWEST / 2:g} to {2 * FASTEST:g}")
    shortest = 60 * HOP_RATE / FASTEST
    if not curve.any() or len(curve) < 4 * shortest:
        return Beats(None, np.zeros(0), 0.0)
    period, certainty = _period(curve)
    if bpm is not None:
        period = 60 * HOP_RATE / bpm
    places = _chain(curve, period)
    if len(places) < 2:
        return Beats(None, np.zeros(0), 0.0)
    times = _refined(curve, places) / HOP_RATE + _EARLY
    return Beats(_tempo(times), times, certainty)


def _period(curve: Curve) -> tuple[float, float]:
    """Return the period in hops, and how regular the curve is."""
    size = 1 << (2 * len(curve) - 1).bit_length()
    power = np.abs(np.fft.rfft(curve - curve.mean(), size)) ** 2
    likeness = np.fft.irfft(power)[: len(curve)]
    likeness = likeness / (likeness[0] or 1) * len(curve) / np.maximum(len(curve) - np.arange(len(curve)), 1)
    lags = np.arange(int(60 * HOP_RATE / FASTEST), min(int(60 * HOP_RATE / SLOWEST), len(curve) // 2) + 1)
    smooth = uniform_filter1d(likeness, 3)
    usual = np.exp(-0.5 * (np.log2(60 * HOP_RATE / lags / _USUAL) / _OCTAVES) ** 2)
    # A beat comes again after two, and after four: a lag without echoes is no beat.
    echoes = [smooth[np.minimum(multiple * lags, len(smooth) - 1)] for multiple in (2, 4)]
    score = (smooth[lags] + 0.5 * echoes[0] + 0.25 * echoes[1]) * usual
    best = int(np.argmax(score))
    return float(lags[best]), float(np.clip(smooth[lags[best]], 0, 1))


def _chain(curve: Curve, period: float) -> NDArray[np.int64]:
    """Return the hops of the beats: the chain that is strongest and closest to ``period``."""
    reach = np.arange(-round(period), round(period) + 1)
    local = np.convolve(curve, np.exp(-0.5 * (reach * 32 / period) ** 2), "same")
    window = np.arange(-round(2 * period), -round(period / 2) + 1)
    cost = -_TIGHTNESS * np.log(-window / period) ** 2
    total, before = local.copy(), np.full(len(curve), -1)
    for hop in range(len(curve)):
        first = hop + window[0]
        if hop + window[-1] >= 0:
            links = cost[max(0, -first) :] + total[max(0, first) : hop + window[-1] + 1]
            best = int(np.argmax(links))
            if links[best] > 0:  # else a chain that begins here is better
                total[hop] = local[hop] + links[best]
                before[hop] = max(0, first) + best
    hop = len(total) - 1 - int(np.argmax(total[::-1][: max(1, round(period))]))
    found = []
    while hop >= 0:
        found.append(hop)
        hop = int(before[hop])
    places = np.array(found[::-1])
    loud = local[places] > 0.3 * np.sqrt(np.mean(local[places] ** 2))
    sounding = np.flatnonzero(loud)  # beats before the music and after it are none
    return places[sounding[0] : sounding[-1] + 1] if len(sounding) else places[:0]


def _refined(curve: Curve, places: NDArray[np.int64]) -> Curve:
    """Return beats between hops: where the parabola through three values of the curve has its top."""
    inner = np.clip(places, 1, len(curve) - 2)
    left, here, right = curve[inner - 1], curve[inner], curve[inner + 1]
    bend = left - 2 * here + right
    top = np.where(bend < -1e-9, 0.5 * (left - right) / np.where(bend < -1e-9, bend, 1), 0)
    return np.asarray(places + np.clip(top, -0.5, 0.5), np.float64)


def _tempo(times: Curve) -> float:
    """Return the beats a minute whose grid the beats lie on: less biased than the mean of their gaps."""
    slope = float(np.polyfit(np.arange(len(times)), times, 1)[0])
    gaps = np.diff(times)
    steady = abs(slope - float(np.median(gaps))) < 0.05 * slope
    return 60 / (slope if steady else float(np.median(gaps)))


def beat_grid(beats: Beats, seconds: float, bpm: float | None = None, offset: float | None = None) -> Beats:
    """Return the beats as the user counts them.

    With ``bpm`` and ``offset`` they are an even grid over ``seconds`` from the first beat at ``offset`` on;
    with ``offset`` alone the beats that were found, moved so that the nearest one is there, and counted from
    it.
    """
    if offset is None:
        return beats
    if bpm is not None:
        gap = 60 / bpm
        count = max(1, int((seconds - offset) / gap) + 1)
        return Beats(bpm, np.asarray(offset + gap * np.arange(count), np.float64), beats.certainty)
    if not len(beats.times):
        return beats
    nearest = int(np.argmin(np.abs(beats.times - offset)))
    moved = np.asarray(beats.times[nearest:] + (offset - beats.times[nearest]), np.float64)
    return Beats(beats.bpm, moved, beats.certainty)
