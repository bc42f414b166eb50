"""Sound beside the frames ends with them."""

from pathlib import Path

import av
import numpy as np
import pytest

from framesmooth.errors import MediaError, UsageError
from framesmooth.video import write_png
from framesmooth.video.audio_track import has_audio
from tests.video.frames import gradient, leftovers, write


def tone(path: Path, seconds: float) -> None:
    samples = np.arange(round(48_000 * seconds))
    wave = (0.5 * np.sin(2 * np.pi * 440 * samples / 48_000) * 32767).astype(np.int16)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=48_000)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        block = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
        block.sample_rate, block.pts = 48_000, 0
        container.mux(stream.encode(block))
        container.mux(stream.encode(None))


@pytest.mark.parametrize(("name", "codec"), [("clip.mp4", "aac"), ("clip.webm", "opus")])
@pytest.mark.parametrize("seconds", [0.3, 3.0])
def test_sound_is_cut_at_the_last_frame(tmp_path: Path, name: str, codec: str, seconds: float) -> None:
    tone(tmp_path / "tone.wav", seconds)
    write(tmp_path / name, gradient(12), audio=tmp_path / "tone.wav")
    assert has_audio(tmp_path / name)
    with av.open(str(tmp_path / name)) as container:
        assert container.streams.audio[0].codec_context.name.endswith(codec)
        samples = sum(block.samples for block in container.decode(audio=0))
    assert samples / 48_000 == pytest.approx(min(seconds, 1.0), abs=0.07)


def test_sound_that_is_none(tmp_path: Path) -> None:
    write(tmp_path / "mute.mp4", gradient())
    with pytest.raises(MediaError, match="holds no sound"):
        write(tmp_path / "clip.mp4", gradient(), audio=tmp_path / "mute.mp4")
    with pytest.raises(UsageError, match="drop --audio"):
        write(f"{tmp_path}/frames/", gradient(), audio=tmp_path / "mute.mp4")
    assert leftovers(tmp_path) == ["mute.mp4"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for index, frame in enumerate(gradient(12)):
        write_png(tmp_path / "in" / f"f{index}.png", frame)
    return tmp_path / "in"
