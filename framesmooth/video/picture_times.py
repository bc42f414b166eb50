"""Intended times of the distinct frames of a clip with held frames: at even steps, as far as they allow.

Pulldown shows four pictures in five frames, animation every picture for two or three. A sequence of pictures
that frames of one pace would show at just these frames (each less than a frame off) gets that pace.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.video.held_frames import Repeat, find_repeats

FEWEST_HELD: Final = 3
LEAST_SHARE: Final = 0.03
"""Of the frames: one in 25, as in films shown at 25 frames a second, is more."""


@dataclass(frozen=True)
class PictureTimes:
    """The frames that are no repeats by index, with their times in frames, and how many frames there are."""

    times: Mapping[int, Fraction]
    num_frames: int

    @property
    def num_held(self) -> int:
        """How many frames repeat the one before."""
        return self.num_frames - len(self.times)

    @property
    def is_regular(self) -> bool:
        """Whether so many frames are held that it is no accident."""
        return self.num_held >= max(FEWEST_HELD, LEAST_SHARE * self.num_frames)


def picture_times(frames: Iterable[Frame]) -> PictureTimes:
    """Return when the pictures of a clip are due, from reading it once."""
    starts, count = [], 0
    for index, (_, repeat) in enumerate(find_repeats(frames, lambda frame: frame)):
        count = index + 1
        if repeat is not Repeat.HELD:
            starts.append(index)
    return PictureTimes(dict(zip(starts, even_times(starts), strict=True)), count)


def even_times(starts: Sequence[int]) -> list[Fraction]:
    """Return times for pictures that first stand at the frames ``starts``, increasing, less than 1 frame off.

    Each sequence, as long as can be, has one pace: the simplest fraction of frames a picture that fits.
    """
    times = [Fraction(start) for start in starts[:1]]
    begin = 0
    while begin < len(starts) - 1:
        end, pace = _sequence(np.asarray(starts[begin:], np.int64), times[begin] - starts[begin])
        times += [times[begin] + pace * step for step in range(1, end + 1)]
        begin += end
    return [min(time, Fraction(starts[-1])) for time in times]


def _sequence(starts: NDArray[np.int64], late: Fraction) -> tuple[int, Fraction]:
    """Return how many of the pictures after the first keep one pace, and that pace.

    A pace fits if any two pictures are less than a frame nearer or further than it says, and all less than a
    frame away from where it puts them; the first is ``late`` already.
    """
    low, high = Fraction(0), Fraction(int(starts[1] - starts[0]) + 2)
    for end in range(1, len(starts)):
        apart, steps = starts[end] - starts[:end], np.arange(end, 0, -1)
        below, above = int(np.argmax((apart - 1) / steps)), int(np.argmin((apart + 1) / steps))
        here = int(starts[end] - starts[0])
        tighter = (
            max(low, Fraction(int(apart[below]) - 1, int(steps[below])), (here - 1 - late) / end),
            min(high, Fraction(int(apart[above]) + 1, int(steps[above])), (here + 1 - late) / end),
        )
        if tighter[0] >= tighter[1]:
            return end - 1, simplest_between(low, high)
        low, high = tighter
    return len(starts) - 1, simplest_between(low, high)


def simplest_between(low: Fraction, high: Fraction) -> Fraction:
    """Return the fraction of the smallest denominator that lies strictly between two, 0 <= low < high."""
    whole = low.numerator // low.denominator
    if whole + 1 < high:
        return Fraction(whole + 1)
    # Both lie within one unit: go on with what is left of it, turned over (a continued fraction).
    left, right = low - whole, high - whole
    if left == 0:
        return whole + Fraction(1, (1 / right).__floor__() + 1)
    return whole + 1 / simplest_between(1 / right, 1 / left)
