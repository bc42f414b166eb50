"""Frames and streams of frames.

A *frame* is a uint8 array of shape (H, W, 3), RGB, sRGB-encoded, C-contiguous. A list of frames, a 4-D
array and an open video are all ``Iterable[Frame]``, so every algorithm has one code path. Floating-point
frames are float32 in [0, 1] and live inside functions.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any, Final, Protocol, TypeVar, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from framesmooth.errors import MediaError, UsageError

Frame = NDArray[np.uint8]
"""uint8, (H, W, 3), RGB, C-contiguous."""

Item = TypeVar("Item")

FrameTransform = Callable[[Iterable[Frame]], Iterator[Frame]]

DEFAULT_FPS: Final = Fraction(12)


@runtime_checkable
class FrameSource(Protocol):
    """A clip: a file, a folder, a list and a generator of keyframes look alike.

    Attributes:
        fps: frames per second, an exact fraction.
        size: (height, width) in pixels, the same for every frame.
        num_frames: how many frames there are, or None where only reading them all would tell.
    """

    @property
    def fps(self) -> Fraction: ...  # noqa: D102

    @property
    def size(self) -> tuple[int, int]: ...  # noqa: D102

    @property
    def num_frames(self) -> int | None: ...  # noqa: D102

    def __iter__(self) -> Iterator[Frame]:
        """Start again at frame 0."""
        ...


def check_frame(frame: NDArray[Any]) -> Frame:
    """Return ``frame`` as a C-contiguous (H, W, 3) uint8 array.

    Raises:
        MediaError: when the shape or the dtype is another one.
    """
    if frame.ndim != 3 or frame.shape[2] != 3 or frame.size == 0:
        raise MediaError(f"a frame has shape (height, width, 3), not {frame.shape}: convert it to RGB first")
    if frame.dtype != np.uint8:
        raise MediaError(f"a frame is uint8 in 0-255, not {frame.dtype}: use as_uint8 on floats in [0, 1]")
    return np.ascontiguousarray(frame)


def as_float(frame: Frame) -> NDArray[np.float32]:
    """Return a uint8 frame as float32 in [0, 1]."""
    return frame.astype(np.float32) / np.float32(255)


def as_uint8(image: NDArray[np.floating[Any]]) -> Frame:
    """Return a float image in [0, 1] as uint8, rounded to nearest and clipped."""
    scaled = np.multiply(image, 255, dtype=np.float32)
    return np.ascontiguousarray(np.clip(np.rint(scaled), 0, 255).astype(np.uint8))


@dataclass(frozen=True)
class FrameList:
    """A FrameSource over frames in memory: a list of (H, W, 3) arrays or one (T, H, W, 3) array.

    Raises:
        MediaError: when there is no frame, or when the sizes differ.
    """

    frames: Sequence[Frame] | NDArray[np.uint8]
    fps: Fraction = DEFAULT_FPS

    def __post_init__(self) -> None:
        """Check every frame and that all sizes agree."""
        if len(self.frames) == 0:
            raise MediaError("a clip needs at least one frame, and this one has none")
        for index, frame in enumerate(self.frames):
            check_frame(frame)
            if frame.shape != self.frames[0].shape:
                raise MediaError(
                    f"frame {index} has shape {frame.shape} and frame 0 {self.frames[0].shape}: "
                    "all frames of a clip have one size"
                )

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        height, width = self.frames[0].shape[:2]
        return int(height), int(width)

    @property
    def num_frames(self) -> int:
        """How many frames there are."""
        return len(self.frames)

    def __iter__(self) -> Iterator[Frame]:
        """Iterate from frame 0."""
        return iter(cast(Iterable[Frame], self.frames))


@dataclass(frozen=True)
class FrameSlice:
    """Frames ``start`` to ``stop`` (excluded) of another source."""

    source: FrameSource
    start: int
    stop: int | None

    @property
    def fps(self) -> Fraction:
        """Frames per second of the source."""
        return self.source.fps

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.source.size

    @property
    def num_frames(self) -> int | None:
        """How many frames the slice holds, None where the source doesn't know its own number."""
        if self.source.num_frames is None:
            return None
        stop = self.source.num_frames if self.stop is None else min(self.stop, self.source.num_frames)
        return max(0, stop - self.start)

    def __iter__(self) -> Iterator[Frame]:
        """Iterate from frame ``start`` of the source."""
        return islice(iter(self.source), self.start, self.stop)


