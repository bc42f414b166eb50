"""Smoothing beside generating: the same result as afterwards, and none where the frames became others."""

import threading
from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from framesmooth.errors import MediaError
from framesmooth.events import Event, Progress, StageFinished, StageStarted
from framesmooth.runs import FrameFolder, RunFolder, Stage
from framesmooth.smoothing.base import create_smoother
from framesmooth.video import open_source
from framesmooth.workflows.smooth_ahead import UNFINISHED, SmoothingAhead
from framesmooth.workflows.smoothed_stage import fill
from tests.listeners import nothing
from tests.scenes import add_flicker, moving_scene

FPS = Fraction(12)
SMOOTHER = create_smoother("ema", 0.6)
FRAMES = add_flicker(moving_scene(frames=20, size=(48, 64), seed=5).frames, "G", strength=2)
"""More than wait in memory."""


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "clip.framesmooth")


@pytest.fixture
def ahead(run: RunFolder) -> Iterator[SmoothingAhead]:
    with closing(SmoothingAhead(run, SMOOTHER, (48, 64), len(FRAMES), FPS)) as made:
        yield made


def write(run: RunFolder, ahead: SmoothingAhead, count: int = len(FRAMES)) -> None:
    """Write frames as ``generate`` does; every third one was there from an earlier run."""
    for index in range(count):
        FrameFolder(run.frames).write(index, FRAMES[index])
        ahead.add(None if index % 3 == 1 else FRAMES[index])


def test_what_is_smoothed_ahead_is_what_is_smoothed_afterwards(
    run: RunFolder, ahead: SmoothingAhead, tmp_path: Path
) -> None:
    write(run, ahead)
    events: list[Event] = []
    found = ahead.take(SMOOTHER, run.folder / "smoothed" / "mine", events.append)
    assert found is not None
    source = open_source(run.frames.folder, fps=FPS)
    other = Stage(tmp_path / "other")
    reports, strip = fill(other, source, SMOOTHER, nothing)
    assert found[0] == reports
    np.testing.assert_array_equal(found[1], strip)
    (mine,) = run.all_smoothed
    for path in other.results():
        assert (mine.folder / path.name).read_bytes() == path.read_bytes()
    assert [type(event) for event in (events[0], events[-1])] == [StageStarted, StageFinished]
    assert sum(event.advance for event in events if isinstance(event, Progress)) == len(FRAMES)


def test_frames_that_were_replaced_are_smoothed_anew(run: RunFolder, ahead: SmoothingAhead) -> None:
    write(run, ahead)
    FrameFolder(run.frames).write(7, FRAMES[6])
    assert ahead.take(SMOOTHER, run.folder / "smoothed" / "mine", nothing) is None
    assert run.all_smoothed == []


def test_another_smoother_takes_nothing(run: RunFolder, ahead: SmoothingAhead) -> None:
    write(run, ahead)
    other = create_smoother("ema", 0.5)
    assert ahead.take(other, run.folder / "smoothed" / "mine", nothing) is None


@pytest.mark.parametrize("count", [0, 11])
def test_a_run_that_is_stopped_leaves_nothing_and_no_thread(
    run: RunFolder, ahead: SmoothingAhead, count: int
) -> None:
    write(run, ahead, count)
    ahead.close()
    assert not (run.folder / "smoothed" / UNFINISHED).exists()
    assert not any("smoothing" in thread.name for thread in threading.enumerate())


def test_a_failure_is_raised_where_the_result_is_taken(run: RunFolder, ahead: SmoothingAhead) -> None:
    write(run, ahead, 9)
    for _ in FRAMES[9:]:
        ahead.add(None)  # whose files are gone
    with pytest.raises(MediaError):
        ahead.take(SMOOTHER, run.folder / "smoothed" / "mine", nothing)
    assert not (run.folder / "smoothed" / "mine").exists()
