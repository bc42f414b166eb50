"""Held frames: pictures that a clip shows more than once in a row, as animation on twos and pulldown do.

A frame repeats the one before if it is equal to it, or if it differs as little as compression makes it, and
the pictures before and after differ much more, in more than their light. A picture that stays for longer
than ``LONGEST_HOLD`` frames is a still, and isn't held: nothing moves in the clip.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, Generic, TypeVar

import cv2
import numpy as np

from framesmooth.frames import Frame, eight_bits, in_levels

LONGEST_HOLD: Final = 8
"""Frames: 8 pictures a second in a clip of 60 frames a second are held for 7 or 8."""

_CELL: Final = 8
# Levels of 255. Measured on repeated frames after x264 at crf 18 to 32: mean 0 to 1.7, drift 0 to 1.1.
_LARGEST_MEAN: Final = 2.0
_LARGEST_DRIFT: Final = 1.25
_LUMA: Final = (0.299, 0.587, 0.114)
# The worst 8 x 8 pixels of repeated frames had 0 to 28 levels, of others 50 and more, 2.9 times as much.
_STANDS_OUT: Final = 2.5
_LEAST_MOVE: Final = 12.0
# Another light is a log-ratio of cells of so much at least, with a median deviation of so much at most, or
# of a quarter of it.
_LEAST_LIGHT, _LIGHT_SPREAD = 0.08, 0.04
_DARKEST, _BRIGHTEST = 12, 240

Item = TypeVar("Item")


class Repeat(Enum):
    """What a frame is to the one before.

    Attributes:
        NEW: another picture.
        HELD: the same picture, which is shown for at most ``LONGEST_HOLD`` frames.
        STILL: exactly the same picture, which is shown for longer.
    """

    NEW = "new"
    HELD = "held"
    STILL = "still"


@dataclass(frozen=True)
class Change:
    """How much two frames differ, in levels of 255.

    Attributes:
        mean: absolute difference, over all samples.
        worst: mean absolute difference of the 8 x 8 pixels and the channel where it is largest.
        drift: difference of the mean luma of the sixteenth of the picture where it is largest.
        of_light: whether all of the picture became lighter or darker, as by a lamp or lightning.
    """

    mean: float = 0.0
    worst: float = 0.0
    drift: float = 0.0
    of_light: bool = False

    @property
    def is_slight(self) -> bool:
        """Whether compression may have made it."""
        return self.mean <= _LARGEST_MEAN and self.drift <= _LARGEST_DRIFT

    def stands_out(self, other: "Change") -> bool:
        """Whether this is a change of the picture if ``other`` is one that compression made."""
        far = self.worst >= max(_STANDS_OUT * other.worst, _LEAST_MOVE)
        return far and self.mean >= 2 * other.mean


def change_between(first: Frame, second: Frame) -> Change:
    """Return how much two frames (H, W, 3) of one size and type differ."""
    if first.dtype != np.uint8:
        seen = eight_bits(first), eight_bits(second)
        if not np.array_equal(*seen):
            return change_between(*seen)
        first, second = in_levels(first), in_levels(second)  # they differ by less than a level, if at all
    gap = cv2.absdiff(first, second)
    mean = float(np.mean(cv2.mean(gap)[:3]))
    if mean == 0:
        return Change()
    height, width = gap.shape[:2]
    cells = cv2.resize(gap, (max(width // _CELL, 1), max(height // _CELL, 1)), interpolation=cv2.INTER_AREA)
    drift = 0.0
    if mean <= _LARGEST_MEAN:
        difference = cv2.subtract(first, second, dtype=cv2.CV_32F)
        places = cv2.resize(difference, (4, 4), interpolation=cv2.INTER_AREA)
        drift = float(np.abs(places @ np.array(_LUMA)).max())
    return Change(mean, float(cells.max()), drift, mean > _LARGEST_MEAN and _in_other_light(first, second))


def _in_other_light(first: Frame, second: Frame) -> bool:
    size = max(first.shape[1] // _CELL, 1), max(first.shape[0] // _CELL, 1)
    small = [
        np.mean(cv2.resize(each, size, interpolation=cv2.INTER_AREA), axis=-1) for each in (first, second)
    ]
    exposed = np.logical_and.reduce([(each >= _DARKEST) & (each <= _BRIGHTEST) for each in small])
    if not exposed.any():
        return False
    ratios = np.log(small[1][exposed] / small[0][exposed])
    middle = float(np.median(ratios))
    spread = float(np.median(np.abs(ratios - middle)))
    return abs(middle) > _LEAST_LIGHT and spread < max(_LIGHT_SPREAD, abs(middle) / 4)


def find_repeats(items: Iterable[Item], frame_of: Callable[[Item], Frame]) -> Iterator[tuple[Item, Repeat]]:
    """Yield every item, of which ``frame_of`` gives the frame, with what it is to the one before.

    Reads at most ``LONGEST_HOLD`` frames ahead, none where frames differ. Frames that are merely alike are
    HELD only between two changes of the picture, which the ends of the clip may stand for, but not both.
    """
    run: _Run[Item] | None = None
    for item in items:
        frame = frame_of(item)
        if run is None:
            run = _Run(frame)
            yield item, Repeat.NEW
            continue
        exact = frame.shape == run.last.shape and np.array_equal(frame, run.last)
        change = run.change_to(frame, exact=exact)
        if exact or run.may_show(change):
            yield from run.added(item, frame, change, exact=exact)
        else:
            yield from run.ended(change)
            yield item, Repeat.NEW
            run = _Run(frame, change)
    if run is not None:
        yield from run.ended(None)


class _Run(Generic[Item]):
    """A picture and the frames after it that may repeat it, as long as that is undecided."""

    def __init__(self, first: Frame, entering: Change | None = None) -> None:
        self.last = first
        self._first = first
        self._entering = entering
        self._waiting: list[tuple[Item, Change, bool]] = []
        self._stands_still = False

    def change_to(self, frame: Frame, *, exact: bool) -> Change:
        if exact:
            return self._waiting[-1][1] if self._waiting else Change()
        if frame.shape != self._first.shape:
            return Change(255.0, 255.0, 255.0)  # whoever gets it will refuse it
        return change_between(self._first, frame)

    def may_show(self, change: Change) -> bool:
        """Whether a frame that differs so much from the picture may still show it."""
        alike = [earlier for _, earlier, _ in self._waiting if earlier != Change()]
        if not change.is_slight or any(change.stands_out(earlier) for earlier in alike):
            return False
        return self._stands_still or self._entering is None or self._entering.stands_out(change)

    def added(
        self, item: Item, frame: Frame, change: Change, *, exact: bool
    ) -> Iterator[tuple[Item, Repeat]]:
        self.last = frame
        self._waiting.append((item, change, exact))
        if self._stands_still or len(self._waiting) >= LONGEST_HOLD:
            self._stands_still = True
            self._first = frame  # what changes slowly is compared with the frame before
            yield from self._as_still()

    def ended(self, leaving: Change | None) -> Iterator[tuple[Item, Repeat]]:
        known = [change for change in (self._entering, leaving) if change is not None]
        if not known:
            yield from self._as_still()
            return
        merely_alike = [change for _, change, _ in self._waiting if change != Change()]
        borders = [change for change in known if not change.of_light]  # light says nothing about motion
        held = bool(borders) and all(
            border.stands_out(change) for border in borders for change in merely_alike
        )
        for item, _, exact in self._waiting:
            yield item, Repeat.HELD if held or exact else Repeat.NEW
        self._waiting.clear()

    def _as_still(self) -> Iterator[tuple[Item, Repeat]]:
        for item, _, exact in self._waiting:
            yield item, Repeat.STILL if exact else Repeat.NEW
        self._waiting.clear()
