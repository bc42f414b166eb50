"""A clip with frames between those it has: any rate out of any rate, by occlusion-aware interpolation."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain, pairwise
from typing import Literal

from framesmooth.cuts import is_cut
from framesmooth.errors import UsageError
from framesmooth.flow import FlowEstimator
from framesmooth.frames import Frame
from framesmooth.interpolate import prepare_pair

AtCuts = Literal["fade", "hold"]


@dataclass
class Upsampler:
    """Samples a stream of frames at even steps; where one of them is due, it stays as it is.

    Attributes:
        flow: estimates the motion between neighbours.
        step: from one output frame to the next, in frames of the input: 1/4 makes three in-betweens.
        at_cuts: between frames of two scenes "fade" dissolves, as keyframes want it; "hold" shows the nearer
            one, as a film wants it.
        faded: input frames after which motion could not be followed and which were cross-faded.
        held: input frames after which a cut was kept.
    """

    flow: FlowEstimator
    step: Fraction
    at_cuts: AtCuts = "fade"
    faded: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check the step."""
        if self.step <= 0:
            raise UsageError(f"a step of {self.step} frames leads nowhere: choose one above 0")

    def length(self, num_frames: int) -> int:
        """Return how many frames come out of ``num_frames``: (n - 1) / step + 1 whole ones."""
        return int((num_frames - 1) / self.step) + 1 if num_frames else 0

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield (H, W, 3) uint8 frames; holds two of the input's and their motion.

        Raises:
            UsageError: frames of different sizes.
        """
        stream = iter(frames)
        first = next(stream, None)
        if first is None:
            return
        yield first
        position = self.step
        for index, (before, after) in enumerate(pairwise(chain([first], stream))):
            times = []
            while position < index + 1:
                times.append(position - index)
                position += self.step
            yield from self._between(index, before, after, times)
            if position == index + 1:
                yield after
                position += self.step

    def _between(self, index: int, first: Frame, second: Frame, times: list[Fraction]) -> Iterator[Frame]:
        if not times:
            return
        pair = prepare_pair(first, second, flow=self.flow)
        if self.at_cuts == "hold" and is_cut(first, second, pair.motion):
            self.held.append(index)
            yield from ((first if time < Fraction(1, 2) else second).copy() for time in times)
            return
        if pair.method == "cross-fade":
            self.faded.append(index)
        yield from (pair.frame_at(float(time)) for time in times)
