"""A clip with frames between those it has: any rate out of any rate, by occlusion-aware interpolation."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import ceil
from typing import Any, Final, Literal

import numpy as np

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
        times: of the input's frames by index, in frames, increasing from 0; those that have none are dropped.
            None is the index for all.
    """

    flow: FlowEstimator
    step: Fraction
    at_cuts: AtCuts = "fade"
    loop: bool = False
    coverages: dict[int, float] = field(default_factory=dict)
    faded: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    times: Mapping[int, Fraction] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Check the step."""
        self._position, self._given = self.step, 0  # where the next output frame is due, and frames read
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
        self._position, self._given, last = self.step, 1, first
        stretches = self._stretches(first, stream)
        before: _Stretch | None = None
        now = next(stretches, None)
        while now is not None:
            after = next(stretches, None)
            yield from self._between(now, before, after)
            last = now.second
            if now.shows_end:
                yield last
            before, now = now, after
        while not self.loop and self._position <= self._given - 1:  # the last picture may be held
            yield last.copy()
            self._position += self.step

    def _stretches(self, first: Frame, others: Iterator[Frame]) -> Iterator["_Stretch"]:
        """Yield what lies between neighbouring pictures, in order."""
        for before, after in pairwise(self._pictures(first, others)):
            length, times = after.time - before.time, []
            while self._position < after.time:
                times.append((self._position - before.time) / length)
                self._position += self.step
            # The end of a loop is its start, and was shown.
            shows_end = self._position == after.time and not after.closes
            yield _Stretch(before.index, before.frame, after.frame, length, times, shows_end, self.flow)
            self._position += self.step if shows_end else 0

    def _pictures(self, first: Frame, others: Iterator[Frame]) -> Iterator["_Timed"]:
        """Yield the frames that are due at a time, and the first one again where a loop ends."""
        yield _Timed(0, Fraction(0), first)
        for index, frame in enumerate(others, start=1):
            self._given = index + 1
            time = Fraction(index) if self.times is None else self.times.get(index)
            if time is not None:
                yield _Timed(index, time, frame)
        if self.loop:
            yield _Timed(self._given, Fraction(self._given), first, closes=True)

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
            "held_frames_dropped": 0 if self.times is None else self._given - len(self.times),
            "coverage_after": {str(index): round(value, 4) for index, value in self.coverages.items()},
        }

    def _between(
        self, stretch: "_Stretch", before: "_Stretch | None", after: "_Stretch | None"
    ) -> Iterator[Frame]:
        """Yield the in-betweens of two neighbours; beside it what lies before and after them."""
        pair, times = stretch.pair, stretch.times
        if pair is None:
            return
        first, second = stretch.first, stretch.second
        self.coverages[stretch.index] = pair.coverage
        if stretch.cut and self.at_cuts == "hold":
            self.held.append(stretch.index)
            yield from ((first if time < stretch.cut_time else second).copy() for time in times)
        elif stretch.cut or pair.method == "cross-fade":
            self.faded.append(stretch.index)
            yield from crossfade_pair(first, second, [float(time) for time in times])
        else:
            bent = pair.with_neighbours(
                before.motion_over(stretch.length) if before else None,
                after.motion_over(stretch.length) if after else None,
            )
            yield from (bent.frame_at(float(time)) for time in times)


@dataclass(frozen=True)
class _Timed:
    """A frame of the input by its index, when it is due in frames, and whether it is a loop's first again."""

    index: int
    time: Fraction
    frame: Frame
    closes: bool = False


@dataclass(frozen=True)
class _Stretch:
    """Two neighbours of the input, and what is due between them.

    Attributes:
        index: of the first.
        first: of the neighbours.
        second: of the neighbours.
        length: how far apart they are due, in frames of the input.
        times: of the in-betweens, above 0 and below 1.
        shows_end: whether the second is due itself.
        flow: estimates the motion.
    """

    index: int
    first: Frame
    second: Frame
    length: Fraction
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

    def motion_over(self, length: Fraction) -> BidirectionalFlow | None:
        """Return the motion as far as it goes in ``length`` frames."""
        motion = self.motion
        if motion is None or length == self.length:
            return motion
        share = np.float32(length / self.length)
        return BidirectionalFlow(share * motion.forward, share * motion.backward)

    @property
    def cut_time(self) -> Fraction:
        """When the second is shown where a cut is kept: no earlier than half a frame before it is due."""
        return max(1 - Fraction(1, 2) / self.length, Fraction(1, 2))
