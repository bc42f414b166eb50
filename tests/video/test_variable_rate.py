"""Frames that come unevenly keep their times beside sound and where in-betweens are made."""

import shutil
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from framesmooth.cli.main import cli
from framesmooth.interpolation.upsampler import Upsampler
from framesmooth.motion.flow.base import load_flow
from framesmooth.video import open_source
from framesmooth.video.reader import MediaFile
from framesmooth.video.variable_rate import fastest_rate, find_grid
from tests.flash_beep import Found, even, make

FASTER_THEN_SLOWER = [*even(1.5, 30), *(Fraction(3, 2) + Fraction(at, 10) for at in range(15))]
"""A phone that goes from 30 frames a second to 10 as it gets dark."""
ONE_LOST = [time for index, time in enumerate(even(2)) if index != 15]
PLAIN = {
    "assemble": (),
    "smooth": ("--smoother", "ema", "-s", "0", "--no-measure"),
    "interpolate": ("--cadence", "2"),
}


def after(command: str, source: Path, output: Path, *options: object) -> tuple[Found, str]:
    given = [command, source, "-o", output, *(options or PLAIN[command])]
    result = CliRunner().invoke(cli, [str(one) for one in given])
    assert result.exit_code == 0, result.output
    return Found(output), result.stderr


@pytest.mark.input_table(
    "Timing",
    "a variable frame rate, with sound or `--audio`",
    "frames are repeated or dropped to be shown at their times, at a constant rate; one notice says so",
)
@pytest.mark.parametrize("name", ["in.mp4", "in.mkv"])
@pytest.mark.parametrize("command", PLAIN)
def test_a_variable_rate_keeps_its_times_beside_sound(tmp_path: Path, name: str, command: str) -> None:
    source = make(tmp_path / name, FASTER_THEN_SLOWER, flash=2.0, clicks=[2.0], rate=30)
    clip, told = after(command, source, tmp_path / "out.mp4")
    rate = 60 if command == "interpolate" else 30
    assert clip.flashes[0] == pytest.approx(2.0, abs=0.5 / rate)
    assert clip.clicks == pytest.approx([2.0], abs=0.003)
    assert clip.times[1] == pytest.approx(1 / rate)
    assert clip.length == pytest.approx(3.0, abs=0.1)
    assert told.count("variable frame rate") == 1
    assert "shown at their times, at 30 a second" in told


@pytest.mark.input_table(
    "Timing",
    "a variable frame rate, without sound",
    "every frame comes once, at the average rate; a warning says so, `--fps` keeps the times",
)
def test_a_silent_variable_rate_becomes_the_average(tmp_path: Path) -> None:
    source = make(tmp_path / "in.mp4", FASTER_THEN_SLOWER, flash=2.0, clicks=[], layouts=(), rate=30)
    clip, told = after("assemble", source, tmp_path / "out.mp4")
    assert len(clip.times) == len(FASTER_THEN_SLOWER)
    assert "spaced evenly at the average" in told
    loud = make(tmp_path / "loud.mp4", FASTER_THEN_SLOWER, flash=2.0, clicks=[2.0], rate=30)
    assert len(after("assemble", loud, tmp_path / "2.mp4", "--no-audio")[0].times) == len(clip.times)
    timed, _ = after("assemble", source, tmp_path / "3.mp4", "--audio", loud)
    assert timed.flashes[0] == pytest.approx(2.0)
    assert timed.clicks == pytest.approx([2.0], abs=0.003)


