"""Sound files as samples and back."""

from pathlib import Path

import numpy as np
import pytest

from framesmooth.errors import OutputExists, UsageError
from framesmooth.video.audio_placement import RATE
from framesmooth.video.audio_samples import SOUND_SUFFIXES, read_samples, write_samples


@pytest.mark.parametrize("suffix", SOUND_SUFFIXES)
def test_a_click_keeps_its_place_in_every_kind_of_file(tmp_path: Path, suffix: str) -> None:
    samples = np.zeros((RATE * 2, 2), np.float32)
    samples[RATE : RATE + 200, 0] = np.hanning(200)
    path = tmp_path / f"click{suffix}"
    write_samples(path, samples, metadata={"comment": "a click"})
    found = read_samples(path, layout="stereo")
    assert abs(int(np.argmax(np.abs(found[:, 0]))) - RATE - 100) < RATE // 200
    assert np.abs(found[:, 1]).max() < 0.1
    assert len(found) == pytest.approx(2 * RATE, abs=RATE // 10)


def test_nothing_is_written_over_or_under_another_name(tmp_path: Path) -> None:
    samples = np.zeros((100, 1), np.float32)
    with pytest.raises(UsageError, match="no sound file"):
        write_samples(tmp_path / "a.txt", samples)
    write_samples(tmp_path / "a.wav", samples)
    with pytest.raises(OutputExists):
        write_samples(tmp_path / "a.wav", samples)
    write_samples(tmp_path / "a.wav", samples, overwrite=True)
