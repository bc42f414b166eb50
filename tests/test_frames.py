"""Streams of frames: pairs, reading ahead."""

import gc
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesmooth.errors import MediaError, UsageError
from framesmooth.frames import (
    Frame,
    FrameList,
    FrameSource,
    as_float,
    as_uint8,
    check_frame,
    frame_slice,
)
from framesmooth.streams import alongside, prefetch


def frame(value: int) -> Frame:
    return np.full((2, 3, 3), value, np.uint8)


def clip(count: int) -> list[Frame]:
    return [frame(index) for index in range(count)]


def value(of: Frame) -> int:
    return int(of[0, 0, 0])


def delayed(lookahead: int) -> Callable[[Iterable[Frame]], Iterator[Frame]]:
    def transform(frames: Iterable[Frame]) -> Iterator[Frame]:
        stream = iter(frames)
        held = list(islice(stream, lookahead))
        for upcoming in stream:
            held.append(upcoming)
            yield held.pop(0) + 100
        yield from (each + 100 for each in held)

    return transform


@given(st.integers(0, 10), st.integers(0, 4))
def test_alongside_pairs_each_frame_with_its_answer(count: int, lookahead: int) -> None:
    pairs = alongside(clip(count), delayed(lookahead), lookahead)
    assert [(value(old), value(new)) for old, new in pairs] == [(i, i + 100) for i in range(count)]


def test_alongside_keeps_few_frames_alive() -> None:
    alive: list[weakref.ref[Frame]] = []

    def source() -> Iterator[Frame]:
        for index in range(100):
            made = frame(index)
            alive.append(weakref.ref(made))
            yield made
            del made

    most = 0
    for _ in alongside(source(), delayed(3), 3):
        gc.collect()
        most = max(most, sum(reference() is not None for reference in alive))
    assert most <= 2 * 3 + 1


def test_alongside_tells_of_a_transform_that_breaks_its_contract() -> None:
    def shorter(frames: Iterable[Frame]) -> Iterator[Frame]:
        yield from islice(frames, 2)

    def greedy(frames: Iterable[Frame]) -> Iterator[Frame]:
        yield from list(frames)

    def longer(frames: Iterable[Frame]) -> Iterator[Frame]:
        for each in frames:
            yield each
            yield each

    for transform, message in ((greedy, "reads more than"), (longer, "gives more frames")):
        with pytest.raises(MediaError, match=message):
            list(alongside(clip(5), transform, 1))
    with pytest.raises(MediaError, match="gives fewer frames"):
        list(alongside(clip(3), shorter, 1))


@given(st.integers(0, 20), st.integers(1, 5))
def test_prefetch_changes_nothing(count: int, depth: int) -> None:
    assert [value(each) for each in prefetch(iter(clip(count)), depth)] == list(range(count))


def test_prefetch_passes_on_errors_in_their_place() -> None:
    def broken() -> Iterator[Frame]:
        yield frame(0)
        raise MediaError("broken")

    stream = prefetch(broken())
    assert value(next(stream)) == 0
    with pytest.raises(MediaError, match="broken"):
        next(stream)


def test_a_prefetch_of_a_prefetch_stops_when_closed_while_it_waits() -> None:
    """As a smoother does: the stream in the middle reads on and on before it answers again."""
    reading = threading.Event()

    def endless() -> Iterator[Frame]:
        while True:
            yield clip(1)[0]

    def answers_once(frames: Iterable[Frame]) -> Iterator[Frame]:
        for index, frame in enumerate(frames):
            if index == 0:
                yield frame
            reading.set()

    innermost = prefetch(endless(), 1)
    middle = prefetch(answers_once(innermost), 1)
    outer = prefetch((frame for frame in middle), 1)
    next(outer)
    assert reading.wait(10)
    closing = threading.Thread(target=outer.close, daemon=True)
    closing.start()
    closing.join(10)
    assert not closing.is_alive()
    innermost.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "framesmooth-prefetch"]


def test_prefetch_of_what_cannot_be_iterated_raises() -> None:
    with pytest.raises(TypeError, match="not iterable"):
        list(prefetch(3))  # type: ignore[arg-type]


def test_prefetch_stops_its_thread_when_closed_early() -> None:
    closed = threading.Event()

    def endless() -> Iterator[Frame]:
        try:
            while True:
                yield frame(1)
        finally:
            closed.set()

    stream = prefetch(endless(), 2)
    next(stream)
    stream.close()
    assert closed.wait(5)
    assert not [thread for thread in threading.enumerate() if thread.name == "framesmooth-prefetch"]


def test_frame_list_is_a_source() -> None:
    source = FrameList(clip(4), Fraction(24))
    assert isinstance(source, FrameSource)
    assert (source.size, source.num_frames, source.fps) == ((2, 3), 4, Fraction(24))
    array = FrameList(np.stack(clip(4)))
    assert [value(each) for each in array] == [value(each) for each in source] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "frames", [[], [np.zeros((2, 2, 3), np.float64)], [np.zeros((2, 2), np.uint8)], [frame(0), frame(0)[:1]]]
)
def test_frame_list_checks_its_frames(frames: list[Frame]) -> None:
    with pytest.raises(MediaError):
        FrameList(frames)


@given(st.integers(1, 10), st.integers(0, 9), st.integers(1, 12))
def test_slices(count: int, start: int, length: int) -> None:
    source = FrameList(clip(count))
    if start >= count:
        with pytest.raises(UsageError, match="frame range"):
            frame_slice(source, start, start + length)
        return
    part = frame_slice(source, start, start + length)
    expected = list(range(count))[start : start + length]
    assert [value(each) for each in part] == expected
    assert part.num_frames == len(expected)


@pytest.mark.parametrize(("start", "stop"), [(-1, None), (3, 3), (5, 2)])
def test_slices_without_frames(start: int, stop: int | None) -> None:
    with pytest.raises(UsageError, match="holds no frame"):
        frame_slice(FrameList(clip(9)), start, stop)


def test_float_and_back_is_the_identity() -> None:
    ramp = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    assert np.array_equal(as_uint8(as_float(ramp)), ramp)
    assert as_uint8(np.array([[[-1.0, 0.5, 2.0]]])).tolist() == [[[0, 128, 255]]]


def test_check_frame_makes_frames_contiguous() -> None:
    turned = np.zeros((4, 6, 3), np.uint8)[:, ::-1]
    assert check_frame(turned).flags.c_contiguous
