"""The bar never goes back, and the time left is what its definition says."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesmooth.events import Event, Notice, Progress, StageFinished, StageStarted, Stop
from framesmooth.ui.progress import USUAL, JobProgress

STAGES = tuple(USUAL["create"])


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


def test_the_time_left_is_that_of_the_stages_to_come() -> None:
    clock = Clock()
    progress = JobProgress(Path("unused"), clock)
    progress.begin({"keyframes": 30, "smooth": 60, "write": 10})
    progress(StageStarted("keyframes", 10, "steps"))
    clock.now = 15
    progress(Progress("keyframes", 5))
    told = progress.as_dict()
    assert (told["stage"], told["done"], told["total"], told["share"]) == ("keyframes", 5, 10, 0.15)
    assert told["left"] == pytest.approx(85)
    progress(StageFinished("keyframes", 30.0, reused=False))
    progress(StageStarted("write", 4, "frames"))  # no smoothing this time
    clock.now = 32
    progress(Progress("write", 2))
    assert progress.as_dict()["share"] == pytest.approx(35 / 40)


EVENTS = st.lists(
    st.one_of(
        st.builds(StageStarted, st.sampled_from(STAGES), st.integers(1, 9), st.just("frames")),
        st.builds(Progress, st.sampled_from(STAGES), st.integers(0, 20)),
        st.builds(StageFinished, st.sampled_from(STAGES), st.floats(0, 99), st.booleans()),
    ),
    max_size=30,
)


@given(EVENTS)
def test_the_bar_never_goes_back(events: list[Event]) -> None:
    progress = JobProgress(Path("unused"), Clock())
    progress.begin(USUAL["create"])
    shares = []
    for event in events:
        progress(event)
        shares.append(progress.as_dict()["share"])
    assert shares == sorted(shares)
    assert all(0 <= share < 1 for share in shares)


def test_a_stop_is_heard_at_the_next_event() -> None:
    progress = JobProgress(Path("unused"))
    progress.stop()
    with pytest.raises(Stop):
        progress(Notice("hello"))
    progress.begin({})
    progress(Notice("hello", warning=True))
    progress(Notice("hello", warning=True))
    assert progress.as_dict()["notices"] == [{"text": "hello", "warning": True}]
