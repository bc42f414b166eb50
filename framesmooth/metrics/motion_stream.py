"""The input of the metrics: frames with their reference and the motion from the frame before."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final, Literal, cast

import numpy as np

from framesmooth.errors import MediaError
from framesmooth.frames import Frame
from framesmooth.motion.bidirectional import BidirectionalFlow, estimate_bidirectional_flow
from framesmooth.motion.flow.base import FlowEstimator
from framesmooth.motion.scene_cuts import is_blank, is_cut
from framesmooth.motion.shots import LONGEST_INTERRUPTION, guided
from framesmooth.video.held_frames import Repeat, find_repeats

FlowOn = Literal["self", "reference", "guide"]

Pair = tuple[Frame, Frame | None]

_DARK: Final = 64
"""Levels of 255; as far from white, a surface counts as white."""


@dataclass(frozen=True)
class Followed:
    """A frame, its reference and the motion to it from the last frame that was not held.

    Attributes:
        frame: (H, W, 3) uint8.
        ideal: its reference, as large; None without one.
        motion: None for the first frame, and where no motion is estimated.
        own_motion: the same, seen in the frames themselves.
        cut: whether a new shot begins here.
        held: whether the frame repeats the one before; its motion is none then, all zeros.
        odd: what a frame shows that interrupts others, which are alike: "black", "white",
            "one colour" or "another picture"; "" for all other frames.
    """

    frame: Frame
    ideal: Frame | None
    motion: BidirectionalFlow | None = None
    own_motion: BidirectionalFlow | None = None
    cut: bool = False
    held: bool = False
    odd: str = ""


@dataclass
class _DistinctFrame:
    """A frame, what its motion is seen in, and the frames that repeat it."""

    pair: Pair
    seen: Frame
    repeats: list["_DistinctFrame"] = field(default_factory=list)


def followed(
    pairs: Iterable[Pair],
    guide: Iterable[Frame] | None,
    estimator: FlowEstimator | None,
    flow_on: FlowOn = "self",
    *,
    own: bool = False,
) -> Iterator[Followed]:
    """Yield every frame and its reference with the motion from the frame before, and whether it is a cut.

    Motion is seen in the guide, else in the frames or the reference, as ``flow_on`` says; without an
    ``estimator`` there is none. ``own`` motion is estimated as well where that is another one.

    Frames that repeat the one before are held, unless the picture they show is all of its shot. Up to
    ``LONGEST_INTERRUPTION`` pictures between two that show the same scene begin no shot: they are odd, and
    the motion across them is shared out.

    Raises:
        MediaError: a guide of another size or number of frames.
    """
    coming = _Ahead(_distinct_frames(pairs, guide, flow_on))
    before: _DistinctFrame | None = None
    shares: deque[tuple[BidirectionalFlow, str]] = deque()  # of the motion across odd pictures
    begins = True
    while (here := coming.take()) is not None:
        motion, odd, cut = None, "", False
        if estimator is not None and before is not None:
            if shares:
                motion, odd = shares.popleft()
            else:
                motion = estimate_bidirectional_flow(estimator, before.seen, here.seen)
                cut = is_cut(before.seen, here.seen, motion)
                if cut and (across := _interrupted(before, here, coming, estimator)):
                    shares.extend(across)
                    (motion, odd), cut = shares.popleft(), False
        own_motion = motion
        if own and motion is not None and flow_on != "self" and before is not None and estimator is not None:
            own_motion = estimate_bidirectional_flow(estimator, before.pair[0], here.pair[0])
        yield Followed(*here.pair, motion, own_motion, cut, odd=odd)
        begins = begins or cut
        if here.repeats:
            alone = begins and _ends_shot(here, coming.peek(), estimator)
            yield from _stretch(here, estimator) if alone else _held(here.repeats, estimator)
        before, begins = here, False


def _distinct_frames(
    pairs: Iterable[Pair], guide: Iterable[Frame] | None, flow_on: FlowOn
) -> Iterator[_DistinctFrame]:
    """Yield every picture once the next one is there, so that all of its repeats are known."""
    last: _DistinctFrame | None = None
    stream = find_repeats(guided(pairs, guide, lambda pair: pair[0]), lambda item: item[0][0])
    for (pair, guiding), repeat in stream:
        seen = pair[1] if flow_on == "reference" and pair[1] is not None else pair[0]
        picture = _DistinctFrame(pair, seen if guiding is None else guiding)
        if last is not None and repeat is Repeat.HELD:
            last.repeats.append(picture)
            continue
        if last is not None:
            yield last
        last = picture
    if last is not None:
        yield last


class _Ahead:
    """Pictures that can be looked at before they are taken."""

    def __init__(self, pictures: Iterator[_DistinctFrame]) -> None:
        self._distinct_frames = pictures
        self._waiting: deque[_DistinctFrame] = deque()

    def peek(self, index: int = 0) -> _DistinctFrame | None:
        while len(self._waiting) <= index:
            picture = next(self._distinct_frames, None)
            if picture is None:
                return None
            self._waiting.append(picture)
        return self._waiting[index]

    def take(self) -> _DistinctFrame | None:
        picture = self.peek()
        if picture is not None:
            self._waiting.popleft()
        return picture


def _interrupted(
    before: _DistinctFrame, here: _DistinctFrame, coming: _Ahead, estimator: FlowEstimator
) -> list[tuple[BidirectionalFlow, str]]:
    """Return the shares of the motion across ``here`` and what follows it; none if a shot ends before it."""
    if is_blank(before.seen) and not is_blank(here.seen):
        return []  # a scene begins out of black
    kinds = [_kind(here.seen)]
    for count in range(1, LONGEST_INTERRUPTION + 1):
        after = coming.peek(count - 1)
        if after is None:
            return []
        motion = estimate_bidirectional_flow(estimator, before.seen, after.seen)
        if not is_cut(before.seen, after.seen, motion):
            share = _divided(motion, count + 1)
            return [*((share, kind) for kind in kinds), (share, "")]
        kinds.append(_kind(after.seen))
    return []


def _kind(frame: Frame) -> str:
    if not is_blank(frame):
        return "another picture"
    darkest, brightest = frame.mean(axis=(0, 1)).min(), frame.mean(axis=(0, 1)).max()
    if brightest < _DARK:
        return "black"
    return "white" if darkest > 255 - _DARK else "one colour"


def _divided(motion: BidirectionalFlow, parts: int) -> BidirectionalFlow:
    share = np.float32(1 / parts)
    return BidirectionalFlow(share * motion.forward, share * motion.backward)


def _ends_shot(here: _DistinctFrame, after: _DistinctFrame | None, estimator: FlowEstimator | None) -> bool:
    if after is None or estimator is None:
        return after is None
    return is_cut(here.seen, after.seen, estimate_bidirectional_flow(estimator, here.seen, after.seen))


def _stretch(first: _DistinctFrame, estimator: FlowEstimator | None) -> Iterator[Followed]:
    """Yield the repeats of a picture that is all of its shot as what they are: frames of a shot."""
    before = first
    for picture in first.repeats:
        motion = (
            None if estimator is None else estimate_bidirectional_flow(estimator, before.seen, picture.seen)
        )
        yield Followed(*picture.pair, motion, motion)
        before = picture


def _held(pictures: Iterable[_DistinctFrame], estimator: FlowEstimator | None) -> Iterator[Followed]:
    for picture in pictures:
        nothing = np.zeros((*picture.seen.shape[:2], 2), np.float32)
        motion = None if estimator is None else BidirectionalFlow(nothing, nothing)
        yield Followed(*picture.pair, motion, motion, held=True)


_MISSING: Final = object()


def paired(frames: Iterable[Frame], reference: Iterable[Frame] | None) -> Iterator[Pair]:
    """Yield every frame with its reference, None without one.

    Raises:
        MediaError: a reference of another size or number of frames.
    """
    if reference is None:
        yield from ((frame, None) for frame in frames)
        return
    for index, (frame, ideal) in enumerate(zip_longest(frames, reference, fillvalue=_MISSING)):
        if frame is _MISSING or ideal is _MISSING:
            short = "clip" if frame is _MISSING else "reference"
            raise MediaError(f"the {short} ends first, after {index} frames: cut both to one length")
        frame, ideal = cast(tuple[Frame, Frame], (frame, ideal))
        if frame.shape != ideal.shape:
            (height, width), (other_height, other_width) = frame.shape[:2], ideal.shape[:2]
            raise MediaError(
                f"frame {index} is {width}x{height} and its reference {other_width}x{other_height}: "
                "scale one of them"
            )
        yield frame, ideal
