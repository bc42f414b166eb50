"""Hearing files: every kind of sound is heard at the times at which a clip plays it."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from framesmooth.errors import MediaError
from framesmooth.sound.listening import listen
from framesmooth.video.audio_samples import read_samples
from tests.sound.tracks import RATE, drums, write


def film(path: Path, sound: np.ndarray, *, rate: int, layout: str, cover: bool, encoder: str) -> Path:
    """Write a file with sound, and with a picture: a cover, or a film's frames."""
    with av.open(str(path), "w") as output:
        if cover:
            picture = output.add_stream("mjpeg", rate=1)
            picture.width, picture.height, picture.pix_fmt = 64, 64, "yuvj420p"
            picture.disposition = av.stream.Disposition.attached_pic
        stream = output.add_stream(encoder, rate=rate)
        assert isinstance(stream, av.AudioStream)
        stream.layout = layout
        channels = stream.layout.nb_channels
        if cover:
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, np.uint8), format="rgb24")
            output.mux(picture.encode(frame))
            output.mux(picture.encode(None))
        many = np.repeat(sound.astype(np.float32)[:, None], channels, axis=1)
        block = av.AudioFrame.from_ndarray(many.reshape(1, -1), format="flt", layout=layout)
        block.sample_rate, block.pts, block.time_base = rate, 0, Fraction(1, rate)
        resampler = av.AudioResampler(stream.format, layout, rate, stream.frame_size or 1024)
        for part in [*resampler.resample(block), *resampler.resample(None)]:
            output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "rate", "layout", "cover", "encoder"),
    [
        ("mono.wav", 8000, "mono", False, "pcm_s16le"),
        ("odd.wav", 22_050, "stereo", False, "pcm_s16le"),
        ("surround.flac", 48_000, "5.1", False, "flac"),
        ("variable.mp3", 44_100, "stereo", False, "libmp3lame"),
        ("cover.mp4", 44_100, "stereo", True, "aac"),
        ("film.mka", 48_000, "mono", False, "libopus"),
    ],
)
def test_beats_of_every_kind_of_file(
    tmp_path: Path, name: str, rate: int, layout: str, cover: bool, encoder: str
) -> None:
    sound, beats = drums(110, 8, seed=3)
    grid = np.arange(int(len(sound) / RATE * rate)) / rate
    resampled = np.interp(grid, np.arange(len(sound)) / RATE, sound)
    path = film(tmp_path / name, resampled, rate=rate, layout=layout, cover=cover, encoder=encoder)
    found = listen(path)
    assert found.seconds == pytest.approx(8, abs=0.1)
    assert found.beats.bpm == pytest.approx(110, rel=0.02)
    assert max(np.abs(beats - time).min() for time in found.beats.times) < 0.03


def test_silence_is_said(tmp_path: Path) -> None:
    heard = listen(write(tmp_path / "silent.wav", np.zeros(RATE * 3)))
    assert heard.is_silent
    assert heard.as_dict()["bpm"] is None
    assert heard.loudness.integrated is None


def test_levels_tell_low_from_high(tmp_path: Path) -> None:
    time = np.arange(RATE * 4) / RATE
    low, high = np.sin(2 * np.pi * 80 * time) * (time < 2), np.sin(2 * np.pi * 5000 * time) * (time >= 2)
    heard = listen(write(tmp_path / "two.wav", 0.4 * (low + high)))
    for name, place in (("low", 100), ("high", 300)):
        assert heard.levels[name][place] > 0.9
        assert heard.levels[name][400 - place] < 0.1


def test_what_is_no_sound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="does not exist"):
        listen(tmp_path / "none.mp3")
    (tmp_path / "text.mp3").write_text("no sound")
    with pytest.raises(MediaError):
        listen(tmp_path / "text.mp3")
    with pytest.raises(MediaError, match="holds no sound"):
        read_samples(Path("samples/clean.mp4"))
