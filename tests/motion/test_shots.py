"""Windows of frames end where their shot does."""

from collections.abc import Iterator

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.shots import Step, shot_windows


@settings(max_examples=30, deadline=None)
@given(shots=st.lists(st.integers(1, 7), min_size=1, max_size=4), radius=st.integers(0, 4))
def test_shot_windows_are_clipped_to_the_shot(shots: list[int], radius: int) -> None:
    motion = BidirectionalFlow(*(np.zeros((1, 1, 2), np.float32),) * 2)

    def stream() -> Iterator[Step]:
        number = 0
        for length in shots:
            for t in range(length):
                frame = np.full((1, 1, 3), number, np.uint8)
                yield Step(frame, motion if t < length - 1 else None)
                number += 1

    shot_of = np.repeat(np.arange(len(shots)), shots)
    numbers = range(len(shot_of))
    expected = [
        ([n for n in numbers if shot_of[n] == shot_of[t] and abs(n - t) <= radius], t) for t in numbers
    ]
    found = [
        ([int(step.frame[0, 0, 0]) for step in window], int(window[centre].frame[0, 0, 0]))
        for window, centre in shot_windows(stream(), radius)
    ]
    assert found == expected
