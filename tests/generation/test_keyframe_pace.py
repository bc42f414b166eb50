"""Keyframes are shown so that the picture changes evenly, and prompts keep their times."""

from itertools import pairwise

import numpy as np
import pytest

from framesmooth.generation.keyframe_pace import KeyframeTimes, evenly

# The light of each keyframe: all of the change is between the third and the fourth.
LIGHT = {0: 0.0, 8: 1.0, 16: 2.0, 24: 90.0, 32: 91.0}


def light_at(times: KeyframeTimes, frame: int) -> float:
    before, after, share = times.around(frame)
    return (1 - share) * LIGHT[before] + share * LIGHT[after]


def test_an_even_pace_changes_as_much_from_each_frame_to_the_next() -> None:
    pictures = [np.full((2, 2), light, np.float32) for light in LIGHT.values()]
    times = evenly(list(LIGHT), pictures, [0, 32], 33, loop=False)
    steps = [b - a for a, b in pairwise(light_at(times, frame) for frame in range(33))]
    assert sum(steps) == pytest.approx(91)
    assert max(steps) < 1.25 * 91 / 32


def test_prompts_keep_their_times() -> None:
    pictures = [np.full((2, 2), light, np.float32) for light in LIGHT.values()]
    times = evenly(list(LIGHT), pictures, [0, 16, 32], 33, loop=False)
    assert [light_at(times, frame) for frame in (0, 16, 32)] == pytest.approx([0, 2, 91])


def test_without_a_pace_each_keyframe_is_shown_in_its_frame() -> None:
    times = KeyframeTimes(tuple(LIGHT), 33)
    assert times.around(20) == (16, 24, 0.5)
    assert times.around(32) == (32, 32, 0.0)
    looped = KeyframeTimes((0, 8), 16, loop=True)
    assert looped.around(12) == (8, 0, 0.5)
    assert evenly([0], [np.zeros((2, 2), np.float32)], [0], 9, loop=False).around(5) == (0, 0, 0.0)
