"""A clip with frames between those it has: any rate out of any rate, by occlusion-aware interpolation."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import chain, pairwise
from math import ceil
from typing import Any, Final, Literal

from framesmooth.errors import UsageError
from framesmooth.frames import Frame
from framesmooth.interpolation.frame_pair import Inbetween, crossfade_pair, prepare_pair
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.flow.base import FlowEstimator
from framesmooth.motion.scene_cuts import is_cut

AtCuts = Literal["fade", "hold"]
_HALF: Final = 0.5


@dataclass
class Upsampler:
    """Samples a stream of frames at even steps; where one of them is due, it stays as it is.

    In-betweens go on as the motion before and after them says.

    Attributes:
        flow: estimates the motion between neighbours.
        step: from one output frame to the next, in frames of the input: 1/4 makes three in-betweens.
        at_cuts: between frames of two scenes "fade" dissolves, as keyframes want it; "hold" shows the nearer
            one, as a film wants it.
        loop: the first frame follows on the last one, and is not shown twice.
        coverages: of each pair that got in-betweens, by its first frame's index: the share of pixels, 0 to 1,
            whose motion was confirmed.
        faded: input frames after which motion could not be followed and which were cross-faded.
        held: input frames after which a cut was kept.
    """

    flow: FlowEstimator
    step: Fraction
    at_cuts: AtCuts = "fade"
    loop: bool = False
    coverages: dict[int, float] = field(default_factory=dict)
    faded: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check the step."""
        if self.step <= 0:
            raise UsageError(f"a step of {self.step} frames leads nowhere: choose one above 0")

    def length(self, num_frames: int) -> int:
        """Return how many frames come out of ``num_frames``: every step from 0 to the end of the clip.

        That is the last frame, which is included; of a loop, its return to the first, which is not.
        """
        if self.loop or not num_frames:
            return ceil(num_frames / self.step)
        return int((num_frames - 1) / self.step) + 1

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield (H, W, 3) uint8 frames; holds three of the input's and their motion, four of a loop's.

        Raises:
            UsageError: frames of different sizes.
        """
        stream = iter(frames)
        first = next(stream, None)
        if first is None:
            return
        yield first
        stretches = self._stretches(first, stream)
        before: BidirectionalFlow | None = None
        now = next(stretches, None)
        while now is not None:
            after = next(stretches, None)
            yield from self._between(now, before, None if after is None else after.motion)
            if now.shows_end:
                yield now.second
            before, now = now.motion, after

    def _stretches(self, first: Frame, others: Iterator[Frame]) -> Iterator["_Stretch"]:
        """Yield what lies between neighbours, in order."""
        position = self.step
        around = [first] if self.loop else []
        given = 1

        def counted() -> Iterator[Frame]:
            nonlocal given
            for frame in others:
                given += 1
                yield frame

        for index, (before, after) in enumerate(pairwise(chain([first], counted(), around))):
            times = []
            while position < index + 1:
                times.append(position - index)
                position += self.step
            # The end of a loop is its start, and was shown.
            shows_end = position == index + 1 < given + (not self.loop)
            yield _Stretch(index, before, after, times, shows_end, self.flow)
            position += self.step if shows_end else 0

    @property
    def torn(self) -> list[int]:
        """Input frames after which in-betweens follow a motion that less than half of the pixels confirm."""
        others = {*self.faded, *self.held}
        return [index for index, share in self.coverages.items() if share < _HALF and index not in others]

    def as_dict(self) -> dict[str, Any]:
        """Return how the in-betweens were made, in plain types for JSON."""
        return {
            "pairs": len(self.coverages),
            "cross_faded_after": list(self.faded),
            "cut_kept_after": list(self.held),
            "coverage_after": {str(index): round(value, 4) for index, value in self.coverages.items()},
        }

    def _between(
        self, stretch: "_Stretch", before: BidirectionalFlow | None, after: BidirectionalFlow | None
    ) -> Iterator[Frame]:
        """Yield the in-betweens of two neighbours; beside it the motion before and after them."""
        pair, times = stretch.pair, stretch.times
        if pair is None:
            return
        first, second = stretch.first, stretch.second
        self.coverages[stretch.index] = pair.coverage
        if stretch.cut and self.at_cuts == "hold":
            self.held.append(stretch.index)
            yield from ((first if time < Fraction(1, 2) else second).copy() for time in times)
        elif stretch.cut or pair.method == "cross-fade":
            self.faded.append(stretch.index)
            yield from crossfade_pair(first, second, [float(time) for time in times])
        else:
            bent = pair.with_neighbours(before, after)
            yield from (bent.frame_at(float(time)) for time in times)


@dataclass(frozen=True)
class _Stretch:
    """Two neighbours of the input, and what is due between them.

    Attributes:
        index: of the first.
        first: of the neighbours.
        second: of the neighbours.
        times: of the in-betweens, above 0 and below 1.
        shows_end: whether the second is due itself.
        flow: estimates the motion.
    """

    index: int
    first: Frame
    second: Frame
    times: list[Fraction]
    shows_end: bool
    flow: FlowEstimator

    @cached_property
    def pair(self) -> Inbetween | None:
        """The in-betweens; None where none are due."""
        return prepare_pair(self.first, self.second, flow=self.flow) if self.times else None

    @cached_property
    def cut(self) -> bool:
        """Whether another scene begins with the second."""
        return self.pair is not None and is_cut(self.first, self.second, self.pair.motion)

    @property
    def motion(self) -> BidirectionalFlow | None:
        """The motion between the two, where in-betweens follow it."""
        follows = self.pair is not None and not self.cut and self.pair.method == "flow"
        return self.pair.motion if follows and self.pair is not None else None
