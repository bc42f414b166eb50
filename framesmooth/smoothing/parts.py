"""Parts of a clip, with what is around them: smoothed by themselves they are those of the whole."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import ceil
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.video.held_frames import Repeat

_PART_BYTES: Final = 1 << 28
_SHORTEST: Final = 32
LONGEST_PART: Final = 192
_UNKNOWN: Final = 64


@dataclass(frozen=True)
class Shown:
    """A frame of a stream, and what it is to the one before.

    Attributes:
        index: in the clip; below 0 for the frames before it.
        frame: (H, W, 3) uint8.
        guiding: the guide's frame, None without a guide.
        repeat: what it is to the one before, judged on the whole stream.
        belongs: False for frames around the clip, or around a part of it.
        overlay: the pixels (H, W) of logos and subtitles, None where there are none.
    """

    index: int
    frame: Frame
    guiding: Frame | None
    repeat: Repeat
    belongs: bool
    overlay: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Part:
    """Frames of a stream in order, with what they depend on before and behind.

    Attributes:
        shown: all of them.
        wanted: indices of those that are asked for.
        followed: indices of those along which motion is followed; what is beyond only tells odd frames.
    """

    shown: tuple[Shown, ...]
    wanted: range
    followed: range


class Divisible(Protocol):
    """A smoother, a dataclass, whose results depend on a few pictures around them alone."""

    @property
    def workers(self) -> int: ...  # noqa: D102

    @property
    def num_frames(self) -> int | None: ...  # noqa: D102

    @property
    def memory(self) -> int: ...  # noqa: D102

    @property
    def reach(self) -> int: ...  # noqa: D102

    @property
    def guide(self) -> Iterable[Frame] | None: ...  # noqa: D102

    @property
    def on_replaced(self) -> Callable[[int], None] | None: ...  # noqa: D102

    @property
    def on_lost(self) -> Callable[[int], None] | None: ...  # noqa: D102

    def strength_at(self, index: int) -> float:
        """Return the strength for a frame."""
        ...

    def smooth_shown(self, stream: Iterable[Shown], followed: range | None = None) -> Iterator[Frame]:
        """Yield the smoothed frames of those that belong to a part."""
        ...


def part_length(frame: Frame, workers: int, num_frames: int | None) -> int:
    """Return how many frames of this size a part has: some 256 MB of them, 32 to 192.

    They are shared out evenly where it is known how many there are; else parts are short, so that nobody
    waits for long.
    """
    most = min(max(_PART_BYTES // frame.nbytes, _SHORTEST), LONGEST_PART)
    if num_frames is None:
        return min(most, _UNKNOWN)
    rounds = ceil(num_frames / (workers * most))
    return max(ceil(num_frames / (workers * max(rounds, 1))), _SHORTEST)


def parts_of(
    stream: Iterable[Shown], *, memory: int, reach: int, beside: int, length: Callable[[Frame], int]
) -> Iterator[Part]:
    """Divide a stream into parts that begin with a new picture, or with a still one.

    Args:
        stream: frames in order, without gaps.
        memory: how many pictures back the motion is followed.
        reach: the same ahead.
        beside: how many pictures more there are at both ends, whose motion isn't followed.
        length: tells from the first frame how many a part has at least.
    """
    held: list[Shown] = []
    least = 0
    first = 0  # where in ``held`` the wanted frames begin
    for shown in stream:
        least = least or length(shown.frame)
        held.append(shown)
        end = _end(held, first + least, reach + beside)
        if end is None:
            continue
        yield _part(held, first, end, memory, reach)
        start = _back(held, end, memory + beside)
        held, first = held[start:], end - start
    if first < len(held):
        yield _part(held, first, len(held), memory, reach)


def _end(held: list[Shown], least: int, ahead: int) -> int | None:
    """Return where a part may end once ``ahead`` pictures follow; None where that isn't known yet."""
    end = least
    while end < len(held) and held[end].repeat is Repeat.HELD:
        end += 1
    if len(held) - end < ahead:
        return None
    pictures = sum(shown.repeat is not Repeat.HELD for shown in held[end:])
    return end if pictures > ahead else None


def _back(held: list[Shown], end: int, pictures: int) -> int:
    """Return where the last ``pictures`` pictures before ``end`` begin."""
    at = end
    while at > 0 and pictures > 0:
        at -= 1
        pictures -= held[at].repeat is not Repeat.HELD
    return at


def _ahead(held: list[Shown], end: int, pictures: int) -> int:
    """Return where the ``pictures`` pictures from ``end`` on are over."""
    at = end
    while at < len(held):
        pictures -= held[at].repeat is not Repeat.HELD
        if pictures < 0:
            break
        at += 1
    return at


def _part(held: list[Shown], first: int, end: int, memory: int, reach: int) -> Part:
    begin = held[0].index
    wanted = range(held[first].index, held[end - 1].index + 1)
    followed = range(begin + _back(held, first, memory), begin + _ahead(held, end, reach))
    return Part(tuple(held), wanted, followed)
