"""The sound of a clip: as long as it, in step with it, following its prompts."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import framesmooth
from framesmooth.errors import OutputExists, UsageError
from framesmooth.events import Event, Notice
from framesmooth.sound.speech import can_speak
from framesmooth.video import open_sink
from framesmooth.video.audio_filters import loudness_of
from framesmooth.video.audio_samples import read_samples
from framesmooth.workflows.soundtrack import soundtrack
from tests.flash_beep import SIZE
from tests.sound.tracks import RATE, write
from tests.tiny_sound import build_musicgen


def film(
    path: Path, seconds: float, fps: Fraction = Fraction(12), *, audio: Path | None = None, lit: int = -1
) -> Path:
    """Write black frames, with a white one at ``lit``."""
    with open_sink(path, fps=fps, size=SIZE, audio=audio) as sink:
        for index in range(round(seconds * fps)):
            sink.write(np.full((*SIZE, 3), 255 if index == lit else 0, np.uint8))
    return path


def made(clip: Path, output: Path, **settings: Any) -> tuple[np.ndarray, list[str]]:
    events: list[Event] = []
    samples = soundtrack(clip, output, on_event=events.append, **settings)
    return samples, [event.message for event in events if isinstance(event, Notice)]


@pytest.mark.parametrize("fps", [Fraction(12), Fraction(24000, 1001)])
def test_ambience_is_as_long_as_the_clip_and_says_what_it_is(tmp_path: Path, fps: Fraction) -> None:
    clip = film(tmp_path / "clip.mp4", 3, fps)
    samples, told = made(clip, tmp_path / "track.wav", prompt="0: the sea | 20: a train")
    seconds = round(3 * fps) / fps
    assert len(samples) == round(seconds * 48_000)
    assert "procedural ambience: sea, train" in told
    assert loudness_of(read_samples(tmp_path / "track.wav", layout="stereo")).integrated == pytest.approx(
        -16, abs=1
    )
    with av.open(str(tmp_path / "track.wav")) as container:
        assert "procedural" in container.metadata["comment"]


def test_a_clap_at_a_cut_is_in_step_after_five_minutes(tmp_path: Path) -> None:
    seconds, fps = 300.0, Fraction(4)
    time = np.arange(int(RATE * seconds)) / RATE
    sound = 0.05 * np.sin(2 * np.pi * 100 * time)
    at = seconds - 5
    sound[round(at * RATE) : round(at * RATE) + 120] += 0.9
    song = write(tmp_path / "song.mp3", sound)
    silent = film(tmp_path / "silent.mp4", seconds, fps)
    made(silent, tmp_path / "track.m4a", music=song, no_ambience=True)
    clip = film(tmp_path / "clip.mp4", seconds, fps, audio=tmp_path / "track.m4a", lit=round(at * fps))
    heard = np.abs(read_samples(clip)[:, 0])
    with av.open(str(clip)) as container:
        frames = container.decode(video=0)
        bright = [frame.time for frame in frames if frame.to_ndarray(format="gray").mean() > 100]
    assert bright == [pytest.approx(at, abs=1e-3)]
    assert abs(int(np.argmax(heard)) / 48_000 - bright[0]) < 0.02
    assert len(heard) / 48_000 == pytest.approx(seconds, abs=0.1)


def test_a_model_makes_the_sound_of_every_prompt(tmp_path: Path) -> None:
    clip, model = film(tmp_path / "clip.mp4", 1), build_musicgen(tmp_path / "model")
    samples, _ = made(clip, tmp_path / "a.wav", prompt="0: the sea | 11: a train", model=model)
    assert samples.shape == (48_000, 2)
    assert np.abs(samples[-4800:]).max() > 0.01


@pytest.mark.skipif(not can_speak(), reason="espeak-ng is not installed")
def test_narration_that_is_longer_than_the_clip_is_said(tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mp4", 1)
    _, told = made(clip, tmp_path / "a.wav", no_ambience=True, say="It begins at sea, and ends in the hills.")
    assert any("its end is cut" in line for line in told)


def test_what_cannot_be_made_says_why(tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mp4", 1)
    with pytest.raises(UsageError, match="give --prompt"):
        made(clip, tmp_path / "a.wav")
    with pytest.raises(UsageError, match="no sound file"):
        made(clip, tmp_path / "a.mp4", prompt="the sea")
    with pytest.raises(UsageError, match="nothing to hear"):
        made(clip, tmp_path / "a.wav", prompt="an owl")
    with pytest.raises(UsageError, match="frames or seconds"):
        made(clip, tmp_path / "a.wav", prompt="beat 0: the sea | beat 4: a train")
    made(clip, tmp_path / "a.wav", prompt="the sea")
    with pytest.raises(OutputExists):
        made(clip, tmp_path / "a.wav", prompt="the sea")


def test_it_is_a_function_of_the_package(tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mp4", 1)
    samples = framesmooth.soundtrack(str(clip), str(tmp_path / "sea.wav"), prompt="the sea")
    heard = framesmooth.listen(str(tmp_path / "sea.wav"))
    assert samples.shape == (48_000, 2)
    assert heard.seconds == pytest.approx(1, abs=1e-3)
    with pytest.raises(OutputExists):
        framesmooth.soundtrack(clip, tmp_path / "sea.wav", prompt="the sea")
