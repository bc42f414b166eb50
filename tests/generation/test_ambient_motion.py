"""Water ripples in its place, and nothing else does."""

import numpy as np
import pytest
from skimage.data import astronaut

from framesmooth.generation.ambient_motion import ripples, water_in
from framesmooth.timeline.ambient_words import Ambient

PICTURE = astronaut()[:256, :256].copy()
WATER = np.zeros((256, 256), np.float32)
WATER[160:] = 1
SEA = Ambient(kind="water", noun="sea")


def test_only_water_moves_and_a_loop_comes_round() -> None:
    moving = ripples(SEA, WATER, speed=1.0, period=4.0)
    first, later, again = (moving(PICTURE, seconds) for seconds in (0.0, 0.9, 4.0))
    assert np.array_equal(later[:160], PICTURE[:160])
    assert np.abs(later[160:].astype(int) - first[160:]).mean() > 1
    assert np.abs(again.astype(int) - first).max() <= 1


def test_waves_are_lower_towards_the_horizon() -> None:
    moving = ripples(SEA, WATER, speed=1.0, period=None)
    change = np.abs(moving(PICTURE, 0.5).astype(int) - moving(PICTURE, 1.4)).mean(axis=(1, 2))
    assert change[160:175].mean() < 0.7 * change[225:].mean()


def test_a_slow_sea_moves_less_between_frames() -> None:
    def step(pace: float) -> float:
        moving = ripples(Ambient(kind="water", noun="sea", pace=pace), WATER, speed=1.0, period=None)
        return float(np.abs(moving(PICTURE, 1.0).astype(int) - moving(PICTURE, 1 + 1 / 12)).mean())

    assert step(0.5) < 0.8 * step(1.0)


def test_water_is_found_where_it_is_likely_and_ends_at_its_colour() -> None:
    scene = np.full((128, 128, 3), (240, 180, 140), np.uint8)
    scene[80:] = (30, 70, 120)
    scene = np.clip(scene + np.random.default_rng(1).normal(0, 4, scene.shape), 0, 255).astype(np.uint8)
    likely = np.zeros((16, 16), np.float32)
    likely[9:12] = 0.45  # most around the horizon, as a model tells it
    likely[12:] = 0.3
    likely[7:9, 9:11] = 1  # and in a spot above it
    found = water_in(scene, likely)
    assert found[90:].mean() > 0.95
    assert found[:70].max() == pytest.approx(0, abs=0.02)
