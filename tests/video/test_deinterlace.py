"""Interlaced video is deinterlaced, mirrored and turned video set upright, and pulldown named."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.filter import Graph
from click.testing import CliRunner

from framesmooth.cli.main import cli
from framesmooth.errors import MediaError
from framesmooth.frames import Frame, notices_of
from framesmooth.video import Reading, open_source
from framesmooth.video.damage import Damage
from framesmooth.video.probe import Timing

SIZE = (96, 128)


def moving(count: int) -> list[Frame]:
    """Return a bright square that moves 4 pixels to the right from frame to frame, over a gradient."""
    height, width = SIZE
    frames = []
    for index in range(count):
        frame = np.empty((height, width, 3), np.uint8)
        frame[:] = np.linspace(30, 90, width).astype(np.uint8)[None, :, None]
        frame[30:60, 10 + 4 * index : 40 + 4 * index] = 220
        frames.append(frame)
    return frames


def woven(fields: Sequence[Frame], *, top_first: bool = True) -> list[Frame]:
    """Return half as many frames: each holds the lines of two frames in turn, as a camera interlaces."""
    frames = []
    for earlier, later in zip(fields[::2], fields[1::2], strict=True):
        frame = earlier.copy()
        frame[1 if top_first else 0 :: 2] = later[1 if top_first else 0 :: 2]
        frames.append(frame)
    return frames


def encode(
    path: Path,
    frames: Sequence[Frame],
    codec: str,
    *,
    interlaced: bool = True,
    rate: Fraction = Fraction(25),
    options: dict[str, str] | None = None,
) -> Path:
    flags = {"flags": "+ildct+ilme"} if interlaced else {}
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=(options or {}) | flags)
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv422p10le" if codec == "prores_ks" else "yuv420p"
        stream.codec_context.time_base = 1 / rate
        for picture in flagged(frames, rate, interlaced, stream.pix_fmt):
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def flagged(
    frames: Sequence[Frame], rate: Fraction, interlaced: bool, pix_fmt: str
) -> Iterator[av.VideoFrame]:
    """Yield frames with the flag of interlaced ones, top field first."""
    graph = Graph()
    source = graph.add_buffer(
        width=SIZE[1], height=SIZE[0], format=av.VideoFormat("rgb24"), time_base=1 / rate
    )
    steps = [graph.add("format", "yuv444p")]
    steps += [graph.add("setfield", "tff"), graph.add("scale", "interl=1")] if interlaced else []
    steps += [graph.add("format", pix_fmt), graph.add("buffersink")]
    graph.link_nodes(source, *steps).configure()
    for index, frame in enumerate(frames):
        picture = av.VideoFrame.from_ndarray(frame)
        picture.pts, picture.time_base = index, 1 / rate
        graph.vpush(picture)
        yield graph.vpull()


CODECS = [
    ("a.mp4", "libx264", {"crf": "8"}),
    ("a.mpg", "mpeg2video", {"qscale": "2", "b": "8M"}),
    ("a.ts", "mpeg2video", {"b": "8M"}),
    ("a.mkv", "libx264", {"crf": "8"}),
    ("a.mov", "prores_ks", {}),
]


def combs(frame: Frame) -> float:
    """Return by how much lines differ from both of their neighbours in the same direction, in levels."""
    lines = frame[..., 1].astype(float)
    above, below = lines[1:-1] - lines[:-2], lines[1:-1] - lines[2:]
    return float(np.where(above * below > 0, np.minimum(np.abs(above), np.abs(below)), 0).mean())


def edge(frame: Frame) -> float:
    """Return the column of the square's left edge."""
    return float(np.argmax(frame[45, :, 1] > 150))


@pytest.mark.input_table(
    "Interlace", "interlaced video (flagged so)", "deinterlaced by bwdif, one frame for two fields"
)
@pytest.mark.parametrize(("name", "codec", "options"), CODECS)
def test_interlaced_video_has_no_combs(
    tmp_path: Path, name: str, codec: str, options: dict[str, str]
) -> None:
    fields = moving(20)
    path = encode(tmp_path / name, woven(fields), codec, options=options)
    source = open_source(path)
    frames = list(source)
    assert (len(frames), source.num_frames, source.fps) == (10, 10, Fraction(25))
    raw = list(open_source(path, reading=Reading(deinterlace="off")))
    assert min(map(combs, raw)) > 2
    assert max(map(combs, frames[1:-1])) < 0.5
    assert [edge(frame) for frame in frames] == pytest.approx([edge(field) for field in fields[::2]], abs=2)
    assert any("is interlaced: deinterlaced by bwdif at 25 frames" in line for line in notices_of(source))


