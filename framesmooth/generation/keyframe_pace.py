"""When each of a few images is shown in a sequence that cross-fades from one to the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from framesmooth.generation.pacing import even_pace


@dataclass(frozen=True)
class KeyframeTimes:
    """The keyframes of a clip, and the frames between which each stretch of light lies.

    Attributes:
        keyframes: frames, rising.
        num_frames: of the clip.
        loop: whether the last keyframe is followed by the first.
        at: frames, rising, at which the light of ``to`` is shown; between them it is interpolated. None of
            them: each frame has its own light.
        to: frames, rising, as many.
    """

    keyframes: tuple[int, ...]
    num_frames: int
    loop: bool = False
    at: tuple[float, ...] = ()
    to: tuple[float, ...] = ()

    def around(self, time: int) -> tuple[int, int, float]:
        """Return (keyframe before, keyframe after, share of the way between them) for a frame."""
        keys, shown = self.keyframes, float(time)
        if self.at and time < self.at[-1]:
            shown = float(np.interp(time, self.at, self.to))
        before = max(key for key in keys if key <= shown)
        later = [key for key in keys if key > shown]
        if later:
            return before, later[0], (shown - before) / (later[0] - before)
        if self.loop and len(keys) > 1:
            return before, keys[0], (shown - before) / (self.num_frames - before)
        return before, before, 0.0


def evenly(
    keyframes: Sequence[int],
    pictures: Sequence[NDArray[np.float32]],
    prompts: Sequence[int],
    num_frames: int,
    *,
    loop: bool,
) -> KeyframeTimes:
    """Return when keyframes are shown so that each frame differs as much from the one before.

    Args:
        keyframes: frames, rising.
        pictures: of each keyframe, all of one shape: latents will do.
        prompts: the frames of the prompts, which keep their times.
        num_frames: of the clip.
        loop: whether the last keyframe is followed by the first.
    """
    plain = KeyframeTimes(tuple(keyframes), num_frames, loop)
    times, shown = list(keyframes), list(pictures)
    if loop:
        times, shown = [*times, num_frames], [*shown, shown[0]]
    if len(keyframes) < 2:
        return plain
    anchors = sorted({times[0], times[-1]} | {min(time, times[-1]) for time in prompts})
    whole = np.arange(len(anchors))
    distances = [float(np.abs(one - other).mean()) for one, other in pairwise(shown)]
    pace = even_pace(np.interp(times, anchors, whole).tolist(), distances)
    at, to = (tuple(np.interp(places, whole, anchors).tolist()) for places in (pace.at, pace.to))
    return KeyframeTimes(tuple(keyframes), num_frames, loop, at, to)
