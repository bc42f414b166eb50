"""Single outlier frames, replaced by an interpolation of their neighbours.

Such a frame, black, white or of another image, begins no scene: the frames beside it are alike. One that
comes again within ``ISOLATION`` frames is a strobe, and intended; one that lasts for several frames is light.
Neither is touched.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, in_levels
from framesmooth.interpolation.frame_pair import prepare_pair
from framesmooth.motion.bidirectional import estimate_bidirectional_flow
from framesmooth.motion.flow.base import FlowEstimator
from framesmooth.motion.scene_cuts import is_blank, is_cut
from framesmooth.motion.shots import IndexedFrame
from framesmooth.smoothing.letterbox import keep_bars

ISOLATION: Final = 6
"""Frames; at 24 a second, a light that flashes four times a second repeats sooner."""

_GRID: Final = 4
_LEAST_DISTANCE: Final = 16.0
"""Levels of 255, root mean square over the grid."""
_TIMES_GAP: Final = 3.0

Colours = NDArray[np.float32]


def without_odd_frames(
    pictures: Iterable[IndexedFrame],
    flow: FlowEstimator,
    *,
    spared: Callable[[int], bool],
    on_replaced: Callable[[int, Frame], None],
) -> Iterator[IndexedFrame]:
    """Yield the pictures, odd ones replaced by the frame half-way between their neighbours.

    Reads ahead only where colours change much, and then ``ISOLATION`` pictures. Those whose index is
    ``spared`` stay; ``on_replaced`` is told the index of the others, and what takes
    their place.
    """
    stream = iter(pictures)
    ahead: deque[IndexedFrame] = deque()
    before: deque[IndexedFrame] = deque(maxlen=ISOLATION)

    def upcoming(count: int) -> list[IndexedFrame]:
        while len(ahead) < count:
            picture = next(stream, None)
            if picture is None:
                break
            ahead.append(picture)
        return list(ahead)[:count]

    while upcoming(1):
        here = ahead.popleft()
        found = None if not before or spared(here.index) else _replacement(here, before, upcoming, flow)
        before.append(here)  # the original: a strobe is known by what it was
        if found is None:
            yield here
            continue
        on_replaced(here.index, found)
        yield replace(here, frame=found)


def _replacement(
    here: IndexedFrame,
    before: deque[IndexedFrame],
    upcoming: Callable[[int], list[IndexedFrame]],
    flow: FlowEstimator,
) -> Frame | None:
    """Return the frame that belongs in the place of an odd one, None where this one isn't odd."""
    last, shown = before[-1], _colours(here.frame)
    blank = _is_blank(here.frame, shown)  # it may have the mean colour of the scene
    if _distance(shown, _colours(last.frame)) <= _LEAST_DISTANCE and not blank:
        return None
    after = upcoming(ISOLATION)
    # With an index in between, the picture was held: it lasts.
    if not after or after[0].index != here.index + 1 or last.frame.shape != after[0].frame.shape:
        return None
    if not blank and not _is_apart(shown, _colours(last.frame), _colours(after[0].frame)):
        return None
    if any(_is_like(other.frame, here.frame, after[0].frame) for other in [*list(before)[:-1], *after[1:]]):
        return None
    if not is_cut(last.frame, here.frame, estimate_bidirectional_flow(flow, last.frame, here.frame)):
        return None
    pair = prepare_pair(last.frame, after[0].frame, flow=flow)
    if pair.method != "flow" or is_cut(last.frame, after[0].frame, pair.motion):
        return None
    found = pair.frame_at(0.5)
    keep_bars(found, np.maximum(last.frame, after[0].frame))
    return found


def _is_blank(frame: Frame, shown: Colours) -> bool:
    return float(shown.std(axis=(0, 1)).max()) < _LEAST_DISTANCE / 4 and is_blank(frame)


def _is_like(other: Frame, odd: Frame, following: Frame) -> bool:
    """Tell whether a frame shows what an odd one does, rather than what follows that."""
    seen, shown = _colours(other), _colours(odd)
    if _is_blank(odd, shown):
        return _distance(seen, shown) < _LEAST_DISTANCE and _is_blank(other, seen)
    return _distance(seen, shown) < _distance(shown, _colours(following)) / 2


def _is_apart(here: Colours, last: Colours, following: Colours) -> bool:
    least = max(_LEAST_DISTANCE, _TIMES_GAP * _distance(last, following))
    return min(_distance(here, last), _distance(here, following)) > least


def _colours(frame: Frame) -> Colours:
    small = np.asarray(cv2.resize(frame, (_GRID, _GRID), interpolation=cv2.INTER_AREA))
    return in_levels(small).astype(np.float32)


def _distance(first: Colours, second: Colours) -> float:
    return float(np.sqrt(np.mean(np.square(first - second))))
