"""Damaged videos: what is whole is taken, a warning names the rest, and --strict refuses them."""

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from framesmooth.errors import MediaError
from framesmooth.frames import Frame
from framesmooth.video import open_source
from framesmooth.video.damage import Damage, hold_missing, named
from framesmooth.video.reader import MediaFile
from tests.command_line import run
from tests.scenes import texture

COUNT, RATE, GROUP = 60, 25, 20
CODECS = {".mkv": "libx264", ".mp4": "libx264", ".ts": "libx264", ".flv": "libx264", ".avi": "mpeg4"}


def moving(count: int = COUNT) -> list[Frame]:
    """Return a texture that moves by two pixels a frame, so that damage shows."""
    picture = np.asarray(texture(64, 96 + 2 * count, seed=1) * 255, np.uint8)
    return [np.ascontiguousarray(picture[:, 2 * at : 2 * at + 96]) for at in range(count)]


def written(path: Path, *, live: bool = False) -> Path:
    """Write the clip, a keyframe every 20 frames and no B-frames; ``live`` without the sizes of its parts."""
    pipe = io.BytesIO()
    target = Unseekable(pipe) if live else str(path)
    options = {"movflags": "+faststart"} if path.suffix == ".mp4" else {}
    kind = {".mkv": "matroska", ".ts": "mpegts"}.get(path.suffix, path.suffix[1:])
    with av.open(target, "w", format=kind, options=options) as container:
        stream = container.add_stream(CODECS[path.suffix], rate=RATE, options={"g": str(GROUP), "bf": "0"})
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width, stream.pix_fmt, stream.bit_rate = 64, 96, "yuv420p", 1_000_000
        for frame in moving():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame)))
        container.mux(stream.encode(None))
    if live:
        path.write_bytes(pipe.getvalue())
    return path


class Unseekable:
    """A file that is only written forwards: sizes cannot be filled in later."""

    def __init__(self, file: io.BytesIO) -> None:
        self._file = file

    def write(self, data: bytes) -> int:
        return self._file.write(data)


