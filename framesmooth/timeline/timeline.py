"""Keyframes in time: which prompts a frame lies between, and how far from each."""

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from framesmooth.errors import UsageError

EASINGS: Final[dict[str, Callable[[float], float]]] = {
    "linear": lambda x: x,
    "smooth": lambda x: x * x * (3 - 2 * x),
    "cosine": lambda x: (1 - math.cos(math.pi * x)) / 2,
    "ease-in": lambda x: x * x,
    "ease-out": lambda x: x * (2 - x),
    "ease-in-out": lambda x: 4 * x**3 if x < 0.5 else 1 - 4 * (1 - x) ** 3,
}
"""Speed curves of a segment: monotonic functions of [0, 1] onto [0, 1]."""


@dataclass(frozen=True)
class Keyframe:
    """What frame ``time`` shows: a prompt, what to avoid, and the seed of its noise."""

    time: int
    prompt: str
    seed: int
    negative: str = ""


@dataclass(frozen=True)
class Timeline:
    """Keyframes in time.

    Attributes:
        keyframes: in order of time, every time within the clip.
        num_frames: frames of the clip.
        easing: a name of EASINGS.
        hold: share of each segment, 0 to below 1, that rests at its start before the travel begins.
        loop: whether the last keyframe travels on to the first one, which follows the last frame.

    Raises:
        UsageError: no keyframe, times out of order or outside the clip, unknown easing, hold out of range.
    """

    keyframes: tuple[Keyframe, ...]
    num_frames: int
    easing: str = "linear"
    hold: float = 0.0
    loop: bool = False

    def __post_init__(self) -> None:
        """Check the values against each other."""
        if not self.keyframes:
            raise UsageError("a timeline needs at least one keyframe: give a prompt")
        if self.easing not in EASINGS:
            raise UsageError(f"unknown easing {self.easing!r}: choose one of {', '.join(EASINGS)}")
        if not 0 <= self.hold < 1:
            raise UsageError(f"hold {self.hold} is outside 0 to 1: it is the share of a segment that rests")
        times = [key.time for key in self.keyframes]
        for time in times:
            if not 0 <= time < self.num_frames:
                raise UsageError(f"keyframe at {time} is outside the clip: it has {self.num_frames} frames")
        for earlier, later in pairwise(times):
            if later <= earlier:
                raise UsageError(f"keyframe at {later} comes after the one at {earlier}: put them in order")

    def at(self, time: float) -> tuple[int, int, float]:
        """Return (index of the keyframe before, index of the one after, mix) at frame ``time``.

        ``mix`` is 0 at the keyframe before and approaches 1 towards the one after. Before the first keyframe
        and from the last one on, both indices are that keyframe and mix is 0; in a loop they are the last
        keyframe and the first.
        """
        times = [key.time for key in self.keyframes]
        after = bisect_right(times, time)
        before = after - 1 if after else len(times) - 1
        if 0 < after < len(times):
            start, end = times[before], times[after]
        elif self.loop and len(times) > 1:
            start, end, after = times[-1], times[0] + self.num_frames, 0
            time = time if time >= start else time + self.num_frames
        else:
            alone = max(after - 1, 0)
            return alone, alone, 0.0
        travelled = max(0.0, (time - start) / (end - start) - self.hold) / (1 - self.hold)
        return before, after, min(1.0, max(0.0, EASINGS[self.easing](min(1.0, travelled))))

    @property
    def jumps(self) -> frozenset[int]:
        """The frames that show another prompt than the one before: half a segment or more away from it."""
        where = [self.at(time) for time in range(self.num_frames)]
        return frozenset(
            time
            for time, (before, here) in enumerate(pairwise(where), start=1)
            if here[0] + here[2] - before[0] - before[2] >= 0.5
            and len({self.keyframes[index].prompt for index in (before[0], here[1])}) > 1
        )
