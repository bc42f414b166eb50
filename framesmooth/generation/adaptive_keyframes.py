"""Diffuse where the picture changes: halve each stretch until its ends are the same things, moved.

The prompts' frames come first, and some between them, for it pays to denoise several at once. A stretch is
halved as long as the motion from one end to the other, and back, agrees on too little of the picture
(Sundaram et al. 2010), and it is not down to two frames. Every decision follows from stored latents, so a run
that goes on comes to the same frames.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from framesmooth.frames import Frame
from framesmooth.generation.keyframes import diffuse_keyframes, keyframe_times
from framesmooth.generation.latent_path import LatentPath, LatentStore, StepsDone
from framesmooth.motion.bidirectional import estimate_bidirectional_flow
from framesmooth.motion.flow.base import load_flow
from framesmooth.timeline.timeline import Timeline

MOST_GAP: Final = 24
"""Frames: no stretch is longer."""
LEAST_GAP: Final = 2
"""Frames: a stretch of so many is not halved."""
LEAST_COVERAGE: Final = 0.7
"""Share of the picture whose motion is confirmed from end to end."""
_FLOW: Final = "dis-medium"

Look = Callable[[int], Frame]
"""Gives a small picture of a frame in the store, each decoded by itself: its batch must not decide."""


@dataclass(frozen=True)
class Bisection:
    """The search for the frames to diffuse.

    Attributes:
        path: what each frame is made from.
        store: where the latents go.
        look: gives what the frames are judged by.
        gap: frames of a stretch that is not halved.
        coverage: share of the picture that has to agree.
    """

    path: LatentPath
    store: LatentStore
    look: Look
    gap: int = LEAST_GAP
    coverage: float = LEAST_COVERAGE
    _firsts: dict[float, int] = field(default_factory=dict[float, int])
    _alike: dict[tuple[int, int], bool] = field(default_factory=dict[tuple[int, int], bool])

    def diffuse(self, on_step: StepsDone | None = None) -> Iterator[list[int]]:
        """Diffuse what is needed and not stored; yield the frames of each batch once it is stored."""
        times = first_times(self.path.timeline)
        yield from self._stored(times, on_step)
        stretches = list(pairwise(times))
        while stretches:
            halved = [(start, (start + end) // 2, end) for start, end in self._unlike(stretches)]
            yield from self._stored([middle for _, middle, _ in halved], on_step)
            stretches = [half for start, middle, end in halved for half in ((start, middle), (middle, end))]

    @property
    def times(self) -> tuple[int, ...]:
        """The frames that were needed, in order; diffuses those that aren't stored."""
        return tuple(sorted({time for batch in self.diffuse() for time in batch}))

    def _stored(self, times: Sequence[int], on_step: StepsDone | None) -> Iterator[list[int]]:
        """Diffuse ``times``, and of those at equal positions only one."""
        own = {time: self._firsts.setdefault(self.path.position(time), time) for time in times}
        return diffuse_keyframes(
            self.path, [time for time in times if own[time] == time], self.store, on_step
        )

    def _unlike(self, stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return the stretches to halve."""
        unlike = []
        for start, end in stretches:
            first, last = (self._firsts[self.path.position(time)] for time in (start, end))
            if end - start <= self.gap or first == last:
                continue
            if (first, last) not in self._alike:
                self._alike[first, last] = self._are_alike(self.look(first), self.look(last))
            if not self._alike[first, last]:
                unlike.append((start, end))
        return unlike

    def _are_alike(self, first: Frame, last: Frame) -> bool:
        motion = estimate_bidirectional_flow(load_flow(_FLOW), first, last)
        return min(motion.coverage, float(motion.consistent_backward.mean())) >= self.coverage


def first_times(timeline: Timeline) -> tuple[int, ...]:
    """Return the frames that are diffused in any case: the prompts', the first and the last, and between."""
    return keyframe_times(timeline, MOST_GAP)


def most_times(timeline: Timeline, gap: int = LEAST_GAP) -> tuple[int, ...]:
    """Return the frames that are diffused where all stretches are halved to the end."""
    times = set(first_times(timeline))
    stretches = list(pairwise(sorted(times)))
    while stretches:
        halved = [(start, (start + end) // 2, end) for start, end in stretches if end - start > gap]
        times |= {middle for _, middle, _ in halved}
        stretches = [half for start, middle, end in halved for half in ((start, middle), (middle, end))]
    return tuple(sorted(times))