def frame_slice(source: FrameSource, start: int = 0, stop: int | None = None) -> FrameSource:
    """Return the frames ``start`` to ``stop`` (excluded) of ``source``.

    Raises:
        UsageError: when the range is negative or holds no frame.
    """
    if start < 0 or (stop is not None and stop <= start):
        end = "" if stop is None else stop
        raise UsageError(f"frame range {start}:{end} holds no frame: give START:STOP with 0 <= START < STOP")
    if source.num_frames is not None and start >= source.num_frames:
        raise UsageError(
            f"frame range starts at {start} but the clip has {source.num_frames} frames: start before its end"
        )
    return FrameSlice(source, start, stop)


def alongside(
    frames: Iterable[Frame], transform: Callable[[Iterable[Frame]], Iterator[Item]], lookahead: int
) -> Iterator[tuple[Frame, Item]]:
    """Yield (original, answer) pairs of a streaming transform.

    ``transform`` answers frame t after it has read frame t + ``lookahead`` at the latest, so the originals
    that wait for their answer never number more than ``lookahead`` + 1.

    Raises:
        MediaError: when the transform gives fewer or more frames than it was given, or reads further ahead.
    """
    waiting: deque[Frame] = deque()
    stream = iter(frames)

    def watched() -> Iterator[Frame]:
        for frame in stream:
            waiting.append(frame)
            if len(waiting) > lookahead + 1:
                raise MediaError(f"the transform reads more than its {lookahead} frames of lookahead")
            yield frame

    for answer in transform(watched()):
        if not waiting:
            raise MediaError("the transform gives more frames than it was given")
        yield waiting.popleft(), answer
    if waiting or next(stream, None) is not None:
        raise MediaError("the transform gives fewer frames than it was given")


def fan_out(items: Iterable[Item], count: int) -> list[Iterator[Item]]:
    """Return ``count`` iterators over the same items, which are read once.

    An item is held until the last of them has had it, and no longer, unlike in itertools.tee: iterators that
    go in step hold next to nothing.
    """
    stream = iter(items)
    waiting: list[deque[Item]] = [deque() for _ in range(count)]

    def lane(own: deque[Item]) -> Iterator[Item]:
        while True:
            if not own:
                try:
                    item = next(stream)
                except StopIteration:
                    return
                for each in waiting:
                    each.append(item)
            yield own.popleft()

    return [lane(own) for own in waiting]


_END: Final = object()


@dataclass(frozen=True)
class _Failure:
    error: BaseException


_thread: Final = threading.local()  # .stopped is the event that ends the prefetch whose thread this is


class _Stopped(BaseException):
    """Nobody waits for this thread's items any more."""


def prefetch(items: Iterable[Item], depth: int = 2) -> Generator[Item]:
    """Yield the same items, made up to ``depth`` ahead by a thread.

    An exception of ``items`` comes out where its item would have; closing the generator early stops the
    thread and closes ``items``. Prefetched streams may be made of prefetched streams.
    """
    buffer: queue.Queue[object] = queue.Queue(maxsize=max(1, depth))
    stopped = threading.Event()

    def put(item: object) -> bool:
        while not stopped.is_set():
            try:
                buffer.put(item, timeout=0.05)
            except queue.Full:
                continue
            return True
        return False

    def read() -> None:
        _thread.stopped = stopped
        stream: Iterator[Item] | None = None
        try:
            stream = iter(items)
            for item in stream:
                if not put(item):
                    break
            else:
                put(_END)
        except BaseException as error:
            put(_Failure(error))
        finally:
            close = getattr(stream, "close", None)
            if close is not None:
                close()

    reader = threading.Thread(target=read, name="framesmooth-prefetch", daemon=True)
    reader.start()
    try:
        while (item := _next(buffer)) is not _END:
            if isinstance(item, _Failure):
                raise item.error
            yield cast(Item, item)
    finally:
        stopped.set()
        reader.join()


def _next(buffer: "queue.Queue[object]") -> object:
    """Return the next item; a reader thread that waits for another one gives up when it is stopped itself."""
    stopped = getattr(_thread, "stopped", None)
    if stopped is None:
        return buffer.get()
    while not stopped.is_set():
        with suppress(queue.Empty):
            return buffer.get(timeout=0.05)
    raise _Stopped
