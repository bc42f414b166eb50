"""The frames of the film: those of the shots in order, with what happens between them.

Colours are mixed in sRGB, as editors do by default. Streams, not lists: during a transition two shots are
decoded side by side.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import cv2
import numpy as np

from framesmooth.errors import MediaError
from framesmooth.frames import Frame
from framesmooth.story.edit import Edit, Placed
from framesmooth.story.transition import Transition
from framesmooth.video.reading import Color
from framesmooth.video.xfade import xfade

_SOFT_EDGE = 0.02
"""Of a wipe, as a share of the side that it crosses."""


def film_frames(
    edit: Edit,
    clip_of: Callable[[Placed], Iterable[Frame]],
    morph_of: Callable[[Placed], Iterable[Frame]],
) -> Iterator[Frame]:
    """Yield the frames of a film, (H, W, 3) uint8.

    Args:
        edit: where the shots are.
        clip_of: gives the frames of a shot, ``Placed.generated`` many.
        morph_of: gives the frames of the morph into a shot, ``before + after`` many.

    Raises:
        MediaError: a shot that has fewer frames than it should.
    """
    previous: Iterator[Frame] = iter(())
    for index, placed in enumerate(edit.placed):
        frames = iter(clip_of(placed))
        overlap = placed.before + placed.after
        if placed.transition.kind == "morph":
            yield from _exactly(iter(morph_of(placed)), overlap, placed)
            _skip(frames, placed.head + placed.after)
        elif overlap:
            _skip(frames, placed.head - placed.before)
            yield from _exactly(_both(previous, frames, placed.transition, overlap), overlap, placed)
        else:
            _skip(frames, placed.head)
        following = edit.placed[index + 1] if index + 1 < len(edit.placed) else None
        count = placed.length - placed.after - (following.before if following else 0)
        yield from _faded(_exactly(frames, count, placed), count, placed)
        previous = frames


def dissolve(first: Frame, second: Frame, share: float) -> Frame:
    """Return two frames mixed; ``share`` is that of the second, 0 to 1."""
    return np.asarray(cv2.addWeighted(first, 1 - share, second, share, 0), np.uint8)


def wipe(first: Frame, second: Frame, share: float, direction: str) -> Frame:
    """Return two frames beside a soft edge that moves left, right, up or down; ``share`` of it is done."""
    along = 1 if direction in ("left", "right") else 0
    side = first.shape[along]
    soft = max(1.0, _SOFT_EDGE * side)
    place = np.arange(side, dtype=np.float32) + 0.5
    if direction in ("left", "up"):
        place = side - place
    mask = np.clip((share * (side + soft) - place) / soft, 0, 1)
    mask = mask[None, :, None] if along else mask[:, None, None]
    mixed = first + (second.astype(np.float32) - first) * mask
    return np.ascontiguousarray(np.rint(mixed).astype(np.uint8))


def toward(frame: Frame, color: Color, share: float) -> Frame:
    """Return a frame mixed with a colour; ``share`` is that of the frame, 0 to 1."""
    mixed = frame.astype(np.float32) * share + np.asarray(color, np.float32) * (1 - share)
    return np.ascontiguousarray(np.rint(mixed).astype(np.uint8))


def _both(
    first: Iterator[Frame], second: Iterator[Frame], transition: Transition, count: int
) -> Iterator[Frame]:
    if transition.kind == "xfade":
        yield from xfade(islice(first, count), islice(second, count), transition.name, count)
        return
    for number in range(1, count + 1):
        old, new = next(first, None), next(second, None)
        if old is None or new is None:
            return
        share = number / (count + 1)
        if transition.kind == "wipe":
            yield wipe(old, new, share, transition.name)
        else:
            yield dissolve(old, new, share)


def _faded(frames: Iterator[Frame], count: int, placed: Placed) -> Iterator[Frame]:
    """Yield frames, the first ones from a colour and the last ones to one."""
    for index, frame in enumerate(frames):
        if index < placed.fade_in:
            frame = toward(frame, placed.color_in, index / placed.fade_in)
        left = count - 1 - index
        if left < placed.fade_out:
            frame = toward(frame, placed.color_out, left / placed.fade_out)
        yield frame


def _exactly(frames: Iterator[Frame], count: int, placed: Placed) -> Iterator[Frame]:
    found = 0
    for frame in islice(frames, count):
        yield frame
        found += 1
    if found < count:
        raise MediaError(
            f"shot {placed.shot.number} has {count - found} frames less than it should: redo it with --shot "
            f"{placed.shot.number}"
        )


def _skip(frames: Iterator[Frame], count: int) -> None:
    next(islice(frames, count, count), None)
