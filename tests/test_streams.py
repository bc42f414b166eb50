"""Items that are read once and shared by several readers."""

import threading
from collections.abc import Callable, Iterator
from itertools import islice

import pytest

from framesmooth.streams import broadcast, prefetch


class Source:
    """Counts what is read of it."""

    def __init__(self, count: int) -> None:
        self.count, self.read, self.passes, self.closed = count, 0, 0, False

    def __iter__(self) -> Iterator[int]:
        self.passes += 1
        try:
            for item in range(self.count):
                self.read += 1
                yield item
        finally:
            self.closed = True


def test_all_readers_see_all_items_of_one_pass() -> None:
    source = Source(50)
    assert broadcast(source, sum, list, lambda items: max(prefetch(items))) == [1225, list(range(50)), 49]
    assert (source.passes, source.read, source.closed) == (1, 50, True)


@pytest.mark.parametrize("depth", [1, 4])
def test_what_waits_is_bounded(depth: int) -> None:
    source, furthest = Source(60), 0
    slow_goes_on = threading.Event()

    def fast(items: Iterator[int]) -> int:
        nonlocal furthest
        for item in items:
            furthest = item
            if item >= depth:
                slow_goes_on.set()
        return furthest

    def slow(items: Iterator[int]) -> int:
        slow_goes_on.wait(5)
        ahead = [source.read - item for item in items]
        return max(ahead)

    _, most = broadcast(source, fast, slow, depth=depth)
    assert most <= depth + 3  # on its way: one being put, one being read
    assert furthest == 59


def test_a_reader_that_needs_no_more_holds_nobody_up() -> None:
    assert broadcast(Source(40), lambda items: list(islice(items, 2)), sum) == [[0, 1], 780]
    assert broadcast(Source(40), sum, lambda items: list(islice(items, 2))) == [780, [0, 1]]


class Stop(BaseException):
    pass


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("error", [ValueError, Stop])
def test_an_error_of_a_reader_stops_all_and_comes_out(place: int, error: type[BaseException]) -> None:
    source = Source(10**9)

    def fails(items: Iterator[int]) -> int:
        for item in prefetch(items):
            if item == 5:
                raise error("at 5")
        return 0

    readers: list[Callable[[Iterator[int]], int]] = [sum, sum]
    readers[place] = fails
    with pytest.raises(error, match="at 5"):
        broadcast(source, *readers)
    assert source.closed


def test_an_error_of_the_items_comes_out_once() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        broadcast(items(), sum, list)


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError):
        broadcast(Source(10**9), sum, lambda items: 1 // next(items))
    assert threading.active_count() == before
