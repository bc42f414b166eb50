"""Smoothing a clip that is played as a loop: beyond its ends a smoother sees the other end."""

from collections import deque
from dataclasses import replace
from itertools import islice

from framesmooth.errors import UsageError
from framesmooth.frames import FrameSource
from framesmooth.smoothing.base import Smoother
from framesmooth.smoothing.motion_compensated import MotionSmoother


def looped(smoother: Smoother, clip: FrameSource) -> Smoother:
    """Return ``smoother`` for ``clip`` as a loop without a doubled frame: the first follows on the last.

    Reads the clip once, and holds as many frames as the smoother looks back and ahead.

    Raises:
        UsageError: a smoother that knows nothing beyond the clip's ends, or one with a guide.
    """
    if not isinstance(smoother, MotionSmoother):
        raise UsageError(f"{type(smoother).__name__} cannot smooth a loop: use another --smoother")
    frames = iter(clip)
    first = list(islice(frames, smoother.reach))
    last = deque(first, maxlen=smoother.memory)
    last.extend(frames)
    # A loop shorter than what is looked at goes round several times.
    return replace(
        smoother,
        lead_in=tuple(last[k % len(last)] for k in range(-smoother.memory, 0)),
        lead_out=tuple(first[k % len(first)] for k in range(smoother.reach)),
    )
