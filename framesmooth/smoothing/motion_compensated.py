"""What the smoothers share: their settings, and the recursion of those that look back one frame."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain, islice, takewhile
from typing import Any, ClassVar, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth import defaults
from framesmooth.errors import UsageError
from framesmooth.frames import Frame, as_float, as_uint8
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.flow.base import FlowEstimator, load_flow
from framesmooth.motion.shots import Step, steps
from framesmooth.motion.warping import backward_warp
from framesmooth.smoothing.base import check_strength
from framesmooth.streams import fan_out, prefetch
from framesmooth.timeline.schedule import Schedule

FloatImage = NDArray[np.float32]
"""(H, W, 3) float32, sRGB in [0, 1]."""

# Above this difference (sRGB in [0, 1], blurred) the warped past shows something else than the frame.
_LARGEST_DIFFERENCE: Final = 0.12

# Bars of a letterbox are no brighter, of 255.
_BLACK: Final = 2
# The motion of one pair of frames waits while that of the next one is estimated.
_IN_THE_MAKING: Final = 2


@dataclass(frozen=True, kw_only=True)
class MotionSmoother(ABC):
    """A smoother along the motion.

    Attributes:
        strength: 0 to 1, or a schedule of it; 0 gives the input back bit for bit.
        flow: the flow estimator, or its name.
        guide: another version of the clip, as long and as large, to take motion and cuts from; None is the
            clip itself.
        lead_in: frames that are seen before the first one and not answered: for a loop, its last ``memory``.
        lead_out: the same after the last one: for a loop, its first ``reach``.
        breaks: indices of frames known to begin another picture, whatever they look like.
    """

    strength: float | Schedule = defaults.STRENGTH
    flow: str | FlowEstimator = "dis-robust"
    guide: Iterable[Frame] | None = field(default=None, repr=False, compare=False)
    lead_in: Sequence[Frame] = field(default=(), repr=False, compare=False)
    lead_out: Sequence[Frame] = field(default=(), repr=False, compare=False)
    breaks: Collection[int] = field(default=(), repr=False, compare=False)

    reach: ClassVar[int]
    """How many frames ahead an answer depends on."""
    memory: ClassVar[int]
    """How many frames back a frame still depends on, as far as it can be seen."""

    def __post_init__(self) -> None:
        """Check the strength, and that guided clips have no frames around them."""
        check_strength(self.strength)
        if self.guide is not None and (self.lead_in or self.lead_out):
            raise UsageError("a guide has no frames around the clip: smooth a loop without one")

    @property
    def reads_ahead(self) -> int:
        """How many frames :meth:`at_strengths` reads ahead before one is answered."""
        return self.reach + _IN_THE_MAKING

    @property
    def lookahead(self) -> int:
        """How many frames are read ahead before one is answered: none at strength 0."""
        return self.reads_ahead if self.strength else 0

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the smoothed (H, W, 3) uint8 frames; holds about 2 ``lookahead`` + 1 frames.

        Raises:
            MediaError: a guide of another size or number of frames.
        """
        if self.strength == 0:
            yield from (frame.copy() for frame in frames)
            return
        for (frame,) in self._answers(frames, lambda stream: zip(self._smoothed(stream), strict=True)):
            yield frame

    def at_strengths(
        self, frames: Iterable[Frame], strengths: Sequence[float | Schedule]
    ) -> Iterator[tuple[Frame, ...]]:
        """Yield every frame smoothed at each of the strengths, as if by a smoother each.

        Motion, which takes half of the time of a smoothing, is estimated once, and whatever else the
        strengths have in common is done once.

        Raises:
            UsageError: a strength outside 0 to 1.
            MediaError: a guide of another size or number of frames.
        """
        for strength in strengths:
            check_strength(strength)
        yield from self._answers(frames, lambda stream: self._in_lanes(stream, strengths))

    def _answers(
        self, frames: Iterable[Frame], smoothed: Callable[[Iterable[Any]], Iterator[tuple[Frame, ...]]]
    ) -> Iterator[tuple[Frame, ...]]:
        """Yield what ``smoothed`` makes of the frames, and none of what stands around them."""
        waiting: deque[Frame] = deque()

        def noted() -> Iterator[Frame]:
            for frame in frames:
                waiting.append(frame)
                yield frame

        around = chain(self.lead_in, noted(), self.lead_out)
        breaks = {len(self.lead_in) + index for index in self.breaks}
        stream = self._kept(steps(around, load_flow(self.flow), self.guide, breaks))
        with closing(prefetch(stream, 1)) as known:  # motion is estimated while earlier frames are smoothed
            for answers in islice(smoothed(known), len(self.lead_in), None):
                if not waiting:
                    return  # this is an answer to what stands after the clip
                original = waiting.popleft()
                for answer in answers:
                    keep_bars(answer, original)
                yield answers

    def strength_at(self, index: int) -> float:
        """Return the strength for the frame ``index`` of a stream that starts with ``lead_in``."""
        return self._strength(self.strength, index)

    def _strength(self, strength: float | Schedule, index: int) -> float:
        if isinstance(strength, Schedule):
            return strength(max(index - len(self.lead_in), 0))
        return strength

    def _in_lanes(
        self, stream: Iterable[Any], strengths: Sequence[float | Schedule]
    ) -> Iterator[tuple[Frame, ...]]:
        """Yield the smoothed frames of a stream at several strengths."""
        streams = fan_out(stream, len(strengths))
        lanes = (
            replace(self, strength=strength)._smoothed(steps)
            for strength, steps in zip(strengths, streams, strict=True)
        )
        return zip(*lanes, strict=True)

    def _kept(self, stream: Iterable[Step]) -> Iterator[Any]:
        """Yield frames and motion as the smoother needs them; made in the thread that estimates motion."""
        yield from stream

    @abstractmethod
    def _smoothed(self, stream: Iterable[Any]) -> Iterator[Frame]:
        """Yield the smoothed frames of a stream that knows motion and cuts, as ``_kept`` gives it."""


