"""The look of frames: bars, grain, vignette and held frames do what they say."""

from fractions import Fraction

import numpy as np
import pytest

from framesmooth.frames import FrameList
from framesmooth.grading.look import Look, LookedAt, barred

GREY = np.full((108, 192, 3), 128, np.uint8)


@pytest.mark.parametrize(("aspect", "visible"), [(2.4, (80, 192)), (1.0, (108, 108)), (16 / 9, (108, 192))])
def test_bars_leave_the_aspect_visible(aspect: float, visible: tuple[int, int]) -> None:
    lit = barred(GREY, aspect)[..., 0] > 0
    assert (lit.any(axis=1).sum(), lit.any(axis=0).sum()) == visible
    assert np.array_equal(lit, lit[::-1, ::-1])


def test_grain_is_new_in_every_frame_and_the_same_in_every_run() -> None:
    look = Look(grain=0.5)
    first, again, other = look.apply(GREY, 3), Look(grain=0.5).apply(GREY, 3), look.apply(GREY, 4)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    noise = first.astype(float) - 128
    assert noise.std() == pytest.approx(12, rel=0.1)  # half of 24 levels
    assert abs(noise.mean()) < 0.5
    assert look.apply(np.zeros_like(GREY), 3).mean() < 3  # black stays black


def test_a_vignette_darkens_corners_and_not_the_middle() -> None:
    seen = Look(vignette=0.5).apply(GREY, 0)[..., 0]
    assert seen[54, 96] == 128
    assert seen[0, 0] == pytest.approx(64, abs=1)


def test_held_frames_are_each_second_one_twice() -> None:
    frames = FrameList([np.full((4, 4, 3), value, np.uint8) for value in range(5)], Fraction(12))
    held = LookedAt(frames, Look(hold=2))
    assert [int(frame[0, 0, 0]) for frame in held] == [0, 0, 2, 2, 4]
    assert held.num_frames == 5
    assert Look().is_plain
    assert not Look(hold=2).is_plain
