"""The film in a file is found beside covers and other streams; delays count as in browsers."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from PIL import Image

from framesmooth.errors import MediaError
from framesmooth.frames import notices_of
from framesmooth.video import open_sink, open_source
from framesmooth.video.stream_choice import choose_stream

COVER, FILM = (220, 30, 30), (30, 30, 220)


def write_streams(
    path: Path, *streams: tuple[str, int, tuple[int, int], bool], sound: bool = False, default: int = -1
) -> Path:
    """Write video streams given as (codec, number of frames, (height, width), whether it is a cover)."""
    with av.open(str(path), "w") as container:
        opened = []
        for place, (codec, _, (height, width), is_cover) in enumerate(streams):
            stream = container.add_stream(codec, rate=10)
            assert isinstance(stream, av.VideoStream)
            stream.width, stream.height = width, height
            stream.pix_fmt = {"mjpeg": "yuvj420p", "png": "rgb24"}.get(codec, "yuv420p")
            if is_cover:
                stream.disposition = Disposition.attached_pic
            elif default >= 0:
                stream.disposition = Disposition.default if place == default else Disposition(0)
            opened.append(stream)
        tone = container.add_stream("aac", rate=48000) if sound else None
        for index in range(max(frames for _, frames, _, _ in streams)):
            for stream, (_, frames, (height, width), _) in zip(opened, streams, strict=True):
                if index < frames:
                    color = COVER if frames == 1 else FILM
                    picture = av.VideoFrame.from_ndarray(np.full((height, width, 3), color, np.uint8))
                    picture.pts, picture.time_base = index, Fraction(1, 10)
                    container.mux(stream.encode(picture))
        if tone is not None:
            assert isinstance(tone, av.AudioStream)
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 48000), np.float32), "fltp", "mono")
            silence.sample_rate, silence.pts = 48000, 0
            container.mux(tone.encode(silence))
            container.mux(tone.encode(None))
        for stream in opened:
            container.mux(stream.encode(None))
    return path


COVER_FIRST = [("mjpeg", 1, (64, 64), False), ("libx264", 12, (48, 64), False)]


@pytest.mark.input_table(
    "Streams", "a cover or single picture beside the film, in any order", "the film is taken, and it is said"
)
@pytest.mark.parametrize(
    ("name", "attached"),
    [("a.mkv", False), ("a.mkv", True), ("a.mov", False), ("a.mp4", False), ("a.mp4", True)],
)
@pytest.mark.parametrize("order", [1, -1])
def test_a_cover_is_no_film(tmp_path: Path, name: str, order: int, attached: bool) -> None:
    streams = [(*stream[:3], attached and stream[1] == 1) for stream in COVER_FIRST[::order]]
    source = open_source(write_streams(tmp_path / name, *streams))
    frames = list(source)
    assert (source.num_frames, len(frames), source.size) == (12, 12, (48, 64))
    assert np.abs(frames[0].astype(int) - FILM).max() < 12
    (line,) = notices_of(source)
    assert line.startswith(f"{name} has 2 video streams: ")
    assert "(h264, 64x48) is taken" in line


@pytest.mark.input_table(
    "Streams", "several films in one file", "the default one is taken, else the largest; the others are named"
)
def test_the_default_stream_and_else_the_largest(tmp_path: Path) -> None:
    films = [("libx264", 6, (48, 64), False), ("libx264", 6, (96, 128), False)]
    flagged = write_streams(tmp_path / "flagged.mkv", *films, default=0)
    assert open_source(flagged).size == (48, 64)
    second = write_streams(tmp_path / "second.mkv", *films, default=1)
    assert open_source(second).size == (96, 128)
    plain = write_streams(tmp_path / "plain.ts", *films)
    source = open_source(plain)
    assert source.size == (96, 128)
    (line,) = notices_of(source)
    assert line == "plain.ts has 2 video streams: #1 (h264, 128x96) is taken, left out: #0 (h264, 64x48)"


def test_one_stream_needs_no_notice(tmp_path: Path) -> None:
    path = write_streams(tmp_path / "a.mp4", COVER_FIRST[1])
    assert choose_stream(path).notice == ""
    assert notices_of(open_source(path)) == ()


@pytest.mark.input_table("Streams", "sound with a cover picture", "refused: that is no film")
def test_sound_with_a_cover_is_no_film(tmp_path: Path) -> None:
    path = write_streams(tmp_path / "a.mp4", ("mjpeg", 1, (64, 64), True), sound=True)
    with pytest.raises(MediaError, match="cover picture"):
        open_source(path)


@pytest.mark.input_table("Animations", "animated AVIF, PNG, GIF and WebP, by content", "all frames are read")
@pytest.mark.parametrize("name", ["a.avif", "a.png", "a.apng", "a.webp", "a.gif", "avif", "a.mp4"])
def test_every_frame_of_an_animation(tmp_path: Path, name: str) -> None:
    images = [Image.new("RGB", (64, 48), (20 * index, 100, 50)) for index in range(8)]
    form = {"a.apng": "PNG", "avif": "AVIF", "a.mp4": "GIF"}.get(name)
    images[0].save(tmp_path / name, form, save_all=True, append_images=images[1:], duration=50)
    source = open_source(tmp_path / name)
    frames = list(source)
    assert (source.num_frames, len(frames), source.fps) == (8, 8, Fraction(20))
    assert np.abs(np.array([frame[0, 0, 0] for frame in frames], int) - range(0, 160, 20)).max() <= 4


def test_exact_delays_of_animated_png(tmp_path: Path) -> None:
    images = [Image.new("RGB", (16, 16), (30 * index, 0, 0)) for index in range(6)]
    images[0].save(tmp_path / "a.png", save_all=True, append_images=images[1:], duration=1000 / 24)
    assert open_source(tmp_path / "a.png").fps == 24


def test_a_stand_in_picture_is_no_frame_of_an_animated_png(tmp_path: Path) -> None:
    images = [Image.new("RGB", (16, 16), (30 * index, 0, 0)) for index in range(4)]
    images[0].save(
        tmp_path / "a.png", save_all=True, append_images=images[1:], duration=100, default_image=True
    )
    assert [int(frame[0, 0, 0]) for frame in open_source(tmp_path / "a.png")] == [30, 60, 90]


@pytest.mark.input_table(
    "Animations", "delays of 10 ms or less", "count as 100 ms, as in browsers, and it is said"
)
@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png", "a.avif"])
@pytest.mark.parametrize(
    ("delay", "fps", "length"), [(0, 10, 8), (10, 10, 8), (20, 50, 8), (100, 10, 8), (500, 2, 8)]
)
def test_short_delays_count_as_in_browsers(
    tmp_path: Path, name: str, delay: int, fps: int, length: int
) -> None:
    images = [Image.new("RGB", (16, 16), (30 * index, 0, 0)) for index in range(8)]
    images[0].save(tmp_path / name, save_all=True, append_images=images[1:], duration=delay)
    source = open_source(tmp_path / name)
    assert (source.fps, source.num_frames, len(list(source))) == (Fraction(fps), length, length)
    said = [line for line in notices_of(source) if "as browsers do" in line]
    assert len(said) == (delay <= 10)


def test_some_short_delays_among_long_ones(tmp_path: Path) -> None:
    images = [Image.new("RGB", (16, 16), (30 * index, 0, 0)) for index in range(4)]
    images[0].save(tmp_path / "a.gif", save_all=True, append_images=images[1:], duration=[10, 200, 10, 100])
    source = open_source(tmp_path / "a.gif")
    assert [int(frame[0, 0, 0]) for frame in source] == [0, 30, 30, 60, 90]
    assert source.fps == 10
    (line,) = notices_of(source)
    assert line.startswith("a.gif: 2 of 4 frames have a delay of 10 ms or less")


@pytest.mark.parametrize("name", ["a.gif", "a.webp"])
def test_what_we_wrote_keeps_its_rate(tmp_path: Path, name: str) -> None:
    fps = Fraction(50 if name == "a.gif" else 120)
    frames = [np.full((16, 16, 3), 20 * (index // 2), np.uint8) for index in range(10)]
    with open_sink(tmp_path / name, fps=fps, size=(16, 16)) as sink:
        for frame in frames:
            sink.write(frame)
    source = open_source(tmp_path / name)
    assert (source.fps, source.num_frames) == (fps, 10)
    assert notices_of(source) == ()
