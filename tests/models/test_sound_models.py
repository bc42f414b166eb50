"""Models that make sound: tiny ones with random weights, loaded from folders."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from framesmooth.errors import ModelError
from framesmooth.models.sound_models import load_sound_model, load_voice
from tests.tiny_sound import build_musicgen, build_stable_audio, build_vits


@pytest.mark.parametrize("build", [build_musicgen, build_stable_audio])
def test_sound_is_made_as_long_as_asked_and_the_same_again(
    tmp_path: Path, build: Callable[[Path], Path]
) -> None:
    make = load_sound_model(build(tmp_path / "model"), steps=2)
    first, rate = make("the sea", 0.5, 1)
    again, other = make("the sea", 0.5, 1)[0], make("the sea", 0.5, 2)[0]
    assert rate == 16_000
    assert len(first) == pytest.approx(8000, rel=0.15)
    assert first.shape[1] in (1, 2)
    assert np.array_equal(first, again)
    assert not np.array_equal(first[: len(other)], other[: len(first)])


def test_a_voice_speaks_the_same_again(tmp_path: Path) -> None:
    speak = load_voice(build_vits(tmp_path / "voice"))
    first, rate = speak("it begins at sea", 0, 1)
    assert rate == 16_000
    assert len(first) > 200
    assert np.array_equal(first, speak("it begins at sea", 0, 1)[0])


def test_other_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"config\.json is missing"):
        load_sound_model(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    for load in (load_sound_model, load_voice):
        with pytest.raises(ModelError, match="holds no"):
            load(tmp_path)
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": "FluxPipeline"}))
    with pytest.raises(ModelError, match="makes no sound"):
        load_sound_model(tmp_path)
