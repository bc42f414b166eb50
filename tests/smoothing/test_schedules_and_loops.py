"""Strength that changes over time, loops, keyframes and known breaks, for every smoother."""

from collections.abc import Collection
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from framesmooth.cli.main import cli
from framesmooth.errors import UsageError
from framesmooth.frames import FrameList
from framesmooth.registry import SMOOTHERS
from framesmooth.smoothing.base import create_smoother, scheduled
from framesmooth.smoothing.keyframe_hints import with_keyframe_hints
from framesmooth.smoothing.loop import looped
from framesmooth.timeline.schedule import Schedule
from framesmooth.video import open_source, write_png
from tests.scenes import Frame, add_flicker, texture

FRAMES = 20


@pytest.fixture(scope="module")
def loop() -> list[Frame]:
    """A flickering picture that goes round once: frame 20 would be frame 0."""
    picture = np.asarray(texture(48, 80, seed=3) * 255, np.uint8)
    wide = np.concatenate([picture] * 2, axis=1)
    clean = [np.ascontiguousarray(wide[:, 4 * t : 4 * t + 64]) for t in range(FRAMES)]
    return add_flicker(clean, "GLT", seed=2)


@pytest.fixture(scope="module")
def still() -> Frame:
    """A picture of noise, 110 on average."""
    noise = np.random.default_rng(1).normal(110, 12, (48, 64, 3))
    return np.asarray(np.clip(noise, 0, 255), np.uint8)


@pytest.mark.parametrize("name", list(SMOOTHERS))
def test_a_constant_schedule_is_the_number(name: str, loop: list[Frame]) -> None:
    schedule = Schedule.parse("0:(0.6), 19:(0.6)", FRAMES)
    for by_number, by_schedule in zip(
        create_smoother(name, 0.6)(loop), create_smoother(name, schedule)(loop), strict=True
    ):
        np.testing.assert_array_equal(by_number, by_schedule)


def dusty(frames: list[Frame]) -> list[Frame]:
    """A speck in every frame."""
    specked = [frame.copy() for frame in frames]
    for index, frame in enumerate(specked):
        frame[10 + index : 13 + index, (23 * index) % 50 : (23 * index) % 50 + 3] = 255 * (index % 2)
    return specked


def renewed(frame: Frame) -> list[Frame]:
    """Key frames renew the grain, every seventh one; ``pumping`` changes nothing where light flickers."""
    rng = np.random.default_rng(4)
    looks = [frame + rng.normal(0, 3, frame.shape) for _ in range(3)]
    return [
        np.asarray((looks[t // 7] + rng.normal(0, 1, frame.shape)).clip(0, 255).round(), np.uint8)
        for t in range(FRAMES)
    ]


@pytest.mark.parametrize("name", list(SMOOTHERS))
def test_frames_with_strength_zero_stay_and_others_change(name: str, loop: list[Frame], still: Frame) -> None:
    schedule = Schedule.parse("0 hold:(0), 10:(0.8)", FRAMES)
    frames = renewed(still) if name == "pumping" else dusty(loop)
    smoothed = list(create_smoother(name, schedule)(frames))
    changed = [not np.array_equal(before, after) for before, after in zip(frames, smoothed, strict=True)]
    assert changed == [False] * 10 + [True] * 10, changed


def test_a_schedule_is_checked_at_every_frame() -> None:
    with pytest.raises(UsageError, match=r"1\.05 at frame 10 is outside 0 to 1"):
        create_smoother("trajectory", Schedule.parse("0:(0.5), 19:(1.545)", FRAMES))
    assert repr(create_smoother("ema", scheduled("0:(0.5)", FrameList([np.zeros((8, 8, 3), np.uint8)])))) == (
        "EmaSmoother(strength=Schedule(text='0:(0.5)'), flow='dis-robust')"
    )


@pytest.mark.parametrize("name", ["trajectory", "deflicker"])
@pytest.mark.parametrize("count", [FRAMES, 5])
def test_a_loop_is_smoothed_the_same_wherever_it_starts(name: str, count: int, loop: list[Frame]) -> None:
    smoother = create_smoother(name, 0.6)
    frames, turned = loop[:count], [*loop[3:count], *loop[:3]]
    here, there = (list(looped(smoother, FrameList(clip))(clip)) for clip in (frames, turned))
    assert len(here) == count
    for one, other in zip([*here[3:], *here[:3]], there, strict=True):
        np.testing.assert_allclose(one.astype(int), other.astype(int), atol=1)


@pytest.mark.parametrize("name", ["ema", "poisson"])
def test_a_recursive_smoother_arrives_at_the_first_frame_from_the_last(name: str, loop: list[Frame]) -> None:
    smoother = create_smoother(name, 0.9)
    open_ended = next(iter(smoother(loop)))
    closed = next(iter(looped(smoother, FrameList(loop))(loop)))
    twice = list(smoother([*loop, *loop, *loop]))
    np.testing.assert_array_equal(open_ended, loop[0])
    np.testing.assert_allclose(closed.astype(int), twice[2 * FRAMES].astype(int), atol=3)
    assert np.abs(closed.astype(int) - open_ended).mean() > 1


def test_a_guided_loop_is_refused(loop: list[Frame]) -> None:
    with pytest.raises(UsageError, match="smooth a loop without one"):
        looped(create_smoother("trajectory", 0.6, guide=loop), FrameList(loop))


def test_the_command_line_takes_schedules_and_loops(tmp_path, loop: list[Frame]) -> None:  # type: ignore[no-untyped-def]
    for index, frame in enumerate(loop):
        write_png(tmp_path / "in" / f"frame_{index:06d}.png", frame)
    command = ["smooth", str(tmp_path / "in"), "--no-measure", "--progress", "none", "-o"]
    done = CliRunner().invoke(
        cli, [*command, str(tmp_path / "out/"), "--smooth-strength", "0 hold:(0), 10:(0.8)", "--loop"]
    )
    assert done.exit_code == 0, done.output
    written = list(open_source(tmp_path / "out", fps=Fraction(12)))
    np.testing.assert_array_equal(written[:10], loop[:10])
    assert not np.array_equal(written[10], loop[10])
    wrong = CliRunner().invoke(
        cli, [*command, str(tmp_path / "no/"), "--smooth-strength", "0:(0.5), 3:(tall)"]
    )
    assert wrong.exit_code == 2
    assert "column 13" in wrong.output


def test_a_keyframe_keeps_more_of_its_detail_and_its_neighbours_take_it_on(still: Frame) -> None:
    """Frame 6 of a still clip has a dot that the others lack."""
    clip = [still.copy() for _ in range(13)]
    clip[6][24, 32] += 20

    def dot(keyframes: Collection[int]) -> NDArray[np.float64]:
        smoother = with_keyframe_hints(create_smoother("trajectory", 1.0), keyframes, ())
        return np.array([float(frame[24, 32].mean()) for frame in smoother(clip)])

    plain, keyed = dot(()), dot({6})
    assert keyed[6] > plain[6] + 1
    assert keyed[7] > plain[7]


@pytest.mark.parametrize("name", list(SMOOTHERS))
def test_nothing_is_mixed_across_a_known_break(name: str, still: Frame) -> None:
    clip = [still] * 5 + [still + 20] * 5
    smoother = with_keyframe_hints(create_smoother(name, 0.6), (), {5})
    for before, after in zip(clip, smoother(clip), strict=True):
        assert np.abs(before.astype(int) - after).max() <= 1
