"""Several processes smooth a clip to the bytes of one."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from framesmooth.errors import MediaError
from framesmooth.frames import Frame, FrameList
from framesmooth.smoothing.base import create_smoother
from framesmooth.smoothing.loop import looped
from framesmooth.smoothing.motion_compensated import MotionSmoother
from framesmooth.smoothing.parts import Part, Shown, part_length, parts_of
from framesmooth.smoothing.workers import by_workers, smooth_part
from framesmooth.timeline.schedule import Schedule
from framesmooth.video.held_frames import Repeat
from tests.scenes import moving_scene


def hard_clip(count: int = 70, seed: int = 0) -> list[Frame]:
    """Flicker, a cut, held and still pictures, and odd frames."""
    rng = np.random.default_rng(seed)
    scenes = [moving_scene(frames=count, size=(32, 48), seed=seed + k, occluder=True).frames for k in (0, 5)]
    cut = count * 3 // 5
    clip = [*scenes[0][:cut], *scenes[1][cut:]]
    gains = 1 + 0.12 * rng.standard_normal(count)
    frames = [np.clip(frame * gain, 0, 255).astype(np.uint8) for frame, gain in zip(clip, gains, strict=True)]
    frames[8] = np.zeros_like(frames[8])
    frames[45] = np.full_like(frames[45], 250)
    for index in (15, 16, 22, 31, 32):
        frames[index] = frames[index - 1]
    for index in range(count - 22, count - 8):  # longer than a hold
        frames[index] = frames[count - 23]
    return frames


def smoother_of(name: str = "trajectory", **settings: Any) -> MotionSmoother:
    made = create_smoother(name, settings.pop("strength", 0.7), flow="dis-fast", **settings)
    assert isinstance(made, MotionSmoother)
    return made


def in_parts(smoother: MotionSmoother, frames: Sequence[Frame], length: int) -> Iterator[Frame]:
    """Smooth as workers do, in this process."""
    guide = None if smoother.guide is None else ()
    lone = replace(smoother, on_replaced=None, lead_in=(), lead_out=(), guide=guide)
    around = {"memory": smoother.memory + 1, "reach": smoother.reach + 1, "beside": 7}
    parts = parts_of(smoother.shown(frames), length=lambda frame: length, **around)
    for part in parts:
        answer = smooth_part(lone, part)
        for shown, frame in zip(_wanted(part), answer.frames, strict=True):
            if shown.belongs:
                yield frame


def _wanted(part: Part) -> list[Shown]:
    return [shown for shown in part.shown if shown.index in part.wanted]


def assert_equal(found: Sequence[Frame], expected: Sequence[Frame]) -> None:
    pairs = enumerate(zip(found, expected, strict=True))
    differing = [index for index, (one, other) in pairs if (one != other).any()]
    assert differing == []


@pytest.fixture(scope="module")
def clip() -> list[Frame]:
    return hard_clip()


@pytest.fixture(scope="module")
def expected(clip: list[Frame]) -> list[Frame]:
    return list(smoother_of()(clip))


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 4])
def test_workers_give_the_bytes_of_one_process(
    workers: int, clip: list[Frame], expected: list[Frame]
) -> None:
    replaced = list[int]()
    smoother = replace(smoother_of(), workers=workers, on_replaced=replaced.append)
    found = list(by_workers(smoother, smoother.shown(clip), length=16))
    assert_equal(found, expected)
    assert replaced == [8, 45]


@pytest.mark.parametrize("length", [16, 41])
def test_the_length_of_parts_changes_nothing(length: int, clip: list[Frame], expected: list[Frame]) -> None:
    assert_equal(list(in_parts(smoother_of(), clip, length)), expected)


@pytest.mark.parametrize(
    "smoother",
    [
        smoother_of(keyframes=frozenset({0, 12, 24}), breaks=frozenset({19})),
        smoother_of(strength=Schedule.parse("0:(0), 9:(0.9), 20 hold:(0.3), 26:(0)", 34, Fraction(12))),
        smoother_of("deflicker"),
        smoother_of(guide=moving_scene(frames=34, size=(32, 48), seed=9).frames),
    ],
    ids=["hints", "schedule", "deflicker", "guide"],
)
def test_parts_know_their_place_in_the_clip(smoother: MotionSmoother) -> None:
    frames = [*hard_clip(60)[18:40], *hard_clip(60)[40:52]]
    assert_equal(list(in_parts(smoother, frames, 7)), list(smoother(frames)))


def test_parts_of_a_loop_go_on_at_its_ends() -> None:
    frames = hard_clip(60)[:24]
    smoother = looped(smoother_of(), FrameList(frames))
    assert isinstance(smoother, MotionSmoother)
    assert_equal(list(in_parts(smoother, frames, 10)), list(smoother(frames)))


def test_parts_cover_the_stream_and_begin_with_a_picture() -> None:
    rng = np.random.default_rng(3)
    picture = np.zeros((2, 2, 3), np.uint8)
    kinds = [Repeat.NEW, *(list(Repeat)[index] for index in rng.integers(0, 3, 99))]
    stream = [Shown(index, picture, None, kind, True) for index, kind in enumerate(kinds)]
    parts = list(parts_of(stream, memory=3, reach=4, beside=2, length=lambda frame: 10))
    assert [index for part in parts for index in part.wanted] == list(range(100))
    for part in parts:
        assert kinds[part.wanted.start] is not Repeat.HELD
        before, after = (
            sum(kind is not Repeat.HELD for kind in found)
            for found in (
                kinds[part.followed.start : part.wanted.start],
                kinds[part.wanted.stop : part.followed.stop],
            )
        )
        assert before == 3 or part.followed.start == 0
        assert after == 4 or part.followed.stop == 100
        assert set(part.followed) <= {shown.index for shown in part.shown}


@pytest.mark.parametrize(
    ("size", "workers", "num_frames", "length"),
    [
        ((48, 64), 2, 120, 60),
        ((48, 64), 4, 1000, 125),
        ((48, 64), 4, 10, 32),
        ((48, 64), 4, None, 64),
        ((2160, 3840), 2, None, 32),
        ((1080, 1920), 4, 480, 40),
    ],
)
def test_frames_are_shared_out_evenly(
    size: tuple[int, int], workers: int, num_frames: int | None, length: int
) -> None:
    assert part_length(np.empty((*size, 3), np.uint8), workers, num_frames) == length


class Deadly(np.ndarray[Any, Any]):
    """A frame whose reader ends."""

    def __reduce__(self) -> Any:
        return os._exit, (9,)


def test_a_worker_that_ends_is_named() -> None:
    smoother = replace(smoother_of(), workers=2)
    frames = hard_clip(60)[:8]
    stream = list(smoother.shown(frames))
    unreadable = [replace(stream[0], frame=frames[0].view(Deadly)), *stream[1:]]
    with pytest.raises(MediaError, match=r"smoothed frames 0-7 ended"):
        list(by_workers(smoother, unreadable))