@pytest.mark.input_table(
    "Interlace", "interlaced video with --deinterlace double", "every field becomes a frame: twice the rate"
)
@pytest.mark.parametrize(("name", "codec", "options"), CODECS)
def test_every_field_becomes_a_frame(tmp_path: Path, name: str, codec: str, options: dict[str, str]) -> None:
    fields = moving(20)
    path = encode(tmp_path / name, woven(fields), codec, options=options)
    source = open_source(path, reading=Reading(deinterlace="double"))
    frames = list(source)
    assert (len(frames), source.num_frames, source.fps) == (20, 20, Fraction(50))
    assert [edge(frame) for frame in frames] == pytest.approx([edge(field) for field in fields], abs=2)
    assert any("every field becomes a frame (bwdif), 50 a second" in line for line in notices_of(source))


@pytest.mark.input_table(
    "Interlace", "interlaced video with --deinterlace off", "left combed, and it is said"
)
def test_off_leaves_the_fields_woven_and_says_so(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", woven(moving(8)), "libx264")
    source = open_source(path, reading=Reading(deinterlace="off"))
    assert any("is interlaced and stays so" in line for line in notices_of(source))


@pytest.mark.input_table(
    "Interlace", "interlaced video that isn't flagged", "left as it is; --deinterlace on deinterlaces it"
)
def test_combs_without_a_flag_go_with_on(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", woven(moving(8)), "libx264", interlaced=False)
    assert combs(list(open_source(path))[2]) > 2
    source = open_source(path, reading=Reading(deinterlace="on"))
    assert combs(list(source)[2]) < 0.5
    assert any("isn't flagged as interlaced" in line for line in notices_of(source))


def test_double_says_that_it_does_nothing_without_a_flag(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", woven(moving(8)), "libx264", interlaced=False)
    source = open_source(path, reading=Reading(deinterlace="double"))
    assert len(list(source)) == 4
    assert any("no frames are made of fields" in line for line in notices_of(source))


@pytest.mark.parametrize("mode", ["auto", "double", "off"])
def test_progressive_video_is_left_alone(tmp_path: Path, mode: str) -> None:
    path = encode(tmp_path / "a.mp4", moving(8), "libx264", interlaced=False, options={"crf": "0"})
    source = open_source(path, reading=Reading(deinterlace=mode))  # type: ignore[arg-type]
    assert source.fps == 25
    assert len(notices_of(source)) == (mode == "double")
    for frame, plain in zip(source, open_source(path), strict=True):
        assert np.array_equal(frame, plain)


def test_deinterlacing_keeps_the_colours(tmp_path: Path) -> None:
    still = moving(1) * 8
    for rate, tags in ((25, {}), (25, {"colorspace": "bt709", "color_range": "pc"})):
        path = encode(tmp_path / "a.mkv", still, "libx264", rate=Fraction(rate), options={"crf": "4"} | tags)
        frames = list(open_source(path))
        woven_frames = list(open_source(path, reading=Reading(deinterlace="off")))
        assert np.abs(frames[3].astype(int) - woven_frames[3]).max() <= 3


def test_the_option_reaches_the_frames(tmp_path: Path) -> None:
    encode(tmp_path / "a.mp4", woven(moving(8)), "libx264")
    result = CliRunner().invoke(
        cli, ["assemble", f"{tmp_path}/a.mp4", "-o", f"{tmp_path}/out", "--deinterlace", "double"]
    )
    assert result.exit_code == 0, result.output
    assert len(list((tmp_path / "out").iterdir())) == 8


def pulled_down(frames: Sequence[Frame]) -> list[Frame]:
    """Return five frames for four: fields are shown twice and three times in turn (3:2 pulldown)."""
    shown = [frame for index, frame in enumerate(frames) for _ in range(2 + index % 2)]
    return woven(shown[: len(shown) // 2 * 2])


@pytest.mark.input_table("Interlace", "film at 24 with 3:2 pulldown", "named, with the way to take it out")
@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("seed", [0, 1])
def test_pulldown_is_named(tmp_path: Path, interlaced: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    still = (rng.random((SIZE[0], SIZE[1] + 200, 1)) * 120 + 60).astype(np.uint8).repeat(3, 2)
    film = [np.ascontiguousarray(still[:, 3 * index : 3 * index + SIZE[1]]) for index in range(48)]
    rate = Fraction(30000, 1001)
    path = encode(tmp_path / "a.mp4", pulled_down(film), "libx264", interlaced=interlaced, rate=rate)
    assert any("3:2 pulldown" in line for line in notices_of(open_source(path)))
    plain = encode(tmp_path / "b.mp4", film, "libx264", interlaced=interlaced, rate=rate)
    assert not any("pulldown" in line for line in notices_of(open_source(plain)))


MATRICES: dict[str, tuple[tuple[float, float, float, float], Callable[[Frame], Frame]]] = {
    "as it is": ((1, 0, 0, 1), lambda f: f),
    "mirrored": ((-1, 0, 0, 1), lambda f: f[:, ::-1]),
    "upside down": ((1, 0, 0, -1), lambda f: f[::-1]),
    "half a turn": ((-1, 0, 0, -1), lambda f: f[::-1, ::-1]),
    "a quarter clockwise": ((0, 1, -1, 0), lambda f: np.rot90(f, -1)),
    "a quarter back": ((0, -1, 1, 0), lambda f: np.rot90(f, 1)),
    "transposed": ((0, 1, 1, 0), lambda f: f.transpose(1, 0, 2)),
    "transposed the other way": ((0, -1, -1, 0), lambda f: np.rot90(f, 2).transpose(1, 0, 2)),
}


def write_with_matrix(path: Path, frame: Frame, matrix: Sequence[float]) -> Path:
    a, b, c, d = (round(value * 65536) for value in matrix)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264rgb", rate=25, options={"crf": "0"})
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width = frame.shape[:2]
        stream.pix_fmt = "rgb24"
        stream.set_display_matrix([a, b, 0, c, d, 0, 0, 0, 1 << 30])
        for index in range(3):
            picture = av.VideoFrame.from_ndarray(frame)
            picture.pts, picture.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


@pytest.mark.input_table(
    "Rotation", "a display matrix: turns by quarters, mirrored front cameras", "applied, as ffmpeg does"
)
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
@pytest.mark.parametrize("name", MATRICES)
def test_the_whole_display_matrix_is_applied(tmp_path: Path, name: str, suffix: str) -> None:
    frame = np.random.default_rng(1).integers(0, 256, (32, 48, 3), dtype=np.uint8)
    matrix, right = MATRICES[name]
    source = open_source(write_with_matrix(tmp_path / f"a{suffix}", frame, matrix))
    shown = next(iter(source))
    assert source.size == right(frame).shape[:2]
    assert np.array_equal(shown, right(frame))


@pytest.mark.input_table("Rotation", "a turn by another angle than quarters", "refused")
def test_other_angles_are_refused(tmp_path: Path) -> None:
    path = write_with_matrix(tmp_path / "a.mp4", moving(1)[0], (0.866, 0.5, -0.5, 0.866))
    with pytest.raises(MediaError, match=r"is rotated by -?30 degrees"):
        open_source(path)


def without_packet(path: Path, target: Path, lost: int) -> Path:
    """Copy a video without one of its packets, as a recording that dropped it."""
    with av.open(str(path)) as source, av.open(str(target), "w") as copy:
        stream = source.streams.video[0]
        out = copy.add_stream_from_template(stream)
        for index, packet in enumerate(source.demux(stream)):
            if packet.dts is not None and index != lost:
                packet.stream = out
                copy.mux(packet)
    return target


def test_both_fields_are_held_in_the_place_of_a_frame_that_is_missing(tmp_path: Path) -> None:
    frames = woven(moving(40))
    whole = encode(tmp_path / "in.mkv", frames, "libx264", options={"g": "1", "crf": "8"})
    path = without_packet(whole, tmp_path / "lost.mkv", 9)
    reading = Reading(deinterlace="double")
    source, complete = open_source(path, reading=reading), open_source(whole, reading=reading)
    read, expected = list(source), list(complete)
    assert (len(read), source.num_frames, source.fps) == (40, 40, Fraction(50))
    for at in (*range(16), *range(22, 38)):  # bwdif looks at both neighbours of what is missing
        assert np.abs(read[at].astype(int) - expected[at]).mean() < 1, at


def test_the_timing_of_fields() -> None:
    times = tuple(Fraction(at, 25) for at in (0, 1, 3))
    frames = Timing(
        fps=Fraction(25), num_frames=3, end=Fraction(4, 25), variable=True, even=False, nominal=Fraction(25),
        left_out=(2,), times=times, repeats=frozenset({1}),
    )  # fmt: skip
    fields = frames.doubled
    assert (fields.fps, fields.nominal) == (Fraction(50), Fraction(50))
    assert (fields.num_frames, fields.end) == (6, frames.end)
    assert [time * 50 for time in fields.times] == [0, 1, 2, 4, 6, 8]
    assert (fields.left_out, fields.repeats) == ((4, 5), frozenset({2, 3}))


def test_damaged_frames_are_counted_in_fields() -> None:
    damage = Damage(Path("a.ts"), fields=2)
    assert [damage.of_file(index) for index in range(3)] == [0, 2, 4]
    damage.numbers = [0, 1, 4, 5]
    assert damage.of_file(1) == 4
