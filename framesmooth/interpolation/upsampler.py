"""A clip with frames between those it has: any rate out of any rate, by occlusion-aware interpolation."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import chain
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
_NEXT_TO: Final = Fraction(1, 20)
"""Share of a step by which the time of an input frame may be rounded."""


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
        hold_last: the last frame is held to its end, so that the clip lasts as long as before.
        coverages: of each pair that got in-betweens, by its first frame's index: the share of pixels, 0 to 1,
            whose motion was confirmed.
        faded: input frames after which motion could not be followed and which were cross-faded.
        held: input frames after which a cut was kept.
    """

    flow: FlowEstimator
    step: Fraction
    at_cuts: AtCuts = "fade"
    loop: bool = False
    hold_last: bool = False
    coverages: dict[int, float] = field(default_factory=dict)
    faded: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check the step."""
        if self.step <= 0:
            raise UsageError(f"a step of {self.step} frames leads nowhere: choose one above 0")

    def length(self, duration: int | Fraction) -> int:
        """Return how many frames come out of a clip that lasts as long as ``duration`` frames of the input.

        They come every step from 0 on, up to the last frame; of a loop up to its return to the first, which
        is not shown again; with ``hold_last`` as many as last as long.
        """
        if self.loop or not duration:
            return ceil(duration / self.step)
        if self.hold_last:
            return max(1, ceil(duration / self.step - Fraction(1, 2)))
        return int((duration - 1) / self.step) + 1

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield (H, W, 3) uint8 frames; holds three of the input's and their motion, four of a loop's.

        Raises:
            UsageError: frames of different sizes.
        """
        return self.sample((Fraction(index), frame) for index, frame in enumerate(frames))

    def sample(self, timed: Iterable[tuple[Fraction, Frame]], end: Fraction | None = None) -> Iterator[Frame]:
        """Yield frames of an unevenly timed clip at even steps; see ``__call__``.

        Args:
            timed: (time, frame), rising from 0, in the unit of ``step``: frames of the input's nominal rate.
            end: when the last frame stops being shown; by default one unit after it came.

        Raises:
            UsageError: frames of different sizes.
        """
        stream = iter(timed)
        first = next(stream, None)
        if first is None:
            return
        shown = 0
        for last, frames in self._spans(first, stream):
            most = (
                None if last is None or not self.hold_last or self.loop else self.length(end or last[0] + 1)
            )
            for frame in frames:
                if most is None or shown < most:
                    yield frame
                    shown += 1
            while most is not None and last is not None and shown < most:
                yield last[1].copy()
                shown += 1

    def _spans(
        self, first: tuple[Fraction, Frame], others: Iterator[tuple[Fraction, Frame]]
    ) -> Iterator[tuple[tuple[Fraction, Frame] | None, Iterable[Frame]]]:
        """Yield (the last (time, frame) once it is known, what is due up to the next frame of the input)."""
        stretches = self._stretches(first, others)
        before: BidirectionalFlow | None = None
        now = next(stretches, None)
        yield (first if now is None else None), [first[1]]
        while now is not None:
            after = next(stretches, None)
            due = self._between(now, before, None if after is None else after.motion)
            ending = [now.second] if now.shows_end else []
            yield ((now.end, now.second) if after is None else None), chain(due, ending)
            before, now = now.motion, after

    def _stretches(
        self, first: tuple[Fraction, Frame], others: Iterator[tuple[Fraction, Frame]]
    ) -> Iterator["_Stretch"]:
        """Yield what lies between neighbours, in order."""
        position = self.step
        start, before = first
        count = 0
        for index, (time, after) in enumerate(others):
            count = index + 1
            end = self._snapped(time)
            yield (stretch := self._stretch(index, (start, before), (end, after), position, shows_end=True))
            position += self.step * (len(stretch.times) + stretch.shows_end)
            start, before = end, after
        if self.loop:  # its end is its start, and was shown
            again = (start + 1, first[1])
            yield self._stretch(count, (start, before), again, position, shows_end=False)

    def _snapped(self, time: Fraction) -> Fraction:
        """Return the time of the output frame next to an input frame, whose own time may be rounded."""
        if time.denominator == 1:
            return time
        due = round(time / self.step) * self.step
        return due if abs(due - time) <= _NEXT_TO * self.step else time

    def _stretch(
        self,
        index: int,
        first: tuple[Fraction, Frame],
        second: tuple[Fraction, Frame],
        position: Fraction,
        *,
        shows_end: bool,
    ) -> "_Stretch":
        (start, before), (end, after) = first, second
        times = []
        while position < end:
            times.append((position - start) / (end - start))
            position += self.step
        return _Stretch(index, before, after, times, end, shows_end and position == end, self.flow)

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
        end: when the second comes.
        shows_end: whether the second is due itself.
        flow: estimates the motion.
    """

    index: int
    first: Frame
    second: Frame
    times: list[Fraction]
    end: Fraction
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
