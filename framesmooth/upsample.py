"""A clip with frames between those it has: any rate out of any rate, by occlusion-aware interpolation."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain, pairwise
from math import ceil
from typing import Any, Literal

from framesmooth.cuts import is_cut
from framesmooth.errors import UsageError
from framesmooth.flow import FlowEstimator
from framesmooth.frames import Frame
from framesmooth.interpolate import crossfade_pair, prepare_pair

AtCuts = Literal["fade", "hold"]


@dataclass
class Upsampler:
    """Samples a stream of frames at even steps; where one of them is due, it stays as it is.

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
        """Yield (H, W, 3) uint8 frames; holds two of the input's and their motion, three of a loop's.

        Raises:
            UsageError: frames of different sizes.
        """
        stream = iter(frames)
        first = next(stream, None)
        if first is None:
            return
        yield first
        position = self.step
        around = [first] if self.loop else []
        given = 1

        def counted() -> Iterator[Frame]:
            nonlocal given
            for frame in stream:
                given += 1
                yield frame

        for index, (before, after) in enumerate(pairwise(chain([first], counted(), around))):
            times = []
            while position < index + 1:
                times.append(position - index)
                position += self.step
            yield from self._between(index, before, after, times)
            # The end of a loop is its start, and was shown.
            if position == index + 1 < given + (not self.loop):
                yield after
                position += self.step

    def as_dict(self) -> dict[str, Any]:
        """Return how the in-betweens were made, in plain types for JSON."""
        return {
            "pairs": len(self.coverages),
            "cross_faded_after": list(self.faded),
            "cut_kept_after": list(self.held),
            "coverage_after": {str(index): round(value, 4) for index, value in self.coverages.items()},
        }

    def _between(self, index: int, first: Frame, second: Frame, times: list[Fraction]) -> Iterator[Frame]:
        if not times:
            return
        pair = prepare_pair(first, second, flow=self.flow)
        self.coverages[index] = pair.coverage
        cut = is_cut(first, second, pair.motion)
        if cut and self.at_cuts == "hold":
            self.held.append(index)
            yield from ((first if time < Fraction(1, 2) else second).copy() for time in times)
        elif cut or pair.method == "cross-fade":
            self.faded.append(index)
            yield from crossfade_pair(first, second, [float(time) for time in times])
        else:
            yield from (pair.frame_at(float(time)) for time in times)
