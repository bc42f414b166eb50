"""Frame-rate conversion from any rate to any rate, by occlusion-aware interpolation."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from itertools import chain
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
_NEXT_TO: Final = Fraction(1, 20)
"""Share of a step by which the time of an input frame may be rounded."""


@dataclass
class Upsampler:
    """Samples a stream of frames at even steps; where one of them is due, it stays as it is.

    In-betweens follow the curve of the motion before and after them.

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
        times: of the input's frames by index, in frames, increasing from 0; those that have none are dropped.
            None is the index for all.
    """

    flow: FlowEstimator
    step: Fraction
    at_cuts: AtCuts = "fade"
    loop: bool = False
    hold_last: bool = False
    coverages: dict[int, float] = field(default_factory=dict)
    faded: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    times: Mapping[int, Fraction] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Check the step."""
        self._given = 0  # frames read
        if self.step <= 0:
            raise UsageError(f"a step of {self.step} frames is out of range: choose one above 0")

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
        """Yield frames (H, W, 3), as deep as the input's.

        Holds three of the input's and their motion, four of a loop's.

        Raises:
            UsageError: frames of different sizes.
        """
        return self._sample(self._timed(frames), None)

    def _timed(self, frames: Iterable[Frame]) -> Iterator["_Timed"]:
        """Yield the frames that are due at a time; the others are dropped."""
        for index, frame in enumerate(frames):
            self._given = index + 1
            time = Fraction(index) if self.times is None else self.times.get(index)
            if time is not None:
                yield _Timed(index, time, frame)

    def sample(self, timed: Iterable[tuple[Fraction, Frame]], end: Fraction | None = None) -> Iterator[Frame]:
        """Yield frames of an unevenly timed clip at even steps; see ``__call__``.

        Args:
            timed: (time, frame), rising from 0, in the unit of ``step``: frames of the input's nominal rate.
            end: when the last frame stops being shown; by default one unit after it came.

        Raises:
            UsageError: frames of different sizes.
        """
        return self._sample((_Timed(index, *one) for index, one in enumerate(timed)), end)

    def _sample(self, timed: Iterable["_Timed"], end: Fraction | None) -> Iterator[Frame]:
        stream = iter(timed)
        first = next(stream, None)
        if first is None:
            return
        shown, most = 0, None
        for last, frames in self._spans(first, stream):
            if last is not None and not self.loop and (self.hold_last or self.times is not None):
                most = self.length(end or (last.time + 1 if self.times is None else self._given))
            for frame in frames:
                if most is None or shown < most:
                    yield frame
                    shown += 1
            while most is not None and last is not None and shown < most:
                yield last.frame.copy()
                shown += 1

    def _spans(
        self, first: "_Timed", others: Iterator["_Timed"]
    ) -> Iterator[tuple["_Timed | None", Iterable[Frame]]]:
        """Yield (the last frame once it is known, what is due up to the next frame of the input)."""
        stretches = self._stretches(first, others)
        before: _Stretch | None = None
        now = next(stretches, None)
        yield (first if now is None else None), [first.frame]
        while now is not None:
            after = next(stretches, None)
            due = self._between(now, before, after)
            ending = [now.second.frame] if now.shows_end else []
            yield (now.second if after is None else None), chain(due, ending)
            before, now = now, after

    def _stretches(self, first: "_Timed", others: Iterator["_Timed"]) -> Iterator["_Stretch"]:
        """Yield the in-betweens of all neighbours, in order."""
        position, before = self.step, first
        for one in others:
            after = replace(one, time=self._snapped(one.time))
            yield (stretch := self._stretch(before, after, position, shows_end=True))
            position += self.step * (len(stretch.times) + stretch.shows_end)
            before = after
        if self.loop:  # its end is its start, and was shown
            end = before.time + 1 if self.times is None else Fraction(self._given)
            yield self._stretch(before, replace(first, time=end), position, shows_end=False)

    def _snapped(self, time: Fraction) -> Fraction:
        """Return the time of the output frame next to an input frame, whose own time may be rounded."""
        if time.denominator == 1:
            return time
        due = round(time / self.step) * self.step
        return due if abs(due - time) <= _NEXT_TO * self.step else time

    def _stretch(
        self, first: "_Timed", second: "_Timed", position: Fraction, *, shows_end: bool
    ) -> "_Stretch":
        times = []
        while position < second.time:
            times.append((position - first.time) / (second.time - first.time))
            position += self.step
        return _Stretch(first, second, times, shows_end and position == second.time, self.flow)

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
        """Yield the in-betweens of two neighbours, given the frames before and after them as well."""
        pair, times = stretch.pair, stretch.times
        if pair is None:
            return
        first, second, index = stretch.first.frame, stretch.second.frame, stretch.first.index
        self.coverages[index] = pair.coverage
        if stretch.cut and self.at_cuts == "hold":
            self.held.append(index)
            yield from ((first if time < stretch.cut_time else second).copy() for time in times)
        elif stretch.cut or pair.method == "cross-fade":
            self.faded.append(index)
            yield from crossfade_pair(first, second, [float(time) for time in times])
        else:
            bent = pair.with_neighbours(
                before.motion_over(stretch.length) if before else None,
                after.motion_over(stretch.length) if after else None,
            )
            yield from (bent.frame_at(float(time)) for time in times)


@dataclass(frozen=True)
class _Timed:
    """A frame of the input by its index, and when it is due, in frames of the input."""

    index: int
    time: Fraction
    frame: Frame


@dataclass(frozen=True)
class _Stretch:
    """Two neighbours of the input, and what is due between them.

    Attributes:
        first: of the neighbours.
        second: of the neighbours.
        times: of the in-betweens, above 0 and below 1.
        shows_end: whether the second is due itself.
        flow: estimates the motion.
    """

    first: _Timed
    second: _Timed
    times: list[Fraction]
    shows_end: bool
    flow: FlowEstimator

    @property
    def length(self) -> Fraction:
        """How far apart they are due, in frames of the input."""
        return self.second.time - self.first.time

    @cached_property
    def pair(self) -> Inbetween | None:
        """The in-betweens; None where none are due."""
        return prepare_pair(self.first.frame, self.second.frame, flow=self.flow) if self.times else None

    @cached_property
    def cut(self) -> bool:
        """Whether another scene begins with the second."""
        return self.pair is not None and is_cut(self.first.frame, self.second.frame, self.pair.motion)

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