@pytest.mark.input_table(
    "Timing",
    "`interpolate --to-fps` of a variable frame rate",
    "in-betweens are made for the frames' real times",
)
@pytest.mark.parametrize("layouts", [("stereo",), ()])
@pytest.mark.parametrize(("to_fps", "first"), [(60, 2.0), (25, 2.0), (10, 2.0)])
def test_in_betweens_keep_real_times(
    tmp_path: Path, to_fps: int, first: float, layouts: Sequence[str]
) -> None:
    source = make(tmp_path / "in.mp4", FASTER_THEN_SLOWER, flash=2.0, clicks=[2.0], rate=30, layouts=layouts)
    clip, told = after("interpolate", source, tmp_path / "out.mp4", "--to-fps", to_fps)
    assert any(abs(time - first) < 0.5 / to_fps for time in clip.flashes)
    assert np.mean(clip.flashes) == pytest.approx(2.0, abs=0.03)
    assert len(clip.times) == pytest.approx(3.0 * to_fps, abs=0.1 * to_fps)
    assert clip.clicks == pytest.approx([2.0] if layouts else [], abs=0.003)
    assert told.count("variable frame rate") == 1


@pytest.mark.parametrize("options", [("--to-fps", 50), ("--cadence", 2)])
def test_a_frame_range_of_a_variable_rate_cuts_sound_there(
    tmp_path: Path, options: tuple[object, ...]
) -> None:
    source = make(tmp_path / "in.mp4", FASTER_THEN_SLOWER, flash=2.0, clicks=[1.9, 2.0], rate=30)
    clip, _ = after("interpolate", source, tmp_path / "out.mp4", *options, "--frame-range", "45:")
    assert np.mean(clip.flashes) == pytest.approx(0.5, abs=0.04)
    assert clip.clicks[0] == pytest.approx(0.4, abs=0.003)


@pytest.mark.parametrize("command", ["assemble", "interpolate"])
def test_a_rate_that_drifts_keeps_its_times(tmp_path: Path, command: str) -> None:
    """A camera that slows down little by little: no gap is conspicuous, and yet a second is lost midway."""
    times = [Fraction(0)]
    for index in range(90):
        times.append(times[-1] + (Fraction(1, 30) if index < 45 else Fraction(1, 22)))
    source = make(tmp_path / "in.mp4", times, flash=1.5, clicks=[1.5], rate=30)
    options = ("--to-fps", 60) if command == "interpolate" else ()
    clip, told = after(command, source, tmp_path / "out.mp4", *options)
    assert np.mean(clip.flashes) == pytest.approx(1.5, abs=0.035)
    assert clip.clicks == pytest.approx([1.5], abs=0.003)
    assert told.count("variable frame rate") == 1


@pytest.mark.input_table(
    "Timing",
    "a constant rate that lacks up to a tenth of its frames",
    "stays that rate: the frame before each missing one is held, and they are named",
)
@pytest.mark.parametrize("layouts", [("stereo",), ()])
@pytest.mark.parametrize("name", ["in.mp4", "in.mkv"])
def test_one_lost_frame_leaves_the_rate_as_it_is(tmp_path: Path, name: str, layouts: Sequence[str]) -> None:
    source = make(tmp_path / name, ONE_LOST, flash=1.0, clicks=[1.0], layouts=layouts)
    opened = open_source(source)
    assert (opened.fps, opened.num_frames, len(list(opened))) == (Fraction(25), 50, 50)
    clip, told = after("assemble", source, tmp_path / "out.mp4")
    assert clip.flashes == pytest.approx([1.0])
    assert clip.length == pytest.approx(2.0)
    assert "frame 15 is missing from its 25 a second, and the one before is held there" in told
    between, told_between = after("interpolate", source, tmp_path / "2.mp4", "--to-fps", 50)
    assert "frame 15 is missing from its 25 a second, and made up for" in told_between
    assert any(abs(time - 1.0) < 1e-3 for time in between.flashes)
    assert between.length == pytest.approx(2.0)


@pytest.mark.input_table(
    "Timing",
    "`interpolate --to-fps`, and `--cadence` beside sound",
    "as long as before: the last frame is held",
)
@pytest.mark.parametrize("options", [("--to-fps", 10), ("--cadence", 10)])
def test_the_length_stays_the_same(tmp_path: Path, options: tuple[object, ...]) -> None:
    source = make(tmp_path / "in.mp4", even(6, 1), flash=2.0, clicks=[2.0, 5.8], rate=1)
    clip, _ = after("interpolate", source, tmp_path / "out.mp4", *options)
    assert (len(clip.times), clip.length) == (60, 6.0)
    assert clip.clicks == pytest.approx([2.0, 5.8], abs=0.003)
    frames = list(open_source(tmp_path / "out.mp4"))
    assert max(np.abs(frames[-1].astype(int) - frame).max() for frame in frames[50:]) <= 4


