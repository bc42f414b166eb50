"""Fog drifts at its speed, lightens what it is before, and comes round in a loop."""

import numpy as np
import pytest
from skimage.registration import phase_cross_correlation

from framesmooth.grading.endless import drifted
from framesmooth.grading.fog import Fog
from framesmooth.grading.look import Look
from framesmooth.grading.weather import Weather
from tests.scenes import texture

DARK = np.full((128, 160, 3), 30, np.uint8)


@pytest.mark.parametrize("speed", [9.0, -9.0])
def test_a_picture_moves_along_at_its_speed(speed: float) -> None:
    picture = texture(96, 128, seed=5)[..., 0].astype(np.float32)
    moved = drifted(picture, speed, 0.75)
    inner = np.s_[:, 20:-20]
    shift, *_ = phase_cross_correlation(moved[inner], picture[inner], upsample_factor=20)
    assert shift == pytest.approx([0, 0.75 * speed], abs=0.25)


def test_it_never_runs_out_and_a_loop_comes_round() -> None:
    picture = texture(32, 48, seed=5).astype(np.float32)
    assert drifted(picture, 10.0, 9.6) == pytest.approx(picture, abs=1e-4)  # twice its width, mirrored
    assert drifted(picture, 10.0, 3.0, period=3.0) == pytest.approx(
        drifted(picture, 10.0, 0.0, 3.0), abs=1e-4
    )


def test_fog_lightens_the_dark_and_moves() -> None:
    first, later = (Fog().apply(DARK, seconds).astype(int) for seconds in (0.0, 1.0))
    assert (first >= DARK).all()
    assert first.mean() > 45
    assert np.abs(first - later).mean() > 2
    half = Weather(((Fog(), (0.0, 0.5)),), fps=12)
    none, some = (Look(weather=half).apply(DARK, index).astype(int) for index in (0, 1))
    assert np.array_equal(none, DARK)
    assert DARK.mean() < some.mean() < first.mean()
