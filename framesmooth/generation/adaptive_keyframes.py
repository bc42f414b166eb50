"""Adaptive keyframes: halve each segment until optical flow explains what changes within it.

The prompts' frames come first, and some between them, for it pays to denoise several at once. A segment is
halved as long as forward and backward flow between its ends agree on too little of the image (Sundaram et al.
2010), and it is longer than two frames. Every decision follows from stored latents, so a resumed run finds
the same keyframes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from framesmooth.frames import Frame
from framesmooth.generation.base import LatentStore, StepsDone
from framesmooth.generation.batch_executor import BatchExecutor
from framesmooth.generation.keyframes import diffuse_keyframes, keyframe_times
from framesmooth.generation.latent_path import LatentPath
from framesmooth.motion.bidirectional import estimate_bidirectional_flow
from framesmooth.motion.flow.base import load_flow
from framesmooth.timeline.timeline import Timeline

LARGEST_GAP: Final = 24
"""Frames: no segment is longer."""
LEAST_GAP: Final = 2
"""Frames: a segment of so many is not halved."""
LEAST_COVERAGE: Final = 0.7
"""Share of the image where forward and backward flow agree."""
_FLOW: Final = "dis-medium"

Thumbnail = Callable[[int], Frame]
"""Gives a small image of a frame in the store, each decoded by itself: its batch must not decide."""


@dataclass(frozen=True)
class Bisection:
    """The search for the keyframes.

    Attributes:
        path: what each frame is made from.
        store: where the latents go.
        thumbnail: gives the small images that flow is estimated on.
        gap: frames of a segment that is not halved.
        coverage: share of the image that has to agree.
        executor: makes the keyframes of a round; None for this process alone.
    """

    path: LatentPath
    store: LatentStore
    thumbnail: Thumbnail
    gap: int = LEAST_GAP
    coverage: float = LEAST_COVERAGE
    executor: BatchExecutor | None = None
    _firsts: dict[float, int] = field(default_factory=dict[float, int])
    _explained: dict[tuple[int, int], bool] = field(default_factory=dict[tuple[int, int], bool])

    def diffuse(self, on_step: StepsDone | None = None) -> Iterator[list[int]]:
        """Denoise what is needed and not stored; yield the frames of each batch once it is stored."""
        times = first_times(self.path.timeline)
        yield from self._stored(times, on_step, growing=True)
        segments = list(pairwise(times))
        while segments:
            halved = [(start, (start + end) // 2, end) for start, end in self._changed(segments)]
            yield from self._stored([middle for _, middle, _ in halved], on_step)
            segments = [half for start, middle, end in halved for half in ((start, middle), (middle, end))]

    @property
    def times(self) -> tuple[int, ...]:
        """The keyframes, in order; denoises those that aren't stored."""
        return tuple(sorted({time for batch in self.diffuse() for time in batch}))

    def _stored(
        self, times: Sequence[int], on_step: StepsDone | None, *, growing: bool = False
    ) -> Iterator[list[int]]:
        """Denoise ``times``, and of those at equal positions only one."""
        own = {time: self._firsts.setdefault(self.path.position(time), time) for time in times}
        needed = [time for time in times if own[time] == time]
        return diffuse_keyframes(
            self.path, needed, self.store, on_step, growing=growing, executor=self.executor
        )

    def _changed(self, segments: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return the segments to halve."""
        changed = []
        for start, end in segments:
            first, last = (self._firsts[self.path.position(time)] for time in (start, end))
            if end - start <= self.gap or first == last:
                continue
            if (first, last) not in self._explained:
                self._explained[first, last] = self._flow_explains(
                    self.thumbnail(first), self.thumbnail(last)
                )
            if not self._explained[first, last]:
                changed.append((start, end))
        return changed

    def _flow_explains(self, first: Frame, last: Frame) -> bool:
        motion = estimate_bidirectional_flow(load_flow(_FLOW), first, last)
        return min(motion.coverage, float(motion.consistent_backward.mean())) >= self.coverage


def first_times(timeline: Timeline) -> tuple[int, ...]:
    """Return the keyframes of any clip: the prompts' frames, the first and the last, and some between."""
    return keyframe_times(timeline, LARGEST_GAP)


def all_possible_times(timeline: Timeline, gap: int = LEAST_GAP) -> tuple[int, ...]:
    """Return the keyframes of a clip whose segments are all halved to the end: there are never more."""
    times = set(first_times(timeline))
    segments = list(pairwise(sorted(times)))
    while segments:
        halved = [(start, (start + end) // 2, end) for start, end in segments if end - start > gap]
        times |= {middle for _, middle, _ in halved}
        segments = [half for start, middle, end in halved for half in ((start, middle), (middle, end))]
    return tuple(sorted(times))