@pytest.mark.parametrize(
    ("own", "to_fps", "count", "expected"),
    [(24, 30, 24, 30), (24, 60, 24, 60), (25, 24, 25, 24), (60, 24, 6, 2), (30, 29, 1, 1), (60, 1, 6, 1)],
)
def test_how_many_frames_last_as_long(own: int, to_fps: int, count: int, expected: int) -> None:
    frames = [np.full((16, 16, 3), 9 * index, np.uint8) for index in range(count)]
    upsampler = Upsampler(load_flow("dis-medium"), Fraction(own, to_fps), hold_last=True)
    assert upsampler.length(count) == len(list(upsampler(frames))) == expected


@settings(deadline=None, max_examples=40)
@given(
    gaps=st.lists(st.integers(1, 12), min_size=1, max_size=12),
    step=st.fractions(Fraction(1, 8), Fraction(1), max_denominator=12),
)
def test_every_output_frame_comes_at_its_time(gaps: list[int], step: Fraction) -> None:
    """Frames that grow brighter with time say when they are: in-betweens of flat frames are averages."""
    times = [Fraction(0)]
    for gap in gaps:
        times.append(times[-1] + Fraction(gap, 4))
    timed = [(time, np.full((16, 16, 3), round(5 * time), np.uint8)) for time in times]
    upsampler = Upsampler(load_flow("dis-medium"), step, hold_last=True)
    end = times[-1] + Fraction(1, 2)
    made = list(upsampler.sample(iter(timed), end))
    assert len(made) == upsampler.length(end)
    for index, frame in enumerate(made):
        assert abs(frame.mean() - 5 * min(index * step, times[-1])) <= 2.1


def held(times: Sequence[Fraction], lost: set[int]) -> list[Fraction]:
    return [time for index, time in enumerate(times) if index not in lost]


@pytest.mark.parametrize("tick", [Fraction(1, 1000), Fraction(1, 90_000)])
@pytest.mark.parametrize(
    "fps", [Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(60), 16]
)
def test_the_rate_behind_lost_frames_is_exact(fps: Fraction, tick: Fraction) -> None:
    exact = [index / Fraction(fps) for index in range(400) if index not in (7, 8, 200)]
    times = [round(time / tick) * tick for time in exact]
    grid = find_grid(times, [], tick)
    assert grid is not None
    assert (grid.fps, grid.left_out) == (fps, (7, 8, 200))


def test_times_without_a_rate_are_not_forced_onto_one() -> None:
    rng = np.random.default_rng(2)
    times = [Fraction(0)]
    for gap in rng.integers(20, 90, 60):
        times.append(times[-1] + Fraction(int(gap), 1000))
    assert find_grid(times, [], Fraction(1, 1000)) is None
    rate = fastest_rate(times, [], Fraction(1, 1000))
    short = sorted(float(later - earlier) for earlier, later in pairwise(times))[6]
    assert float(rate) == pytest.approx(1 / short, rel=0.03)


@pytest.mark.parametrize("doubled", [3, 9])
def test_frames_a_tick_apart_make_no_rate_of_ticks(doubled: int) -> None:
    """A muxer sets a frame of the same time as the one before one tick later."""
    tick = Fraction(1, 90_000)
    times = [
        Fraction(at - (at % doubled == 1), 30) + tick * (at % doubled == 1) for at in range(120) if at % 7
    ]
    times = [time - times[0] for time in times]
    assert find_grid(times, [Fraction(30)], tick) is None
    assert fastest_rate(times, [Fraction(30), Fraction(90_000)], tick) == 30


