"""Clips written and read back: frames, colours, tags, time, sound."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from framesmooth.errors import MediaError, OutputExists, UsageError
from framesmooth.frames import Frame, FrameSource
from framesmooth.video import Reading, open_sink, open_source, read_image, read_metadata, write_png
from framesmooth.video.animation_metadata import find_timing
from framesmooth.video.audio_track import has_audio
from framesmooth.video.reader import resample
from framesmooth.video.writer import OddSize
from tests.scenes import texture

FPS = Fraction(12)
COLOURS = [
    (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255), (255, 0, 255),
    (0, 0, 0), (255, 255, 255), (128, 128, 128), (200, 100, 50), (12, 200, 180), (90, 30, 160),
]  # fmt: skip


def flat(colour: Sequence[int], size: tuple[int, int] = (48, 64)) -> Frame:
    return np.full((*size, 3), colour, dtype=np.uint8)


def gradient(count: int = 6, size: tuple[int, int] = (48, 64)) -> list[Frame]:
    y, x = np.mgrid[: size[0], : size[1]]
    return [
        np.stack([(x * 3 + 8 * t) % 256, (y * 4) % 256, (x + y + 3 * t) % 256], axis=-1).astype(np.uint8) // 2
        for t in range(count)
    ]


def write(path: Path | str, frames: Sequence[Frame], fps: Fraction = FPS, **options: Any) -> None:
    with open_sink(path, fps=fps, size=frames[0].shape[:2], **options) as sink:
        for frame in frames:
            sink.write(frame)


def psnr(image: Frame, reference: Frame) -> float:
    error = float(np.mean((image.astype(np.float64) - reference) ** 2))
    return float(10 * np.log10(255**2 / max(error, 1e-12)))


def leftovers(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


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


@pytest.mark.parametrize(("name", "floor"), [("clip.gif", 24.0), ("clip.webp", 36.0)])
def test_animations_keep_time_and_picture(tmp_path: Path, name: str, floor: float) -> None:
    frames = gradient(5, (41, 63))
    write(tmp_path / name, frames, fps=Fraction(10))
    source = open_source(tmp_path / name)
    assert (source.fps, source.size, source.num_frames) == (Fraction(10), (41, 63), 5)
    for read, original in zip(source, frames, strict=True):
        assert psnr(read, original) > floor


def test_what_changes_slowly_stays_as_sharp_in_a_webp(tmp_path: Path) -> None:
    picture = texture(64, 96, seed=3)
    frames = [np.asarray(picture * (230 - 6 * time), np.uint8) for time in range(24)]
    write(tmp_path / "clip.webp", frames)
    found = [psnr(*pair) for pair in zip(open_source(tmp_path / "clip.webp"), frames, strict=True)]
    assert min(found) > found[0] - 1.5


def test_a_gif_has_a_highest_rate(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"50 frames a second, and this clip has 60: write a \.webp"):
        write(tmp_path / "clip.gif", gradient(3, (40, 62)), fps=Fraction(60))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["clip.gif", "clip.webp"])
def test_animations_keep_tags_of_any_length_and_script(tmp_path: Path, name: str) -> None:
    tags = {
        "title": "ein Segelboot bei Dämmerung, 夜の海",
        "comment": "made by framesmooth; " + "seed: 7 " * 90,
    }
    write(tmp_path / name, gradient(3, (41, 63)), metadata=tags)
    assert read_metadata(tmp_path / name) == tags
    assert open_source(tmp_path / name).num_frames == 3
    write(tmp_path / f"plain-{name}", gradient(3, (41, 63)))
    assert read_metadata(tmp_path / f"plain-{name}") == {}


@pytest.mark.parametrize("name", ["clip.gif", "clip.webp"])
@pytest.mark.parametrize("fps", [Fraction(12), Fraction(30000, 1001), Fraction(50)])
@pytest.mark.parametrize("lengths", [(1,), (2,), (1, 1), (12, 12), (1, 5, 1, 1, 4)])
def test_animations_give_back_held_frames(
    tmp_path: Path, name: str, fps: Fraction, lengths: Sequence[int]
) -> None:
    frames = [flat((40 * i + 20, 0, 100)) for i, length in enumerate(lengths) for _ in range(length)]
    write(tmp_path / name, frames, fps=fps)
    source = open_source(tmp_path / name)
    assert (source.fps, source.num_frames) == (fps, len(frames))
    for read, original in zip(source, frames, strict=True):
        assert np.abs(read.astype(int) - original).max() < 12
    resampled = open_source(tmp_path / name, fps=2 * fps)
    assert resampled.num_frames == len(list(resampled)) == 2 * len(frames)


def test_one_held_frame_of_a_webp_is_readable_elsewhere(tmp_path: Path) -> None:
    write(tmp_path / "clip.webp", gradient(1, (41, 63)) * 3)
    with av.open(str(tmp_path / "clip.webp")) as container:
        assert next(container.decode(video=0)).width == 63


@pytest.mark.parametrize(
    ("milliseconds", "fps", "repeats"),
    [
        ([80, 80], 12, [1, 1]),
        ([80, 90, 80] * 8, 12, [1] * 24),
        ([70, 60, 70, 600], 15, [1, 1, 1, 9]),
        ([80] * 100, Fraction(25, 2), [1] * 100),
        ([100, 500, 100], 10, [1, 5, 1]),
    ],
)
def test_a_foreign_animation_runs_at_its_shortest_duration(
    milliseconds: list[int], fps: Fraction, repeats: list[int]
) -> None:
    timing = find_timing([Fraction(ms, 1000) for ms in milliseconds], Fraction(1, 100), None)
    assert (timing.fps, list(timing.repeats)) == (fps, repeats)


def test_a_note_that_the_frames_contradict_is_ignored() -> None:
    cut = find_timing([Fraction(1, 10)] * 3, Fraction(1, 1000), (900, Fraction(10)))
    assert (cut.fps, cut.repeats) == (Fraction(10), (1, 1, 1))


@given(st.lists(st.integers(1, 300), min_size=1, max_size=20), st.sampled_from([10, 1]))
def test_no_frame_of_a_foreign_animation_is_lost(ticks: list[int], tick: int) -> None:
    timing = find_timing([Fraction(n * tick, 1000) for n in ticks], Fraction(tick, 1000), None)
    assert len(timing.repeats) == len(ticks)
    assert min(timing.repeats) >= 1


def test_a_gif_written_elsewhere_is_read(tmp_path: Path) -> None:
    pictures = [Image.new("RGB", (16, 16), (90 * i, 0, 0)) for i in range(3)]
    pictures[0].save(
        tmp_path / "a.gif",
        save_all=True,
        append_images=pictures[1:],
        duration=[100, 300, 100],
        comment=b"mine",
    )
    source = open_source(tmp_path / "a.gif")
    assert (source.fps, source.num_frames) == (Fraction(10), 5)
    assert [round(int(frame[0, 0, 0]) / 90) for frame in source] == [0, 1, 1, 1, 2]


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


@pytest.mark.parametrize(("odd", "size"), [("pad", (48, 64)), ("crop", (46, 62))])
def test_odd_sides_are_padded_or_cropped(tmp_path: Path, odd: OddSize, size: tuple[int, int]) -> None:
    write(tmp_path / "clip.mp4", gradient(size=(47, 63)), odd=odd)
    assert open_source(tmp_path / "clip.mp4").size == size


def test_odd_sides_are_refused_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"63x47 has an odd side.*--odd-size pad"):
        write(tmp_path / "clip.mp4", gradient(size=(47, 63)))
    assert leftovers(tmp_path) == []


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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for index, frame in enumerate(gradient(12)):
        write_png(tmp_path / "in" / f"f{index}.png", frame)
    return tmp_path / "in"


def test_folders_are_read_in_natural_order(folder: Path) -> None:
    read = list(open_source(folder, fps=Fraction(25)))
    assert all(np.array_equal(*pair) for pair in zip(read, gradient(12), strict=True))


def test_a_gap_in_the_numbers_is_an_error_if_strict(folder: Path) -> None:
    (folder / "f5.png").unlink()
    assert open_source(folder).num_frames == 11
    with pytest.raises(MediaError, match=r"jumps from f4\.png to f6\.png"):
        open_source(folder, reading=Reading(strict=True))


def test_evenly_spaced_numbers_are_no_gap(folder: Path) -> None:
    for index in range(1, 12, 2):
        (folder / f"f{index}.png").unlink()
    assert open_source(folder).num_frames == 6


def test_mixed_sizes_name_the_file(folder: Path) -> None:
    write_png(folder / "f7.png", flat((1, 2, 3), (20, 30)))
    with pytest.raises(MediaError, match=r"f7\.png is 30x20 but f0\.png is 64x48"):
        open_source(folder)


def test_pictures_of_many_kinds(tmp_path: Path) -> None:
    grey16 = Image.fromarray(np.full((4, 6), 128 * 257, np.uint16))
    grey16.save(tmp_path / "grey.png")
    assert read_image(tmp_path / "grey.png").max() == 128
    Image.new("RGBA", (6, 4), (200, 100, 50, 0)).save(tmp_path / "clear.png")
    assert read_image(tmp_path / "clear.png").max() == 0
    turned = Image.new("RGB", (6, 4), "red")
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "turned.jpg", exif=exif)
    assert read_image(tmp_path / "turned.jpg").shape == (6, 4, 3)


def test_png_tags_are_read_back(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", flat((1, 2, 3)), {"prompt": "a cat, größer"})
    with Image.open(tmp_path / "a.png") as image:
        assert image.info["prompt"] == "a cat, größer"
