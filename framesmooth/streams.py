"""Streams of frames read together, by several readers, or ahead in a thread."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, cast

from framesmooth.errors import MediaError
from framesmooth.frames import Frame, Item


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


def is_abandoned() -> bool:
    """Tell whether this thread makes items ahead that nobody waits for any more."""
    stopped = getattr(_thread, "stopped", None)
    return stopped is not None and stopped.is_set()


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


def broadcast(items: Iterable[Item], *readers: Callable[[Iterator[Item]], Any], depth: int = 2) -> list[Any]:
    """Hand the same items, which are read once, to several readers at the same time; return their results.

    Every reader but the last has a thread of its own, and may be ``depth`` items behind the fastest one. The
    first error of the items or of a reader stops all of them, and is raised.
    """
    stop = threading.Event()
    lanes = [_Lane(depth, stop) for _ in readers]
    results: list[Any] = [None] * len(readers)
    errors: list[BaseException] = []

    def work(index: int) -> None:
        try:
            results[index] = readers[index](iter(lanes[index]))
        except _Stopped:
            pass
        except BaseException as error:
            errors.append(error)
            stop.set()
        finally:
            lanes[index].open = False

    def distribute() -> None:
        _thread.stopped = stop
        stream: Iterator[Item] | None = None
        last: object = _END
        try:
            stream = iter(items)
            for item in stream:
                for lane in lanes:
                    lane.put(item)
                if stop.is_set() or not any(lane.open for lane in lanes):
                    break
        except BaseException as error:
            last = _Failure(error)
        finally:
            close = getattr(stream, "close", None)
            if close is not None:
                close()
            with suppress(_Stopped):
                for lane in lanes:
                    lane.put(last)

    threads = [threading.Thread(target=distribute, name="framesmooth-broadcast", daemon=True)]
    threads += [
        threading.Thread(target=work, args=(index,), daemon=True) for index in range(len(readers) - 1)
    ]
    for thread in threads:
        thread.start()
    work(len(readers) - 1)
    try:
        for thread in threads:
            thread.join()
    except BaseException:  # Ctrl-C, with the last reader done already
        stop.set()
        raise
    if errors:
        raise errors[0]
    return results


class _Lane:
    """The items on their way to one reader of :func:`broadcast`; none are kept for one that has ended."""

    def __init__(self, depth: int, stop: threading.Event) -> None:
        self.open = True
        self._stop, self._buffer = stop, queue.Queue[object](maxsize=max(1, depth))

    def put(self, item: object) -> None:
        """Wait until there is room for an item."""
        while self.open:
            if self._stop.is_set():
                raise _Stopped
            with suppress(queue.Full):
                return self._buffer.put(item, timeout=0.05)

    def __iter__(self) -> Iterator[Any]:
        """Yield the items; an error of theirs comes out where the next one would have."""
        while (item := self._next()) is not _END:
            if isinstance(item, _Failure):
                raise item.error
            yield item

    def _next(self) -> object:
        own = getattr(_thread, "stopped", None)  # that of a prefetch, where one reads the lane
        while not self._stop.is_set() and not (own is not None and own.is_set()):
            with suppress(queue.Empty):
                return self._buffer.get(timeout=0.05)
        raise _Stopped


def _next(buffer: "queue.Queue[object]") -> object:
    """Return the next item; a reader thread that waits for another one gives up when it is stopped itself."""
    stopped = getattr(_thread, "stopped", None)
    if stopped is None:
        return buffer.get()
    while not stopped.is_set():
        with suppress(queue.Empty):
            return buffer.get(timeout=0.05)
    raise _Stopped