def lose_packets(path: Path) -> None:
    """Drop two transport packets, from the middle of a group of pictures each."""
    data = path.read_bytes()
    packets = [data[at : at + 188] for at in range(0, len(data), 188)]
    video = [at for at, one in enumerate(packets) if ((one[1] & 0x1F) << 8 | one[2]) == 0x100]
    for at in (video[len(video) // 4], video[len(video) * 5 // 8]):
        packets[at] = b""
    path.write_bytes(b"".join(packets))


def cut(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 7 // 10])


def scribble(path: Path) -> None:
    """Overwrite one frame's data."""
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    at = packets[GROUP + 5].pos or 0
    data = bytearray(path.read_bytes())
    data[at + 8 : at + 60] = b"\xff" * 52
    path.write_bytes(data)


def likeness(frames: list[Frame]) -> list[float]:
    """Return the mean difference of each frame to what was encoded."""
    pairs = zip(frames, moving(), strict=False)
    return [float(np.abs(made.astype(int) - true).mean()) for made, true in pairs]


CASES = [
    pytest.param(
        "in.mkv",
        cut,
        "in.mkv breaks off after frame",
        marks=pytest.mark.input_table(
            "Damaged files", "a recording that was cut off (.mkv .webm .mp4 .flv .avi)",
            "the whole frames are taken, a warning says where it ends; `--strict` refuses it",
        ),
    ),
    ("in.mp4", cut, "in.mp4 breaks off after frame"),
    ("in.flv", cut, "in.flv breaks off after frame"),
    ("in.avi", cut, "in.avi breaks off after frame"),
    pytest.param(
        "in.ts",
        lose_packets,
        "damaged, and the last whole one is held there; frames",
        marks=pytest.mark.input_table(
            "Damaged files", "a transport stream with lost packets",
            "damaged frames show the one before; a warning names them and those built on them",
        ),
    ),
    ("in.mp4", scribble, "damaged, and the last whole one is held there"),
    ("in.mkv", scribble, "damaged, and the last whole one is held there"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "damage", "words"), CASES)
@pytest.mark.parametrize("command", ["assemble", "measure"])
def test_what_is_whole_is_taken_and_the_rest_named(
    tmp_path: Path, name: str, damage: Callable[[Path], None], words: str, command: str
) -> None:
    source = written(tmp_path / name)
    damage(source)
    output = () if command == "measure" else ("-o", tmp_path / "out.mkv")
    result = run(command, source, *output)
    assert result.exit_code == 0, result.output
    assert result.stderr.count(words) == 1
    assert "--strict refuses it" in result.stderr
    refused = run(command, source, *(output and ("-o", tmp_path / "no.mkv")), "--strict", "-q")
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
    assert name in refused.stderr
    assert not (tmp_path / "no.mkv").exists()


@pytest.mark.parametrize("name", ["in.mkv", "in.mp4", "in.flv", "in.avi"])
def test_a_cut_off_recording_gives_every_whole_frame(tmp_path: Path, name: str) -> None:
    source = written(tmp_path / name)
    cut(source)
    clip = open_source(source)
    frames = list(clip)
    assert clip.num_frames == len(frames)
    assert COUNT // 2 < len(frames) < COUNT
    assert max(likeness(frames[:-1])) < 12
    assert clip.fps == RATE


def test_lost_packets_leave_every_frame_at_its_place(tmp_path: Path) -> None:
    source = written(tmp_path / "in.ts")
    lose_packets(source)
    clip = open_source(source)
    assert isinstance(clip, MediaFile)
    frames = list(clip)
    assert (clip.num_frames, len(frames)) == (COUNT, COUNT)
    assert clip.damage is not None
    held, after = clip.damage.held, clip.damage.after
    assert held
    assert len(held) <= 3
    for index in held:
        assert np.array_equal(frames[index], frames[index - 1])
    lost = {at for at in range(1, COUNT) if np.array_equal(frames[at], frames[at - 1])}
    assert all(f"frame {at} is missing" in clip.notice for at in lost - held)
    whole = [error for index, error in enumerate(likeness(frames)) if index not in held | after | lost]
    assert len(whole) > COUNT // 3
    assert max(whole) < 12
    assert named(held) in clip.damage.sentence


def test_a_warning_comes_once_though_frames_are_read_twice(tmp_path: Path) -> None:
    source = written(tmp_path / "in.ts")
    lose_packets(source)
    result = run("smooth", source, "-o", tmp_path / "out.mp4", "--smoother", "ema", "--frame-range", "5:50")
    assert result.exit_code == 0, result.output
    assert result.stderr.count("may show it") == 1


def test_a_recording_without_sizes_that_was_cut_off(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole.mkv", live=True)
    assert run("assemble", whole, "-o", tmp_path / "a.mp4", "--strict").exit_code == 0
    data = whole.read_bytes()
    (tmp_path / "in.mkv").write_bytes(data[: len(data) * 7 // 10])
    assert "breaks off" in run("assemble", tmp_path / "in.mkv", "-o", tmp_path / "b.mp4").stderr
    assert run("assemble", tmp_path / "in.mkv", "-o", tmp_path / "c.mp4", "--strict").exit_code == 1


@pytest.mark.input_table(
    "Damaged files",
    "a stream that begins in the middle of a group of pictures",
    "the frames that need earlier ones are left out, and counted",
)
def test_a_capture_that_begins_anywhere(tmp_path: Path) -> None:
    source = written(tmp_path / "in.ts")
    with av.open(str(source)) as given, av.open(str(tmp_path / "late.ts"), "w", format="mpegts") as late:
        stream = late.add_stream_from_template(given.streams.video[0])
        for packet in [one for one in given.demux(video=0) if one.size][13:]:
            packet.stream = stream
            late.mux(packet)
    result = run("assemble", tmp_path / "late.ts", "-o", tmp_path / "out.mkv")
    assert result.exit_code == 0, result.output
    frames = list(open_source(tmp_path / "out.mkv"))
    assert len(frames) == COUNT - GROUP
    assert np.abs(frames[0].astype(int) - moving()[GROUP]).mean() < 12
    assert "its first 7 frames need some from before its start and are left out" in result.stderr
    assert run("assemble", tmp_path / "late.ts", "-o", tmp_path / "2.mkv", "--strict").exit_code == 0


def test_whole_files_are_not_suspected(tmp_path: Path) -> None:
    for name in ("in.mkv", "in.mp4", "in.ts", "in.flv", "in.avi"):
        result = run("assemble", written(tmp_path / name), "-o", f"{tmp_path}/{name}.mkv", "--strict")
        assert (result.exit_code, "warning" in result.stderr) == (0, False), result.output


def test_missing_frames_are_filled_only_where_damage_was_met(tmp_path: Path) -> None:
    black = np.zeros((2, 2, 3), np.uint8)
    timed = [(Fraction(at), black + at) for at in (0, 1, 4)]
    times = [Fraction(at) for at in range(6)]
    damage = Damage(tmp_path)
    assert [int(time) for time, _ in hold_missing(iter(timed), times, damage)] == [0, 1, 4]
    damage.skip(2)
    filled = list(hold_missing(iter(timed), times, damage))
    assert [int(time) for time, _ in filled] == list(range(6))
    assert [int(frame[0, 0, 0]) for _, frame in filled] == [0, 1, 1, 1, 4, 4]
    assert damage.held == {2, 3, 5}
    with pytest.raises(MediaError, match="frame 7 is damaged"):
        Damage(tmp_path, strict=True).skip(7)


def test_frames_are_named_in_stretches() -> None:
    assert named({3}) == "frame 3 is"
    assert named({1, 2, 3, 7}) == "frames 1-3, 7 are"
    assert named(set(range(0, 40, 2))).endswith("14 and others are")