def test_a_fast_camera_keeps_its_rate() -> None:
    times = [Fraction(at, 960) for at in range(200) if at not in (7, 8)]
    grid = find_grid(times, [Fraction(960)], Fraction(1, 90_000))
    assert grid is not None
    assert grid.fps == 960


def test_frames_hours_apart_cost_no_memory() -> None:
    grid = find_grid([Fraction(0), Fraction(1, 30), Fraction(10**9)], [Fraction(30)], Fraction(1, 1000))
    assert grid is None or grid.left_out == ()


def test_a_held_last_frame_is_held_beside_sound(tmp_path: Path) -> None:
    source = make(tmp_path / "in.mp4", [*even(1), Fraction(2)], flash=9, clicks=[1.5], length=2.0)
    clip, _ = after("assemble", source, tmp_path / "out.mp4")
    assert clip.clicks == pytest.approx([1.5], abs=0.003)
    assert clip.length == pytest.approx(2.04, abs=0.05)


def test_a_clip_knows_the_times_of_stored_frames(tmp_path: Path) -> None:
    source = make(tmp_path / "in.mkv", FASTER_THEN_SLOWER, flash=2.0, clicks=[], rate=30, video_start=0.5)
    clip = open_source(source, uneven="stored")
    assert isinstance(clip, MediaFile)
    assert clip.start == Fraction(1, 2)
    timed = list(clip.timed())
    assert [float(time) for time, _ in timed] == pytest.approx(
        [float(time) for time in FASTER_THEN_SLOWER], abs=0.001
    )
    assert float(next(time for time, frame in timed if frame.mean() > 128)) == pytest.approx(2.0)


@pytest.mark.input_table(
    "Timing",
    "a bare H.264, HEVC or MPEG-2 stream (.h264, .hevc, .m2v)",
    "the rate in its headers (VUI), 25 frames a second where there is none",
)
@pytest.mark.parametrize(
    ("codec", "kind"), [("libx264", "h264"), ("libx265", "hevc"), ("mpeg2video", "mpeg2video")]
)
@pytest.mark.parametrize("rate", [Fraction(30), Fraction(24000, 1001), Fraction(25), Fraction(50)])
def test_a_bare_stream_is_read_at_the_rate_of_its_headers(
    tmp_path: Path, codec: str, kind: str, rate: Fraction
) -> None:
    path = tmp_path / f"in.{kind}"
    with av.open(str(path), "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate)
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        for level in range(0, 240, 20):
            picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), level, np.uint8))
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    source = open_source(path)
    assert (source.fps, source.num_frames) == (rate, 12)
    assert [round(frame.mean() / 20) for frame in source] == list(range(12))
    doubled = open_source(path, fps=2 * rate)
    assert doubled.num_frames == len(list(doubled)) == 24


@pytest.mark.input_table(
    "Timing",
    "frames stored as nothing (Theora, AVI), which repeat the one before",
    "are repeated at their times",
)
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="PyAV has no Theora encoder")
def test_frames_stored_as_nothing_repeat_the_one_before(tmp_path: Path) -> None:
    source = make(tmp_path / "in.mp4", even(2), flash=1.96, clicks=[1.9])
    encoded = ["-c:v", "libtheora", "-q:v", "9", "-c:a", "libvorbis", f"{tmp_path}/in.ogv"]
    made = subprocess.run(["ffmpeg", "-v", "error", "-i", str(source), *encoded], check=False)
    if made.returncode:
        pytest.skip("ffmpeg has no Theora encoder")
    with av.open(str(tmp_path / "in.ogv")) as container:
        assert any(packet.size == 0 and packet.pts is not None for packet in container.demux(video=0))
    clip, told = after("assemble", tmp_path / "in.ogv", tmp_path / "out.mp4", "--strict")
    assert clip.flashes == pytest.approx([1.96])
    assert clip.clicks == pytest.approx([1.9], abs=0.003)
    assert (clip.length, "variable" in told) == (2.0, False)
