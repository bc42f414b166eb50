"""Videos that are read: rates, rotation, pixels that are not square, truncation."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from framesmooth.errors import MediaError
from framesmooth.frames import Frame, FrameSource
from framesmooth.video import Reading, open_source
from framesmooth.video.reader import resample
from tests.video.frames import FPS, flat, gradient, psnr, write


@pytest.mark.parametrize("fps", [Fraction(24000, 1001), Fraction(30000, 1001), Fraction(8), Fraction(25, 2)])
def test_the_rate_is_an_exact_fraction(tmp_path: Path, fps: Fraction) -> None:
    write(tmp_path / "clip.mp4", gradient(), fps=fps)
    assert open_source(tmp_path / "clip.mp4").fps == fps


def test_each_iteration_starts_again(tmp_path: Path) -> None:
    write(tmp_path / "clip.mp4", gradient())
    source = open_source(tmp_path / "clip.mp4")
    first, second = next(iter(source)), next(iter(source))
    assert np.array_equal(first, second)
    assert isinstance(source, FrameSource)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_rotated_video_comes_out_upright(tmp_path: Path, degrees: int) -> None:
    upright = gradient(1)[0]
    stored = np.ascontiguousarray(np.rot90(upright, k=-degrees // 90))
    encode(tmp_path / "turned.mkv", [stored] * 3, [0, 1, 2], rotation=degrees)
    source = open_source(tmp_path / "turned.mkv")
    assert source.size == (48, 64)
    assert psnr(next(iter(source)), upright) > 50


def encode(
    path: Path,
    frames: Sequence[Frame],
    times: Sequence[int],
    rotation: int = 0,
    rate: int = 30,
    held: int = 1,
    ratio: tuple[int, int] | None = None,
) -> None:
    """Write frames losslessly at the given multiples of 1 / rate, without framesmooth.

    The last frame is shown ``held`` times as long as the others; ``ratio`` is a pixel's width to height.
    """
    codec, pix_fmt = ("ffv1", "bgr0") if path.suffix == ".mkv" else ("libx264rgb", "rgb24")
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options={} if codec == "ffv1" else {"crf": "0"})
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pix_fmt
        stream.codec_context.time_base = Fraction(1, rate)
        if ratio:
            stream.codec_context.sample_aspect_ratio = Fraction(*ratio)
        if rotation:
            stream.set_display_rotation(rotation)
        packets = []
        for time, frame in zip(times, frames, strict=True):
            picture = av.VideoFrame.from_ndarray(frame).reformat(format=pix_fmt)
            picture.pts, picture.time_base = time, Fraction(1, rate)
            packets += stream.encode(picture)
        packets += stream.encode(None)
        last = max(packets, key=lambda packet: packet.pts or 0)
        for packet in packets:
            packet.duration = held if packet is last else 1
            container.mux(packet)


@pytest.mark.parametrize("name", ["clip.mkv", "clip.mp4"])
@pytest.mark.parametrize("start", [0, 150])
def test_a_held_last_frame_and_a_late_start_are_no_truncation(tmp_path: Path, name: str, start: int) -> None:
    frames = [flat((20 * i, 0, 0)) for i in range(5)]
    encode(tmp_path / name, frames, range(start, start + 5), held=90)
    source = open_source(tmp_path / name)
    assert (source.fps, source.num_frames, len(list(source))) == (Fraction(30), 5, 5)
    resampled = open_source(tmp_path / name, fps=Fraction(10))
    assert resampled.num_frames == len(list(resampled)) == 31


@pytest.mark.parametrize("start", [0, 150])
def test_a_truncated_video_is_found(tmp_path: Path, start: int) -> None:
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 255, (32, 32, 3), dtype=np.uint8) for _ in range(40)]
    encode(tmp_path / "clip.mkv", noise, range(start, start + 40))
    whole = (tmp_path / "clip.mkv").read_bytes()
    (tmp_path / "clip.mkv").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(MediaError, match="truncated"):
        open_source(tmp_path / "clip.mkv", reading=Reading(strict=True))
    read = list(open_source(tmp_path / "clip.mkv"))
    assert 15 <= len(read) <= 20
    assert all(np.array_equal(*pair) for pair in zip(read, noise, strict=False))


@pytest.mark.parametrize(("ratio", "width"), [((16, 11), 94), ((8, 9), 56), ((1, 1), 64), (None, 64)])
def test_pixels_come_out_square(tmp_path: Path, ratio: tuple[int, int] | None, width: int) -> None:
    encode(tmp_path / "wide.mp4", gradient(3), range(3), ratio=ratio)
    source = open_source(tmp_path / "wide.mp4")
    assert source.size == (48, width)
    with Image.fromarray(gradient(1)[0]) as stored:
        expected = np.asarray(stored.resize((width, 48), Image.Resampling.BICUBIC))
    read = list(source)
    assert {frame.shape for frame in read} == {(48, width, 3)}
    assert psnr(read[0], expected) > 35


def test_a_turned_video_with_wide_pixels(tmp_path: Path) -> None:
    encode(tmp_path / "wide.mp4", gradient(2), range(2), rotation=90, ratio=(3, 2))
    assert open_source(tmp_path / "wide.mp4").size == (96, 48)


@pytest.mark.parametrize("tag", [b"xx:yy:zz.000000000", b"00:00           00"])
def test_a_malformed_duration_is_no_error(tmp_path: Path, tag: bytes) -> None:
    encode(tmp_path / "clip.mkv", gradient(), range(6))
    whole = (tmp_path / "clip.mkv").read_bytes()
    good = b"00:00:00.200000000"
    assert good in whole
    (tmp_path / "clip.mkv").write_bytes(whole.replace(good, tag.ljust(len(good), b"0")))
    assert open_source(tmp_path / "clip.mkv").num_frames == 6


def test_a_variable_rate_becomes_the_average_or_is_resampled(tmp_path: Path) -> None:
    frames = [flat((20 * i, 0, 0)) for i in range(5)]
    encode(tmp_path / "vfr.mkv", frames, [0, 1, 2, 6, 10])
    averaged = open_source(tmp_path / "vfr.mkv")
    assert averaged.num_frames == 5
    assert float(averaged.fps) == pytest.approx(4 / (10 / 30), rel=0.02)
    resampled = open_source(tmp_path / "vfr.mkv", fps=Fraction(30))
    shown = [int(frame[0, 0, 0]) // 20 for frame in resampled]
    assert shown[:11] == [0, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4]
    assert resampled.num_frames == len(shown)


def test_resampling_at_the_own_rate_changes_nothing() -> None:
    frames = [flat((i, i, i)) for i in range(7)]
    timed = [(Fraction(round(1000 * i / 12), 1000), frame) for i, frame in enumerate(frames)]
    assert [int(f[0, 0, 0]) for f in resample(timed, FPS, Fraction(7, 12))] == list(range(7))


@pytest.mark.parametrize(("own", "fps", "count"), [(24, 12, 12), (60, 30, 12), (24, 12, 13), (48, 12, 9)])
def test_decimation_is_even(tmp_path: Path, own: int, fps: int, count: int) -> None:
    frames = [flat((10 * i, 0, 0)) for i in range(count)]
    timed = [(Fraction(i, own), frame) for i, frame in enumerate(frames)]
    shown = [int(f[0, 0, 0]) // 10 for f in resample(timed, Fraction(fps), Fraction(count, own))]
    assert len(shown) == (count * fps) // own
    assert {later - earlier for earlier, later in pairwise(shown)} == {own // fps}
    encode(tmp_path / "clip.mkv", frames, range(count), rate=own)  # times in whole milliseconds
    source = open_source(tmp_path / "clip.mkv", fps=Fraction(fps))
    assert [int(f[0, 0, 0]) // 10 for f in source] == shown
    assert source.num_frames == len(shown)


def test_a_clip_shorter_than_a_slot_keeps_a_frame() -> None:
    timed = [(Fraction(i, 100), flat((i, i, i))) for i in range(3)]
    assert len(list(resample(timed, Fraction(1), Fraction(3, 100)))) == 1
