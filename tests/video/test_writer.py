"""Clips that are written and read back: colours, sizes, codecs, what was there, what an error leaves."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from framesmooth.errors import MediaError, OutputExists, UsageError
from framesmooth.video import open_sink, open_source, read_metadata
from framesmooth.video.writer import OddSize
from tests.video.frames import COLOURS, FPS, flat, gradient, leftovers, psnr, write


@pytest.mark.parametrize("name", ["clip.mp4", "clip.m4v", "clip.mov", "clip.mkv", "clip.webm"])
def test_saturated_colours_survive_a_video(tmp_path: Path, name: str) -> None:
    written = [flat(colour) for colour in COLOURS]
    write(tmp_path / name, written)
    source = open_source(tmp_path / name)
    assert (source.fps, source.size, source.num_frames) == (FPS, (48, 64), len(COLOURS))
    for read, original in zip(source, written, strict=True):
        assert np.abs(read.astype(int) - original).max() <= 3
        assert psnr(read, original) > 40


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.webm"])
def test_the_stream_is_tagged_as_bt709_limited(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, gradient(), metadata={"prompt": "a cat", "framesmooth": '{"seed": 7}'})
    with av.open(str(tmp_path / name)) as container:
        context = container.streams.video[0].codec_context
        assert (context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1)
        assert context.color_range == 1
        assert context.pix_fmt == "yuv420p"
    tags = read_metadata(tmp_path / name)
    assert tags["prompt"] == "a cat"
    assert tags["framesmooth"] == '{"seed": 7}'


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "h265"), ("a.mp4", "av1"), ("a.mov", "prores"), ("a.mkv", "vp9")]
)
def test_other_codecs(tmp_path: Path, name: str, codec: str) -> None:
    frames = gradient(3, (64, 64))
    write(tmp_path / name, frames, codec=codec)
    for read, original in zip(open_source(tmp_path / name), frames, strict=True):
        assert psnr(read, original) > 27


@pytest.mark.parametrize("name", ["clip.mkv", "frames/", "frames", "frames.v2"])
def test_lossless_outputs_are_bit_identical(tmp_path: Path, name: str) -> None:
    frames = gradient(size=(47, 63))
    codec = "ffv1" if name.endswith(".mkv") else None
    write(f"{tmp_path}/{name}", frames, codec=codec)
    read = list(open_source(tmp_path / name))
    assert all(np.array_equal(*pair) for pair in zip(read, frames, strict=True))


@pytest.mark.parametrize(("odd", "size"), [("pad", (48, 64)), ("crop", (46, 62))])
def test_odd_sides_are_padded_or_cropped(tmp_path: Path, odd: OddSize, size: tuple[int, int]) -> None:
    write(tmp_path / "clip.mp4", gradient(size=(47, 63)), odd=odd)
    assert open_source(tmp_path / "clip.mp4").size == size


def test_odd_sides_are_refused_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"63x47 has an odd side.*--odd-size pad"):
        write(tmp_path / "clip.mp4", gradient(size=(47, 63)))
    assert leftovers(tmp_path) == []


class Interrupted(BaseException):
    """Stands for Ctrl-C, which pytest would take for its own."""


@pytest.mark.parametrize("name", ["clip.mp4", "clip.gif", "clip.webp", "frames/"])
@pytest.mark.parametrize("error", [RuntimeError, Interrupted])
def test_nothing_is_left_after_an_error(tmp_path: Path, name: str, error: type[BaseException]) -> None:
    def interrupted() -> None:
        with open_sink(f"{tmp_path}/{name}", fps=FPS, size=(48, 64)) as sink:
            sink.write(gradient()[0])
            raise error

    with pytest.raises(error):
        interrupted()
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("name", ["clip.mp4", "clip.gif", "clip.webp", "frames/"])
def test_no_frame_is_an_error(tmp_path: Path, name: str) -> None:
    with (
        pytest.raises(MediaError, match="no frame was written"),
        open_sink(f"{tmp_path}/{name}", fps=FPS, size=(48, 64)),
    ):
        pass
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("name", ["clip.mp4", "clip.webp", "frames/"])
def test_what_exists_is_kept_unless_overwritten(tmp_path: Path, name: str) -> None:
    target = f"{tmp_path}/{name}"
    write(target, gradient(6))
    with pytest.raises(OutputExists, match="--overwrite"):
        write(target, gradient(3))
    assert open_source(target).num_frames == 6
    write(target, gradient(3), overwrite=True)
    assert open_source(target).num_frames == 3


def test_overwriting_a_folder_keeps_other_files(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "frame_1.png.bak").write_text("mine")
    write(f"{tmp_path}/", gradient(2), overwrite=True)
    assert leftovers(tmp_path) == ["frame_000000.png", "frame_000001.png", "frame_1.png.bak", "notes.txt"]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("clip.png", {}, "cannot write a clip as .png"),
        ("clip.avi", {}, "cannot write a clip as .avi"),
        ("clip.mp4", {"codec": "theora"}, "unknown codec"),
        ("clip.webm", {"codec": "h264"}, "does not hold h264"),
        ("clip.mp4", {"crf": 99}, "out of range"),
        ("clip.gif", {"codec": "h264"}, "neither --codec"),
    ],
)
def test_outputs_that_make_no_sense(tmp_path: Path, name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        write(tmp_path / name, gradient(), **options)
    assert leftovers(tmp_path) == []


def test_frames_of_another_size_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"frame 1 .* is 32x32, not 64x48"):
        write(tmp_path / "clip.mp4", [flat((0, 0, 0)), flat((0, 0, 0), (32, 32))])
    assert leftovers(tmp_path) == []
