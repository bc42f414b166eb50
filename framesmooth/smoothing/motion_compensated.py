"""The base of the motion-compensated smoothers: settings, held frames, several strengths at once."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, ClassVar, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth import defaults
from framesmooth.errors import UsageError
from framesmooth.frames import Frame, as_deep_as, as_float
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.flow.base import FlowEstimator, load_flow
from framesmooth.motion.shots import (
    IndexedFrame,
    Step,
    guided,
    steps_of,
)
from framesmooth.motion.warping import backward_warp
from framesmooth.smoothing.base import check_strength
from framesmooth.smoothing.letterbox import keep_bars
from framesmooth.smoothing.odd_frames import ISOLATION, without_odd_frames
from framesmooth.smoothing.overlays import SHORTEST as OVERLAY_RUN
from framesmooth.smoothing.overlays import find_overlays, keep_overlay
from framesmooth.smoothing.parts import LONGEST_PART, Shown
from framesmooth.smoothing.spared import Spared
from framesmooth.streams import fan_out, prefetch
from framesmooth.timeline.schedule import Schedule
from framesmooth.video.held_frames import LONGEST_HOLD, Repeat, find_repeats

FloatImage = NDArray[np.float32]
"""(H, W, 3) float32, sRGB in [0, 1]; of float32 frames beyond that range, too."""

# Above this difference (sRGB in [0, 1], blurred) the warped past shows something else than the frame.
_LARGEST_DIFFERENCE: Final = 0.12

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
        lead_in: frames before the first one, read without output: for a loop, its last ``memory``.
        lead_out: the same after the last one: for a loop, its first ``reach``.
        breaks: indices of frames known to begin another shot, whatever they look like.
        spared: a region that stays as it is in every frame, because what moves there is meant to.
        on_replaced: is told the index of every odd frame that was replaced (see ``replaces_odd_frames``).
        on_lost: is told the index of every frame in a seventh of which motion could not be followed, those
            around the clip included.
        workers: how many processes smooth; more than one only where ``divides``.
        num_frames: how many frames are expected, so that the workers share them evenly; None is unknown.
        only: indices of the frames that are asked for, all of them if None: others may come out as they are.

    Held frames stay equal to each other: the distinct images are smoothed as a shorter clip, and each
    result is repeated as often as its image was. Logos, subtitles and bars stay as they are.
    """

    strength: float | Schedule = defaults.STRENGTH
    flow: str | FlowEstimator = "dis-robust"
    guide: Iterable[Frame] | None = field(default=None, repr=False, compare=False)
    lead_in: Sequence[Frame] = field(default=(), repr=False, compare=False)
    lead_out: Sequence[Frame] = field(default=(), repr=False, compare=False)
    breaks: Collection[int] = field(default=(), repr=False, compare=False)
    spared: Spared | None = field(default=None, repr=False)
    on_replaced: Callable[[int], None] | None = field(default=None, repr=False, compare=False)
    on_lost: Callable[[int], None] | None = field(default=None, repr=False, compare=False)
    workers: int = field(default=1, repr=False, compare=False)
    num_frames: int | None = field(default=None, repr=False, compare=False)
    only: range | None = field(default=None, repr=False, compare=False)

    reach: ClassVar[int]
    """How many distinct images ahead a result depends on."""
    memory: ClassVar[int]
    """How many distinct images back still have a visible influence on a result."""
    lowers_flicker: ClassVar[bool] = True
    """Whether the figures of flicker tell if it helped: those of specks are too small to."""
    replaces_odd_frames: ClassVar[bool] = False
    """Whether single black, white or unrelated frames inside a scene are replaced."""
    selective: ClassVar[bool] = False
    """Whether a clip without the one kind of flicker that it is made for comes back to the last bit."""
    divides: ClassVar[bool] = False
    """Whether nothing but ``memory`` and ``reach`` pictures around it decides a result, to the last bit."""

    def __post_init__(self) -> None:
        """Check the strength, and that guided clips have no frames around them."""
        check_strength(self.strength)
        if self.guide is not None and (self.lead_in or self.lead_out):
            raise UsageError("a guide has no frames around the clip: smooth a loop without one")

    @property
    def reads_ahead(self) -> int:
        """How many frames :meth:`at_strengths` reads ahead, at most, before one is answered.

        Of clips without held frames it is an eighth of that.
        """
        pictures = self.reach + _IN_THE_MAKING + (ISOLATION if self.replaces_odd_frames else 0)
        return LONGEST_HOLD * (pictures + 1) + OVERLAY_RUN

    @property
    def lookahead(self) -> int:
        """How many frames are read ahead before one is answered: none at strength 0."""
        if not self.strength:
            return 0
        if self.workers == 1:
            return self.reads_ahead
        around = LONGEST_HOLD * (self.memory + self.reach + 2 * ISOLATION)
        return self.reads_ahead + around + (self.workers + 2) * (LONGEST_PART + LONGEST_HOLD)

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the smoothed frames (H, W, 3), as deep as the input's.

        Holds about twice the pictures that it looks at.

        Raises:
            MediaError: a guide of another size or number of frames.
        """
        if self.strength == 0:
            yield from (frame.copy() for frame in frames)
            return
        if self.workers > 1:
            from framesmooth.smoothing.workers import by_workers

            yield from by_workers(self, self.shown(frames))
            return
        yield from self.smooth_shown(self.shown(frames))

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
        shown = self.shown(frames)
        yield from self._answers(shown, strengths, lambda stream: self._in_lanes(stream, strengths))

    def smooth_shown(self, stream: Iterable[Shown], followed: range | None = None) -> Iterator[Frame]:
        """Yield the smoothed frames of those that belong to a clip, or to a part of it.

        Of a part, motion is followed along the frames alone whose indices are in ``followed``.
        """
        lane = (self.strength,)
        for (frame,) in self._answers(
            stream, lane, lambda steps: zip(self._smoothed(steps), strict=True), followed
        ):
            yield frame

    def shown(self, frames: Iterable[Frame]) -> Iterator[Shown]:
        """Yield the frames of a clip, and those around it, with what each is to the one before.

        Raises:
            MediaError: a guide of another size or number of frames.
        """
        for each, overlay in find_overlays(self._shown(frames), lambda each: each.frame):
            yield each if overlay is None else replace(each, overlay=overlay)

    def _shown(self, frames: Iterable[Frame]) -> Iterator[Shown]:
        around = chain(
            ((frame, False) for frame in self.lead_in),
            ((frame, True) for frame in frames),
            ((frame, False) for frame in self.lead_out),
        )
        seen = guided(around, self.guide, lambda item: item[0])
        found = find_repeats(seen, lambda item: item[0][0])
        for index, (((frame, belongs), guiding), repeat) in enumerate(found, start=-len(self.lead_in)):
            known = Repeat.NEW if index in self.breaks else repeat
            yield Shown(index, frame, guiding, known, belongs)

    def _answers(
        self,
        stream: Iterable[Shown],
        strengths: Sequence[float | Schedule],
        smoothed: Callable[[Iterable[Any]], Iterator[tuple[Frame, ...]]],
        followed: range | None = None,
    ) -> Iterator[tuple[Frame, ...]]:
        """Yield what ``smoothed`` makes of the pictures, for every frame of the clip alone."""
        waiting: deque[Shown] = deque()
        replaced: dict[int, Frame] = {}
        pictures, flow = self._pictures(stream, waiting, followed), self._estimator()
        if self.replaces_odd_frames:
            pictures = without_odd_frames(
                pictures,
                flow,
                spared=lambda index: not any(self._strength(strength, index) for strength in strengths),
                on_replaced=replaced.__setitem__,
            )
        if followed is not None:
            pictures = (picture for picture in pictures if picture.index in followed)
        steps = self._kept(steps_of(pictures, flow, self.breaks))
        shown: tuple[Frame, ...] = ()
        with closing(prefetch(steps, 1)) as known:  # motion is estimated while earlier frames are smoothed
            for answers in smoothed(known):
                first = waiting.popleft()
                if first.repeat is not Repeat.STILL or not shown:
                    shown = answers
                    original = replaced.pop(first.index, None)
                    if original is not None:
                        self._replaced(first)
                    for answer in answers:
                        keep_bars(answer, first.frame if original is None else original)
                        keep_overlay(answer, first.frame, first.overlay)
                        if self.spared is not None and original is None:
                            self.spared.keep(answer, first.frame)
                yield from self._repeated(first, shown, strengths)
                while waiting and waiting[0].repeat is Repeat.HELD:
                    yield from self._repeated(waiting.popleft(), shown, strengths)

    def _estimator(self) -> FlowEstimator:
        """Return the flow estimator that sees the frames."""
        return load_flow(self.flow)

    def _pictures(
        self, stream: Iterable[Shown], waiting: "deque[Shown]", followed: range | None
    ) -> Iterator[IndexedFrame]:
        """Yield the frames that aren't held; all of them, and those around the clip, wait for answers."""
        for shown in stream:
            if followed is None or shown.index in followed:
                waiting.append(shown)
            if shown.repeat is not Repeat.HELD:
                yield IndexedFrame(shown.index, shown.frame, shown.guiding)

    def _repeated(
        self, asked: Shown, shown: tuple[Frame, ...], strengths: Sequence[float | Schedule]
    ) -> Iterator[tuple[Frame, ...]]:
        """Yield the results for one of the frames that show an image; what isn't smoothed stays as it is."""
        if asked.belongs:
            yield tuple(
                answer.copy() if self._strength(strength, asked.index) else asked.frame.copy()
                for answer, strength in zip(shown, strengths, strict=True)
            )

    def _replaced(self, odd: Shown) -> None:
        if self.on_replaced is not None and odd.belongs:
            self.on_replaced(odd.index)

    def strength_at(self, index: int) -> float:
        """Return the strength for the frame ``index`` of the clip; before its begin that of the first."""
        return self._strength(self.strength, index)

    def _strength(self, strength: float | Schedule, index: int) -> float:
        if isinstance(strength, Schedule):
            return strength(max(index, 0))
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
        for step in stream:
            image = as_float(step.frame)
            if past is not None and arrival is not None:
                warped = np.asarray(backward_warp(past, arrival.backward), np.float32)
                trust = trust_in_past(image, warped) * arrival.consistent_backward
                strength = self.strength_at(step.index)
                image = self._blend(image, warped, np.asarray(trust, np.float32), strength)
            past, arrival = image, step.to_next
            yield as_deep_as(step.frame, image)

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
