"""Smoke rises from the top of a subject, flames flicker in their place."""

import cv2
import numpy as np
import pytest

from framesmooth.generation.fire_and_smoke import Flames, Gone, air_around, flames_in, smoke
from framesmooth.timeline.ambient_words import Ambient

SIZE = 128
DARK = np.full((SIZE, SIZE, 3), 30, np.uint8)
HOUSE = np.zeros((SIZE, SIZE), np.float32)
HOUSE[80:120, 40:90] = 1
HOUSE[70:80, 76:84] = 1  # its chimney
RISING = Ambient(kind="smoke", noun="smoke")
STILL = Gone(lambda _seconds: (0.0, 0.0))
NO_SKY = np.zeros((SIZE, SIZE), np.float32)


def veil(frame: np.ndarray) -> np.ndarray:
    return frame[..., 0].astype(int) - 30


def test_it_rises_from_the_chimney_and_comes_round_in_a_loop() -> None:
    plume = smoke(RISING, HOUSE, NO_SKY, STILL, 1.0, 4.0)
    assert plume is not None
    assert plume.source == pytest.approx((79.5, 70), abs=1)
    first, later, again = (veil(plume(DARK, seconds)) for seconds in (0.0, 0.7, 4.0))
    assert np.array_equal(first, again)
    assert np.abs(first - later).mean() > 0.2
    assert first[:75].sum() > 0.95 * first.sum() > 0
    down, across = np.nonzero(first > 4)
    assert down.min() < 30  # it rises half of the picture
    assert np.abs(across[down > 55] - 79.5).max() < 16


def test_it_stays_where_the_subject_was() -> None:
    def goes_right(seconds: float) -> tuple[float, float]:
        return 20 * seconds, 0.0

    plume = smoke(RISING, HOUSE, NO_SKY, Gone(goes_right), 1.0, None)
    assert plume is not None
    found = veil(plume(DARK, 2.0))
    across = np.arange(SIZE)
    low, high = (float((part * across).sum() / part.sum()) for part in (found[60:72], found[20:40]))
    assert low > high + 15  # what rose first is left behind


def test_a_roof_above_the_outline_and_the_foot_of_a_rocket() -> None:
    sky = np.zeros((SIZE, SIZE), np.float32)
    sky[:60] = sky[:100, :30] = sky[:100, 100:] = 1
    roofed = smoke(RISING, HOUSE, sky, STILL, 1.0, None)
    assert roofed is not None
    assert roofed.source[1] == pytest.approx(60, abs=4)
    rocket = smoke(RISING, HOUSE, NO_SKY, Gone(STILL.at, rising=True), 1.0, None)
    assert rocket is not None
    assert rocket.source[1] == 119
    assert smoke(RISING, np.zeros_like(HOUSE), NO_SKY, STILL, 1.0, None) is None


def test_haze_across_the_picture_is_no_roof() -> None:
    sky = np.zeros((SIZE, SIZE), np.float32)
    sky[:45] = 1
    plume = smoke(RISING, HOUSE, sky, STILL, 1.0, None)
    assert plume is not None
    assert plume.source == pytest.approx((79.5, 70), abs=1)


def test_a_roof_is_told_from_the_air_beside_it_where_the_sky_is_unknown() -> None:
    dusk = np.linspace(40, 160, SIZE)[:, None, None].repeat(SIZE, axis=1).repeat(3, axis=2).astype(np.uint8)
    dusk[50:120, 40:90] = (150, 60, 40)
    walls = np.zeros((SIZE, SIZE), np.float32)
    walls[80:120, 40:90] = 1
    air = air_around(dusk, walls, NO_SKY)
    assert air[:45, 40:90].min() == 1
    assert air[55:115, 45:85].max() == 0
    plume = smoke(RISING, walls, air, STILL, 1.0, None)
    assert plume is not None
    assert plume.source == pytest.approx((64.5, 50), abs=4)


def test_flames_are_warm_and_bright_and_only_they_and_their_glow_move() -> None:
    night = DARK.copy()
    cv2.ellipse(night, (64, 90), (7, 14), 0, 0, 360, (255, 170, 50), -1)
    likely = np.zeros((16, 16), np.float32)
    likely[9:13, 7:9] = 1
    region = flames_in(night, likely)
    assert region[85:95, 61:67].min() == 1
    assert region.sum() < 1.5 * np.pi * 7 * 14
    flames = Flames(region, period=2.0)
    first, later, again = (flames(night, seconds).astype(int) for seconds in (0.0, 0.6, 2.0))
    assert np.abs(first - again).max() <= 1
    assert np.abs(first - later)[76:90, 55:73].mean() > 2
    assert np.array_equal(first[:20], night[:20].astype(int))
    assert not flames_in(DARK, likely).any()
