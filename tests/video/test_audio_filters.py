"""Loudness and mixing: known levels, and delays of none."""

import numpy as np
import pytest

from framesmooth.video.audio_filters import ducked, limited, loudness_of, normalized

RATE = 48_000


def tone(level: float, seconds: float = 3, pitch: float = 997) -> np.ndarray:
    wave = level * np.sin(2 * np.pi * pitch * np.arange(int(RATE * seconds)) / RATE)
    return np.repeat(wave[:, None], 2, axis=1).astype(np.float32)


def test_a_full_tone_in_both_channels_has_the_loudness_of_the_standard() -> None:
    found = loudness_of(tone(10 ** (-23 / 20)))  # EBU Tech 3341, case 1
    assert found.integrated == pytest.approx(-23, abs=0.1)
    assert found.peak == pytest.approx(-23, abs=0.2)
    assert loudness_of(np.zeros((RATE, 2), np.float32)).integrated is None


@pytest.mark.parametrize("level", [0.001, 0.05, 0.9])
def test_the_target_is_met_and_peaks_stay_below(level: float) -> None:
    noise = np.random.default_rng(0).normal(0, level / 4, (RATE * 4, 2)).astype(np.float32)
    noise[RATE : RATE + 50] = level  # a click that a plain gain would clip
    found = loudness_of(normalized(noise))
    assert found.integrated == pytest.approx(-16, abs=1)
    assert found.peak is not None
    assert found.peak < -0.8


def test_a_limiter_moves_nothing() -> None:
    click = np.zeros((RATE, 2), np.float32)
    click[20_000] = 1.0
    assert np.argmax(np.abs(limited(click)[:, 0])) == 20_000


def test_music_gives_way_to_a_voice_and_comes_back() -> None:
    music = np.random.default_rng(1).normal(0, 0.05, (RATE * 9, 2)).astype(np.float32)
    voice = np.zeros_like(music)
    voice[3 * RATE : 6 * RATE] = tone(0.3, 3, 300)
    found = ducked(music, voice, 12)
    loss = [20 * np.log10(found[part].std() / music[part].std()) for part in
            (np.s_[RATE : 2 * RATE], np.s_[4 * RATE : 5 * RATE], np.s_[8 * RATE :])]  # fmt: skip
    assert loss[0] == pytest.approx(0, abs=0.5)
    assert loss[1] == pytest.approx(-12, abs=4)
    assert loss[2] == pytest.approx(0, abs=0.5)
    assert ducked(music, np.zeros_like(voice), 12) is music
