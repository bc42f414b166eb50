"""Streams of frames read together, by several readers, or ahead in a thread."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, cast

from framesmooth.errors import MediaError
from framesmooth.frames import Frame, FrameSource, Item


def notices_of(source: FrameSource) -> tuple[str, ...]:
    """Return one line for each thing that reading a source changes or loses; none for frames in memory."""
    found: tuple[str, ...] = getattr(source, "notices", ())
    return found


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
