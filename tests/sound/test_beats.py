"""Tempo and beats of music that is known exactly, and of what has none."""

import numpy as np
import pytest

from framesmooth.errors import UsageError
from framesmooth.sound.beats import Beats, beat_grid, find_beats, find_onsets
from framesmooth.sound.listening import _curves
from tests.sound.tracks import RATE, drums


def heard(sound: np.ndarray, bpm: float | None = None) -> Beats:
    return find_beats(_curves(sound.astype(np.float32))[1], bpm)


@pytest.mark.parametrize(("swing", "noise"), [(0, 0.01), (1, 0.05), (0.5, 0.15)])
@pytest.mark.parametrize("bpm", [60, 71, 84, 97, 110, 120, 133, 150, 165, 180])
def test_the_tempo_is_found_within_two_percent_or_an_octave(bpm: int, swing: float, noise: float) -> None:
    sound, beats = drums(bpm, 20, swing=swing, noise=noise, seed=bpm)
    found = heard(sound)
    assert found.bpm is not None
    octave = round(float(np.log2(found.bpm / bpm)))
    assert abs(octave) <= 1
    assert found.bpm == pytest.approx(bpm * 2.0**octave, rel=0.02)
    halves = np.sort(np.concatenate([beats, beats + 30 / bpm])) if octave == 1 else beats
    late = np.array([np.abs(halves - time).min() for time in found.times])
    assert np.percentile(late, 95) < 0.03


def test_beats_are_within_30_ms_where_the_tempo_is_told() -> None:
    sound, beats = drums(165, 20, seed=5)
    found = heard(sound, 165)
    assert len(found.times) >= len(beats) - 2
    assert max(np.abs(beats - time).min() for time in found.times) < 0.03


def test_a_tempo_that_drifts_is_followed() -> None:
    rng = np.random.default_rng(2)
    gaps = np.linspace(0.55, 0.48, 40)
    beats = 0.4 + np.cumsum(gaps)
    sound = rng.normal(0, 0.005, int(RATE * 22))
    for beat in beats:
        start = round(beat * RATE)
        sound[start : start + 1200] += rng.normal(0, 0.5, 1200) * np.exp(-np.arange(1200) / 200)
    found = heard(sound)
    assert np.percentile([np.abs(found.times - beat).min() for beat in beats], 90) < 0.03


def test_silence_has_no_beat_and_noise_hardly_one() -> None:
    assert heard(np.zeros(RATE * 5)).bpm is None
    assert heard(np.zeros(10)).bpm is None
    assert heard(np.random.default_rng(0).normal(0, 0.1, RATE * 15)).certainty < 0.2
    assert heard(drums(120)[0]).certainty > 0.3


def test_onsets_are_the_sounds_that_begin() -> None:
    sound = np.zeros(RATE * 4)
    times = np.array([0.5, 1.25, 2.0, 3.1])
    for time in times:
        sound[round(time * RATE) :][:2000] += np.random.default_rng(1).normal(0, 0.3, 2000)
    found, strengths = find_onsets(_curves(sound.astype(np.float32))[1])
    assert len(found) == len(times)
    assert np.abs(found - times).max() < 0.03
    assert 0 < strengths.min() <= strengths.max() <= 1


def test_the_user_says_where_the_first_beat_is() -> None:
    found = Beats(100.0, np.array([0.1, 0.7, 1.3, 1.9]), 0.5)
    assert beat_grid(found, 2).times.tolist() == [0.1, 0.7, 1.3, 1.9]
    assert beat_grid(found, 2, offset=0.75).times == pytest.approx([0.75, 1.35, 1.95])
    even = beat_grid(found, 2, bpm=120, offset=0.25)
    assert even.times == pytest.approx([0.25, 0.75, 1.25, 1.75])
    assert even.bpm == 120
    with pytest.raises(UsageError, match="out of range"):
        find_beats(np.ones(2000), bpm=5)
