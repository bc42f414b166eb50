"""Smoothing loops: after the last frame the smoother reads the first ones, and before the first the last."""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from framesmooth.errors import UsageError
from framesmooth.frames import Frame, FrameSource
from framesmooth.smoothing.base import Smoother
from framesmooth.smoothing.motion_compensated import MotionSmoother
from framesmooth.video.held_frames import Repeat, find_repeats


def looped(smoother: Smoother, clip: FrameSource) -> Smoother:
    """Return ``smoother`` for ``clip`` as a loop without a doubled frame: the first follows on the last.

    Reads the clip once, and holds as many pictures as the smoother looks back and ahead.

    Raises:
        UsageError: a smoother without support for frames beyond the clip's ends, or one with a guide.
    """
    if not isinstance(smoother, MotionSmoother):
        raise UsageError(f"{type(smoother).__name__} cannot smooth a loop: use another --smoother")
    first, last = _ends(clip, smoother.reach, smoother.memory)
    # A loop shorter than the smoother's window is repeated several times.
    return replace(
        smoother,
        lead_in=tuple(last[k % len(last)] for k in range(-max(smoother.memory, len(last)), 0)),
        lead_out=tuple(first[k % len(first)] for k in range(max(smoother.reach, len(first)))),
    )


def _ends(clip: Iterable[Frame], reach: int, memory: int) -> tuple[list[Frame], list[Frame]]:
    """Return the frames of the first ``reach`` pictures and of the last ``memory``: held ones are several."""
    first: list[Frame] = []
    last: deque[list[Frame]] = deque(maxlen=memory)
    count = 0
    for frame, repeat in find_repeats(clip, lambda frame: frame):
        if repeat is not Repeat.HELD:
            count += 1
            last.append([])
        last[-1].append(frame)
        if count <= reach:
            first.append(frame)
    return first, [frame for picture in last for frame in picture]
