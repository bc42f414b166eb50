"""The constant rate behind uneven time stamps: one with frames left out, or one at which none is lost."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Final

from framesmooth.limits import MAX_FPS

_USUAL_RATES: Final = tuple(
    Fraction(rate, divisor)
    for rate, divisor in (
        (12, 1), (15, 1), (24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (48, 1), (50, 1),
        (60000, 1001), (60, 1), (100, 1), (120, 1), (240, 1),
    )
)  # fmt: skip
_MOST_LEFT_OUT: Final = Fraction(1, 10)
"""Share of frames that may be missing for a rate to count as constant."""
_CLOSE: Final = Fraction(1, 50)
_FASTEST: Final = 240
_BURST: Final = 4
"""No rate that is found is above ``_FASTEST`` and above ``_BURST`` times the average: muxers set frames of
equal time a tick apart, and a rate of 90000 would repeat every frame a thousand times."""


@dataclass(frozen=True)
class Grid:
    """A constant rate on which frames stand, some places empty.

    Attributes:
        fps: places a second.
        places: the numbers of the frames' places, from 0 on.
    """

    fps: Fraction
    places: tuple[int, ...]

    @property
    def left_out(self) -> tuple[int, ...]:
        """Numbers of the empty places, if they are so few that frames were left out of a constant rate."""
        total = self.places[-1] + 1
        if total - len(self.places) > total * _MOST_LEFT_OUT:
            return ()
        return tuple(sorted(set(range(total)) - set(self.places)))


def find_grid(times: Sequence[Fraction], claimed: Iterable[Fraction], tick: Fraction) -> Grid | None:
    """Return the constant rate on whose places all frames stand, None where there is no such rate.

    Args:
        times: of the frames in seconds, rising, the first 0.
        claimed: rates that the container names; one of them, or a usual one, is preferred.
        tick: the unit in seconds to which the container rounds times.
    """
    gaps = [later - earlier for earlier, later in pairwise(times)]
    for unit in dict.fromkeys((statistics.median(gaps), _short(gaps))):
        steps = [round(gap / unit) for gap in gaps] if unit >= _least_gap(times) else [0]
        places = [0, *accumulate(steps)]
        if min(steps) < 1:
            continue
        rate = _named(places[-1] / times[-1], claimed, tick / times[-1])
        slack = max(tick, 1 / (4 * rate))
        if all(abs(time - place / rate) <= slack for time, place in zip(times, places, strict=True)):
            return Grid(rate, tuple(places))
    return None


def fastest_rate(times: Sequence[Fraction], claimed: Iterable[Fraction], tick: Fraction) -> Fraction:
    """Return a constant rate at which hardly a frame of ``times`` is lost."""
    least = _least_gap(times)
    seen = [gap for earlier, later in pairwise(times) if (gap := later - earlier) >= least]
    rate = 1 / (_short(seen) if seen else least)
    return min(_named(rate, claimed, max(_CLOSE, tick * rate)), Fraction(MAX_FPS))


def _least_gap(times: Sequence[Fraction]) -> Fraction:
    """Return the time in seconds for which a frame must be shown to count for the rate."""
    return min(Fraction(1, _FASTEST), times[-1] / (len(times) - 1) / _BURST)


def _short(gaps: list[Fraction]) -> Fraction:
    """Return a gap that nine in ten reach; the shortest one may be an accident."""
    return sorted(gaps)[len(gaps) // 10]


def _named(rate: Fraction, claimed: Iterable[Fraction], accuracy: Fraction) -> Fraction:
    """Return the claimed or usual rate next to ``rate``, if one is within ``accuracy`` (relative)."""
    tolerance = max(accuracy, Fraction(1, 5000))
    for known in (list(claimed), _USUAL_RATES, [Fraction(round(rate))]):
        near = min(known, key=lambda each: abs(each - rate), default=None)
        if near and abs(near - rate) <= tolerance * rate:
            return near
    return rate.limit_denominator(1001) or rate
