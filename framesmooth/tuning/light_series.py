"""What the light of a clip does over time: second differences, swelling, flashes, jumps at even distances."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from scipy.signal import find_peaks

from framesmooth.metrics.second_difference import GAIN
from framesmooth.tuning.light_meter import LightChange, LightMeter, Numbers

# A frame is a flash that is so many levels off the median of those around it, this many to either side.
_FLASH, _AROUND = 16.0, 4
_TIMES_USUAL: Final = 6.0
# Swelling: levels, times its flicker, frames a period, lightest and darkest frames in the clip.
_LEAST_SWELL, _TIMES_FLICKER, _SHORTEST, _FEWEST_EXTREMES = 1.0, 2.5, 6.0, 3
# Key frames: by how much more the fine structure changes there (levels, and times the usual change), how far
# above most other changes, frames apart, how many are seen.
_LEAST_RENEWAL, _TIMES_RENEWAL, _ABOVE, _PERIODS, _FEWEST_KEYS = 0.7, 0.5, 1.3, range(3, 61), 3


@dataclass(frozen=True)
class Bends:
    """Flicker by second differences, in levels: by frame, and as root mean squares without flashes.

    ``whole`` and ``local`` have an entry for each distinct frame, NaN where it isn't known; ``by_cell`` one
    for each cell of the grid.
    """

    whole: Numbers
    local: Numbers
    by_cell: Numbers
    whole_size: float
    rows_size: float
    columns_size: float
    cells_size: float


def bends_of(meter: LightMeter) -> Bends:
    """Return the flicker of a clip that the meter has watched.

    Of rows, columns and cells the part beyond the whole frame's.
    """
    flashing = flashes(meter)
    beside = {at for at, index in enumerate(meter.indices) if any(abs(index - each) < 2 for each in flashing)}
    count = len(meter.changes)
    whole, local = np.full(count, np.nan), np.full(count, np.nan)
    rows, columns, cells = list[Numbers](), list[Numbers](), list[Numbers]()
    for at in range(count - 1):
        if at in beside:
            continue
        first, second = meter.changes[at], meter.changes[at + 1]
        scale = meter.luma[at] / GAIN**0.5
        whole[at] = abs(second.whole - first.whole) * scale
        parts = [
            np.square((getattr(second, n) - getattr(first, n)) * scale) for n in ("rows", "columns", "cells")
        ]
        for kept, part in zip((rows, columns, cells), parts, strict=True):
            kept.append(part)
        local[at] = _root(parts[2])
    return Bends(
        whole=whole,
        local=local,
        by_cell=np.sqrt(_mean(np.array(cells))) if cells else np.full((1, 1), np.nan),
        whole_size=_root(np.square(whole)),
        rows_size=_root(np.array(rows)),
        columns_size=_root(np.array(columns)),
        cells_size=_root(np.array(cells)),
    )


def flashes(meter: LightMeter) -> dict[int, float]:
    """Return how many levels off those around them the frames are that flash, by their index."""
    luma, offs, limits = np.array(meter.light), {}, {}
    edges = [0, *meter.cuts, len(luma)]
    for at, level in enumerate(luma):
        first, last = next((a, b) for a, b in pairwise(edges) if a <= at < b)
        near = np.r_[luma[max(first, at - _AROUND) : at], luma[at + 1 : min(last, at + 1 + _AROUND)]]
        if len(near) < _AROUND:
            continue
        middle = float(np.median(near))
        offs[at] = float(level - middle)
        limits[at] = max(_FLASH, _TIMES_USUAL * float(np.median(np.abs(near - middle))))
    usual = float(np.median(np.abs(list(offs.values())))) if offs else 0.0
    return {
        at: off
        for at, off in offs.items()
        if abs(off) > max(limits[at], _TIMES_USUAL * usual) and _returns(luma, at, off)
    }


def _returns(luma: Numbers, at: int, off: float) -> bool:
    """Tell whether the light is back within four frames on both sides."""
    sides = luma[max(0, at - _AROUND) : at], luma[at + 1 : at + 1 + _AROUND]
    return all(len(side) and np.abs(side - luma[at]).max() > abs(off) / 2 for side in sides)


def breathing(meter: LightMeter) -> tuple[float, float] | None:
    """Return (levels, period in frames) of a light that swells and fades slowly; None where it doesn't.

    In the longest shot: the extremes of what its path has beyond a line, averaged over five frames.
    """
    first, last = max(_shots(meter), key=lambda shot: shot[1] - shot[0])
    rises = [_known(change) for change in meter.changes[first + 1 : last]]
    path = np.concatenate([[0.0], np.cumsum(rises)]) * float(np.mean(meter.luma[first:last]))
    if len(path) < 2 * _SHORTEST:
        return None
    time = np.linspace(-1, 1, len(path))
    rest = path - np.polynomial.Polynomial.fit(time, path, 1)(time)
    slow = np.convolve(np.pad(rest, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    size, quick = float(slow.std()) * 2**0.5, float((rest - slow).std())
    if size < max(_LEAST_SWELL, _TIMES_FLICKER * quick):
        return None
    extremes = np.sort(np.r_[tuple(find_peaks(sign * slow, prominence=size)[0] for sign in (1, -1))])
    if len(extremes) < _FEWEST_EXTREMES:
        return None
    period = 2 * float(np.mean(np.diff(extremes)))
    return (size, period) if period >= _SHORTEST else None


def key_frames(meter: LightMeter) -> tuple[float, int, int] | None:
    """Return (levels, period, first) where the fine structure changes at even distances, None where not."""
    sizes = np.array(meter.renewal)
    best: tuple[float, float, int, int] | None = None
    for period in _PERIODS:
        for phase in range(period):
            at = np.arange(phase, len(sizes), period)
            at = at[at > 0]
            others = np.delete(sizes, [0, *at])
            if len(at) < _FEWEST_KEYS or not len(others):
                continue
            usual, least = float(np.median(others)), float(np.quantile(sizes[at], 0.2))
            more = float(np.median(sizes[at])) - usual
            score = least / (float(np.quantile(others, 0.9)) + 0.1)
            stands_out = more >= max(_LEAST_RENEWAL, _TIMES_RENEWAL * usual) and score > _ABOVE
            if stands_out and (best is None or score > 1.3 * best[0]):  # a multiple is no better
                best = score, more, period, phase
    return None if best is None else best[1:]


def median_size(sizes: Numbers) -> float:
    """Return the median of what is known, 0 where nothing is."""
    return float(np.nanmedian(sizes)) if np.isfinite(sizes).any() else 0.0


def _shots(meter: LightMeter) -> list[tuple[int, int]]:
    begins = [at for at, first in enumerate(meter.begins) if first]
    return list(zip(begins, [*begins[1:], len(meter.begins)], strict=True))


def _known(change: LightChange) -> float:
    return change.whole if np.isfinite(change.whole) else 0.0


def _mean(squares: Numbers) -> Numbers:
    known = np.isfinite(squares)
    total = np.where(known, squares, 0).sum(axis=0)
    return np.asarray(np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan))


def _root(squares: Numbers) -> float:
    known = squares[np.isfinite(squares)]
    return float(np.sqrt(known.mean())) if known.size else 0.0
