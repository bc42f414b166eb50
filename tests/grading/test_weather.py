"""Rain and snow fall at their speed, the same in every run, and come round in a loop."""

import numpy as np
import pytest
from skimage.measure import label
from skimage.registration import phase_cross_correlation

from framesmooth.grading.look import Look
from framesmooth.grading.weather import FALLS, Fall, Falling, Weather

DARK = np.full((256, 256, 3), 20, np.uint8)


@pytest.mark.parametrize("kind", FALLS)
def test_it_is_seen_on_dark_ground_and_comes_round_in_a_loop(kind: str) -> None:
    falling = Falling(FALLS[kind], period=2.0)
    first, later, again = (falling.apply(DARK, seconds) for seconds in (0.0, 0.7, 2.0))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, later)
    lit = first[..., 0] > 30
    assert 0.002 < lit.mean() < 0.1
    assert first.min() >= 20  # nothing gets darker


def test_a_layer_falls_at_its_speed() -> None:
    fall = Fall(count=120, size=0.01, streak=0.0, speed=0.25, sway=0.0, slant=0.0, opacity=1.0)
    before, after = (Falling(fall).apply(DARK, seconds)[..., 0] for seconds in (0.0, 0.1))
    near = [np.where(image > 165, image, 0).astype(float) for image in (before, after)]  # the nearest layer
    shift, *_ = phase_cross_correlation(near[0], near[1], upsample_factor=10)
    assert shift == pytest.approx([-0.25 * 0.1 * 256, 0], abs=0.6)


def test_as_many_particles_as_told() -> None:
    fall = Fall(count=30, size=0.006, streak=0.0, speed=0.2, sway=0.0, slant=0.0, opacity=1.0)
    seen = label(Falling(fall).apply(DARK, 0.0)[..., 0] > 60).max()
    assert 15 <= seen <= 30  # some are in the margin, some touch


def test_no_more_than_its_amount() -> None:
    snow = Falling(FALLS["snow"])
    weather = Weather(((snow, (0.0, 0.5, 1.0)),), fps=12)
    none, half, all_of_it = (Look(weather=weather).apply(DARK, index) for index in range(3))
    assert np.array_equal(none, DARK)
    assert 20 < half.max() < all_of_it.max()
