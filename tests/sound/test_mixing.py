"""Mixing: exact places, voices above music, the loudness of the whole."""

import numpy as np
import pytest

from framesmooth.sound.mixing import Part, faded, mix
from framesmooth.video.audio_filters import loudness_of

RATE = 48_000


def noise(seconds: float, level: float = 0.1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, level, (round(RATE * seconds), 2)).astype(np.float32)


@pytest.mark.parametrize("level", [0.002, 0.3])
def test_the_whole_has_the_loudness_that_is_asked_for(level: float) -> None:
    parts = [
        Part(samples=noise(8, level), role="music"),
        Part(samples=noise(2, 0.1, 1), role="voice", start=3),
        Part(samples=noise(8, level, 2), role="ambience"),
    ]
    mixed = mix(parts, 8)
    assert mixed.shape == (8 * RATE, 2)
    assert loudness_of(mixed).integrated == pytest.approx(-16, abs=1)


def test_a_part_keeps_its_place_to_the_sample_and_is_cut_at_the_end() -> None:
    click = np.zeros((RATE, 2), np.float32)
    click[100] = 1
    mixed = mix(
        [Part(samples=click, role="music", start=2.5), Part(samples=click, role="voice", start=5.9)], 6
    )
    places = np.flatnonzero(np.abs(mixed[:, 0]) > 0.3 * np.abs(mixed).max())
    assert places[0] == 2.5 * RATE + 100
    assert len(mixed) == 6 * RATE
    assert mix([], 2).any() == np.False_


def test_music_gives_way_to_the_voice() -> None:
    tone = (0.2 * np.sin(2 * np.pi * 6000 * np.arange(9 * RATE) / RATE))[:, None].repeat(2, 1).astype("f4")
    voice = (0.2 * np.sin(2 * np.pi * 300 * np.arange(3 * RATE) / RATE))[:, None].repeat(2, 1).astype("f4")
    mixed = mix(
        [Part(samples=tone, role="music"), Part(samples=voice, role="voice", start=3)], 9, loudness=None
    )

    def level(start: float) -> float:
        power = np.abs(np.fft.rfft(mixed[round(start * RATE) : round((start + 1) * RATE), 0]))
        return float(20 * np.log10(power[5900:6100].max()))

    assert level(4) - level(1) == pytest.approx(-12, abs=4)
    assert level(8) == pytest.approx(level(1), abs=0.5)


def test_fades_begin_and_end_in_silence() -> None:
    found = faded(np.ones((RATE, 2), np.float32), 0.1, 0.2)
    assert found[0, 0] == found[-1, 0] == 0
    assert found[RATE // 2, 0] == 1
    assert np.flatnonzero(found[:, 0] == 1)[[0, -1]] == pytest.approx([4800, RATE - 9600], abs=2)