class RecursiveSmoother(MotionSmoother):
    """Blends every frame with the last result, warped onto it."""

    reach = 1  # a frame is answered once its motion to the next one is known
    memory = 24  # at full strength 0.9 of the past is kept: 8 % of it is left by then

    def _smoothed(self, stream: Iterable[Step]) -> Iterator[Frame]:
        past: FloatImage | None = None
        arrival: BidirectionalFlow | None = None
        for index, step in enumerate(stream):
            image = as_float(step.frame)
            if past is not None and arrival is not None:
                warped = np.asarray(backward_warp(past, arrival.backward), np.float32)
                trust = trust_in_past(image, warped) * arrival.consistent_backward
                image = self._blend(image, warped, np.asarray(trust, np.float32), self.strength_at(index))
            past, arrival = image, step.to_next
            yield as_uint8(image)

    @abstractmethod
    def _blend(
        self, present: FloatImage, past: FloatImage, trust: NDArray[np.float32], strength: float
    ) -> FloatImage:
        """Return the result of a frame and the warped past; ``trust`` (H, W) is 0 where that is unknown."""


def trust_in_past(present: FloatImage, past: FloatImage) -> NDArray[np.float32]:
    """Return 1 where the warped past (H, W, 3) matches the present after a blur, falling to 0 (H, W)."""
    # Channel by channel: NumPy is many times slower over an axis of three.
    gap = np.maximum.reduce(cv2.split(np.abs(cv2.GaussianBlur(present - past, (0, 0), 2.0))))
    return np.asarray(np.exp(-np.square(gap / _LARGEST_DIFFERENCE)), np.float32)


def keep_bars(smoothed: Frame, original: Frame) -> None:
    """Copy the black bars of a letterbox or pillarbox from the ``original``: light spreads into them.

    Bars are the rows and columns from an edge on in which no sample is above 2 of 255.
    """
    for turned, source in ((smoothed, original), (smoothed.swapaxes(0, 1), original.swapaxes(0, 1))):
        for side in (slice(None), slice(None, None, -1)):
            bar = list(takewhile(lambda line: line.max() <= _BLACK, source[side]))
            if bar:
                turned[side][: len(bar)] = bar
