"""Logos, subtitles and frames laid over a clip: they stand still while what is around them changes."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import EightBit, Frame, eight_bits

SHORTEST: Final = 8
"""Frames for which an overlay stands still at least."""

_NOISE: Final = 2
"""Levels by which compression changes a pixel that stands still."""
# The largest share of the frame that one takes, pixels of the smallest one, and of the gaps between letters.
_LARGEST, _SMALLEST, _GAP = 0.5, 16, 5
# Around an overlay, within so many pixels, at least this share changes; right beside it by so many levels.
_AROUND, _CHANGES = 6, 0.6
_BESIDE, _CHANGE = 3, 8
_OUTLINE: Final = 24
"""Levels by which an overlay differs from what is beside it."""
_MOST: Final = 200

Item = TypeVar("Item")
Mask = NDArray[np.bool_]


@dataclass
class _Waiting(Generic[Item]):
    """An item, its grey frame, and the overlays that are known to be there."""

    item: Item
    grey: EightBit
    overlay: Mask | None = None


def find_overlays(
    items: Iterable[Item], frame_of: Callable[[Item], Frame]
) -> Iterator[tuple[Item, Mask | None]]:
    """Yield every item, of which ``frame_of`` gives the frame, with the pixels of overlays (H, W).

    None stands for a frame without any. An overlay's pixels stay as they are, but for two levels of 255, for
    eight frames at least; it has a sharp outline, right beyond which the picture changes, and covers half of
    the frame at most. Once found it is one until it changes. Reads ``SHORTEST`` - 1 frames ahead.
    """
    waiting: deque[_Waiting[Item]] = deque()
    begin: EightBit | None = None  # what each pixel was when it began to stand still
    run = np.zeros((0, 0), np.uint8)  # for how many frames it has, until it is long enough
    known: Mask | None = None  # overlays that have not changed since they were found
    for item in items:
        frame = eight_bits(frame_of(item))
        if begin is None or begin.shape != frame.shape:
            yield from ((each.item, each.overlay) for each in waiting)
            waiting.clear()
            begin, run, known = frame.copy(), np.ones(frame.shape[:2], np.uint8), None
        else:
            moved = np.maximum.reduce(cv2.split(cv2.absdiff(frame, begin))) > _NOISE
            cv2.copyTo(frame, moved.view(np.uint8), begin)
            run = np.minimum(run, SHORTEST - 1) + np.uint8(1)
            run[moved] = 1
            known = None if known is None or not (known & ~moved).any() else known & ~moved
        waiting.append(_Waiting(item, np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8), known))
        if len(waiting) == SHORTEST:
            found = overlay_of((run == SHORTEST).astype(np.uint8), [each.grey for each in waiting])
            if found is not None:
                for each in waiting:
                    each.overlay = _both(each.overlay, found)
                known = _both(known, found)
            first = waiting.popleft()
            yield first.item, first.overlay
    yield from ((each.item, each.overlay) for each in waiting)


def _both(first: Mask | None, second: Mask) -> Mask:
    return second if first is None else first | second


def overlay_of(still: EightBit, greys: Sequence[EightBit]) -> Mask | None:
    """Return the pixels of overlays (H, W) of those that stand ``still`` (H, W), 0 or 1; None for none.

    ``greys`` are the frames during which they do, (H, W) each.
    """
    if not 0 < still.mean() <= _LARGEST:
        return None
    joined = cv2.morphologyEx(still, cv2.MORPH_CLOSE, np.ones((_GAP, _GAP), np.uint8))
    count, labels, found, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    large = [at for at in range(1, count) if found[at, cv2.CC_STAT_AREA] >= _SMALLEST]
    kept = np.zeros(still.shape, np.bool_)
    for at in sorted(large, key=lambda at: -found[at, cv2.CC_STAT_AREA])[:_MOST]:
        left, top, width, height = found[at, : cv2.CC_STAT_AREA]
        near = np.s_[
            max(top - _AROUND, 0) : top + height + _AROUND, max(left - _AROUND, 0) : left + width + _AROUND
        ]
        part = labels[near] == at
        if _is_overlay(part, still[near] > 0, [grey[near] for grey in greys]):
            kept[near] |= part & (still[near] > 0)
    return kept if kept.any() else None


def _is_overlay(part: Mask, still: Mask, greys: Sequence[EightBit]) -> bool:
    """Tell whether a part of the frame that stands still has a sharp outline beyond which things change."""
    around = _grown(part, _AROUND) & ~part
    if not around.any() or still[around].mean() > 1 - _CHANGES:
        return False
    here = part & still
    beside = _grown(here, _BESIDE) & ~still  # holes of things that stand still by chance hardly change
    change = np.maximum.reduce(greys) - np.minimum.reduce(greys)
    if np.median(change[beside]) < _CHANGE:
        return False
    steep = cv2.morphologyEx(greys[0], cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    outline = here & (cv2.erode(here.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    return bool(np.median(steep[outline]) >= _OUTLINE)


def _grown(mask: Mask, radius: int) -> Mask:
    side = 2 * radius + 1
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((side, side), np.uint8)) > 0)


def keep_overlay(smoothed: Frame, original: Frame, overlay: Mask | None) -> None:
    """Copy the pixels of an overlay (H, W) from the ``original`` into the smoothed frame."""
    if overlay is not None:
        cv2.copyTo(original, overlay.view(np.uint8), smoothed)
