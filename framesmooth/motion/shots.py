"""Shots: streams of frames divided at scene cuts, with the motion inside each shot."""

from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from framesmooth.errors import MediaError
from framesmooth.frames import Frame
from framesmooth.motion.bidirectional import BidirectionalFlow, estimate_bidirectional_flow
from framesmooth.motion.flow.base import FlowEstimator
from framesmooth.motion.scene_cuts import is_cut

LONGEST_INTERRUPTION: Final = 3
"""Pictures between two of one scene that are a flash, a strobe or a fault, and no shot."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class Step:
    """One frame of a shot and the motion to the next frame; None at the end of the shot.

    ``index`` counts the frames of the clip, those that are not in the stream included.
    """

    frame: Frame
    to_next: BidirectionalFlow | None
    index: int = field(default=0, kw_only=True)


def steps(
    frames: Iterable[Frame],
    flow: FlowEstimator,
    guide: Iterable[Frame] | None = None,
    breaks: Container[int] = (),
) -> Iterator[Step]:
    """Yield every frame with the motion to its successor, None where a cut or the end follows (holds 2).

    Motion and cuts are those of ``guide``, another version of the clip, where there is one; the frames
    ``breaks`` are known to start a shot.

    Raises:
        MediaError: a guide of another size or number of frames.
    """
    pairs = guided(frames, guide, lambda frame: frame)
    pictures = (IndexedFrame(index, *pair) for index, pair in enumerate(pairs))
    yield from steps_of(pictures, flow, breaks)


@dataclass(frozen=True)
class IndexedFrame:
    """A frame of a clip, its index there, and the guide's frame, None without a guide."""

    index: int
    frame: Frame
    guiding: Frame | None = None

    @property
    def seen(self) -> Frame:
        """What motion and cuts are seen in."""
        return self.frame if self.guiding is None else self.guiding


def steps_of(
    pictures: Iterable[IndexedFrame], flow: FlowEstimator, breaks: Container[int] = ()
) -> Iterator[Step]:
    """Yield every distinct image with the motion to the next one of the stream, as :func:`steps` does."""
    last: IndexedFrame | None = None
    for picture in pictures:
        if last is not None:
            starts = picture.index in breaks
            motion = None if starts else _motion_in_shot(flow, last.seen, picture.seen)
            yield Step(last.frame, motion, index=last.index)
        last = picture
    if last is not None:
        yield Step(last.frame, None, index=last.index)


def _motion_in_shot(flow: FlowEstimator, image0: Frame, image1: Frame) -> BidirectionalFlow | None:
    motion = estimate_bidirectional_flow(flow, image0, image1)
    return None if is_cut(image0, image1, motion) else motion


def guided(
    items: Iterable[Item], guide: Iterable[Frame] | None, frame_of: Callable[[Item], Frame]
) -> Iterator[tuple[Item, Frame | None]]:
    """Yield every item, of which ``frame_of`` gives the frame, with the guide's frame, None without a guide.

    Raises:
        MediaError: a guide of another size or number of frames.
    """
    seen = None if guide is None else iter(guide)
    for index, item in enumerate(items):
        if seen is None:
            yield item, None
            continue
        frame, guiding = frame_of(item), next(seen, None)
        if guiding is None:
            raise MediaError(f"the guide ends before the clip, after {index} frames: cut both to one length")
        if guiding.shape != frame.shape:
            (height, width), (other_height, other_width) = frame.shape[:2], guiding.shape[:2]
            raise MediaError(
                f"the guide is {other_width}x{other_height} and the clip {width}x{height}: scale one of them"
            )
        yield item, guiding
    if seen is not None and next(seen, None) is not None:
        raise MediaError("the guide is longer than the clip: cut both to one length")


class Linked(Protocol):
    """A frame of a shot, in any form, that knows whether another frame of the shot follows."""

    @property
    def to_next(self) -> object | None: ...  # noqa: D102


AnyStep = TypeVar("AnyStep", bound=Linked)


def shot_windows(stream: Iterable[AnyStep], radius: int) -> Iterator[tuple[list[AnyStep], int]]:
    """Yield, for every step in order, the steps of its shot within ``radius`` and its own index there.

    Holds 2 radius + 1 steps.
    """
    window: deque[AnyStep] = deque()
    centre = 0  # index in the window of the next step to answer
    for step in stream:
        window.append(step)
        ends = step.to_next is None
        while len(window) - 1 - centre >= radius or (ends and centre < len(window)):
            first = max(centre - radius, 0)
            yield list(window)[first : centre + radius + 1], centre - first
            if centre == radius:
                window.popleft()
            else:
                centre += 1
        if ends:
            window.clear()
            centre = 0
