"""The time that is left of a run: a median with a range, and corrected while it runs."""

from dataclasses import replace

import pytest

from framesmooth.generation.cost_probe import _spread
from framesmooth.workflows.generate.estimate import Estimate, Span
from framesmooth.workflows.generate.forecast import Forecast

COST = Estimate(
    width=32, height=24, frames=9, keyframes=10, evaluations=200, keyframe_steps=100, keyframe_seconds=50.0,
    diffusing=60.0, decoding=10.0, smoothing=25.0, writing=5.0, memory=1, free=2, disk=1, device="cpu",
    time=Span(100.0, 70.0, 180.0), is_most=True,
)  # fmt: skip


class Clock:
    """Seconds that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_announcement_is_a_median_with_a_range() -> None:
    assert COST.sentence.startswith("about 2 min (70 s to 3 min) to go: at most 10 keyframes")
    assert dict(COST.rows)["all of it"] == "about 2 min (70 s to 3 min)"
    figures = COST.as_dict()
    assert (figures["seconds"], figures["seconds_low"], figures["seconds_high"]) == (100.0, 70.0, 180.0)


def test_one_step_that_was_held_up_decides_nothing() -> None:
    assert _spread([(1, [1.0, 1.0, 1.0, 20.0])]) == (0.75, 2.5)
    assert _spread([(1, [1.0, 1.1, 0.9])]) == (0.75, 1.5)


def test_a_run_as_announced_is_not_corrected() -> None:
    clock = Clock()
    forecast = Forecast(COST, clock)
    for _ in range(10):
        clock.now += 5.5
        assert forecast.advance(10) is None
    assert forecast.keyframes_done() is None


def test_a_machine_that_is_four_times_slower_is_noticed_soon_and_once() -> None:
    clock = Clock()
    forecast = Forecast(COST, clock)
    said = []
    for _ in range(20):
        clock.now += 10.0
        said.append(forecast.advance(5))
    assert said[0] == "about 6 min (5 min to 9 min) to go now"  # 95 steps of 2 s, and four times 50 s
    assert said[1:] == [None] * 19
    assert forecast.keyframes_done() is None


def test_fewer_keyframes_than_expected_are_noticed_at_their_end() -> None:
    clock = Clock()
    forecast = Forecast(replace(COST, time=Span(100.0, 90.0, 180.0)), clock)
    clock.now = 15.0
    forecast.advance(30)
    assert forecast.keyframes_done() == "about 50 s (40 s to 70 s) to go now"


@pytest.mark.parametrize("steps", [0, 5])
def test_what_takes_seconds_is_not_corrected(steps: int) -> None:
    clock = Clock()
    forecast = Forecast(COST, clock)
    clock.now = 3.0
    assert forecast.advance(steps) is None
    assert forecast.keyframes_done() is None
