"""Procedural ambience: which sounds words have, and how they follow the prompts."""

from fractions import Fraction

import numpy as np
import pytest

from framesmooth.sound.ambience import ambience, gains_over_time, places_of
from framesmooth.sound.places import PLACES, sound_of
from framesmooth.timeline.timeline import Keyframe, Timeline

RATE = 48_000


def centroid(samples: np.ndarray) -> float:
    """Return the mean frequency in Hz of the power."""
    power = np.abs(np.fft.rfft(samples[:, 0])) ** 2
    return float((np.fft.rfftfreq(len(samples), 1 / RATE) * power).sum() / power.sum())


@pytest.mark.parametrize("place", PLACES)
def test_every_place_sounds_steadily_and_the_same_again(place: str) -> None:
    sound = sound_of(place, 4, seed=1)
    assert sound.shape == (4 * RATE, 2)
    assert np.isfinite(sound).all()
    assert np.sqrt((sound**2).mean()) == pytest.approx(0.1, rel=0.05)
    assert np.array_equal(sound, sound_of(place, 4, seed=1))
    assert not np.array_equal(sound, sound_of(place, 4, seed=2))
    assert abs(float(sound.mean())) < 0.01


def test_thunder_is_low_and_rain_is_high() -> None:
    found = {place: centroid(sound_of(place, 5)) for place in PLACES}
    assert found["thunder"] < 300 < found["wind"] < 1000 < found["sea"] * 4
    assert found["space"] < found["city"] < found["stream"] < found["rain"]
    assert found["birds"] > 1500


def test_pieces_of_a_long_sound_join_without_a_dip() -> None:
    sound = sound_of("rain", 90)
    levels = np.sqrt((sound[: 90 * RATE].reshape(180, -1) ** 2).mean(axis=1))
    assert levels.min() > 0.6 * levels.max()


@pytest.mark.parametrize(
    ("prompt", "places"),
    [
        ("a sailboat on the sea", {"sea"}),
        ("a stormy sea", {"sea", "rain", "thunder", "wind"}),
        ("a train in the snow", {"train", "snow"}),
        ("a forest at night", {"crickets"}),
        ("a forest at dawn", {"birds"}),
        ("an owl, oil painting", set()),
    ],
)
def test_words_have_sounds(prompt: str, places: set[str]) -> None:
    assert set(places_of(prompt)) == places


def test_sounds_fade_into_each_other_as_the_prompts_travel() -> None:
    timeline = Timeline((Keyframe(0, "the sea", 0), Keyframe(40, "a train", 0)), 41)
    gains = gains_over_time(timeline)
    sea, train = (np.array(gains[place]) for place in ("sea", "train"))
    assert (sea[0], sea[40], train[0], train[40]) == (1, 0, 0, 1)
    assert np.allclose(sea**2 + train**2, 1)
    assert np.diff(sea).max() < 0 < np.diff(train).min()
    sound = ambience(gains, Fraction(10))
    assert len(sound) == round(4.1 * RATE)
    alone = sound_of("train", 4.1)
    assert np.abs(sound[-RATE // 20 :] - alone[-RATE // 20 :]).mean() < 0.2 * np.abs(alone).mean()
