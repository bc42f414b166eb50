"""The sky of a picture is found, and its clouds drift behind what stands before it."""

import cv2
import numpy as np
import pytest

from framesmooth.generation.sky_motion import Clouds, clouds
from framesmooth.generation.sky_region import sky_in
from framesmooth.timeline.ambient_words import Ambient

SIZE, HORIZON = 160, 100
CLOUD, SUN = (70, 30), (120, 40)


def picture(*, cloudy: bool = True) -> np.ndarray:
    down = np.linspace(0, 1, SIZE)[:, None, None]
    image = (np.array([70, 130, 220]) * (1 - down) + np.array([190, 210, 240]) * down).repeat(SIZE, 1)
    image = image.astype(np.uint8)
    if cloudy:
        cv2.ellipse(image, CLOUD, (16, 7), 0, 0, 360, (245, 245, 250), -1)
        cv2.circle(image, SUN, 8, (255, 250, 200), -1)
    image[HORIZON:] = (70, 120, 50)
    cv2.rectangle(image, (20, 50), (34, 140), (150, 60, 50), -1)  # a tower
    noise = np.random.default_rng(1).normal(0, 2, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def sky() -> np.ndarray:
    return sky_in(picture())


def test_the_sky_holds_clouds_but_no_ground_no_tower_and_no_sun(sky: np.ndarray) -> None:
    assert sky[10:90, 60:100].mean() > 0.97
    assert sky[HORIZON + 4 :].max() < 0.05
    assert sky[60:90, 22:33].max() < 0.2
    assert sky[SUN[1], SUN[0]] < 0.05


def test_a_sun_with_a_frayed_edge_is_one_as_well() -> None:
    sun = picture(cloudy=False)
    cv2.circle(sun, SUN, 8, (255, 250, 200), -1)
    cv2.line(sun, SUN, (SUN[0] + 9, SUN[1] - 4), (255, 250, 200), 5)  # it fills 0.61 of a circle
    assert sky_in(sun)[SUN[1], SUN[0] - 4 : SUN[0] + 5].max() < 0.05


def test_a_picture_without_sky_has_none() -> None:
    indoors = np.random.default_rng(0).integers(0, 255, (96, 96, 3), np.uint8)
    assert sky_in(indoors).max() == 0


@pytest.mark.parametrize(("way", "sign"), [("left", -1), ("", 1)])
def test_clouds_drift_where_they_are_told_to(sky: np.ndarray, way: str, sign: int) -> None:
    drift = clouds(Ambient(kind="clouds", noun="clouds", way=way), sky, 1.0, None)
    before, after = drift(picture(), 0.0), drift(picture(), 2.0)

    def middle(frame: np.ndarray) -> float:
        bright = frame[18:42, 35:108].astype(int).min(axis=2) > 205
        return float(np.nonzero(bright)[1].mean())

    assert middle(after) - middle(before) == pytest.approx(2 * drift.speed * SIZE, abs=2.5)
    assert np.sign(drift.speed) == sign
    still = sky == 0
    assert np.array_equal(after[still], picture()[still])


def test_a_clear_sky_gets_thin_clouds_and_a_loop_comes_round() -> None:
    clear = picture(cloudy=False)
    drift = Clouds(sky_in(clear), 0.07, period=3.0)
    first, later, again = (drift(clear, seconds).astype(int) for seconds in (0.0, 0.7, 3.0))
    assert np.abs(first - again).max() <= 1
    assert np.abs(first - later)[10:90, 60:].mean() > 1
