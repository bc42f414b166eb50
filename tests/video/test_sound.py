"""Sound goes along with the frames: a white frame and a click that were together stay together."""

import shutil
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from click.testing import CliRunner, Result

from framesmooth.cli.main import cli
from framesmooth.errors import MediaError
from framesmooth.runs import RunFolder
from framesmooth.video import open_sink, write_png
from framesmooth.video.audio_placement import placed_samples
from framesmooth.video.audio_tracks import choose_layout, choose_track
from framesmooth.video.safe_open import open_media
from tests.flash_beep import Found, even, make

NEAR = 0.003
"""Seconds; Opus delays by half a millisecond, MPEG audio by ten."""
NEITHER_SMOOTHED_NOR_MEASURED = ("--smoother", "ema", "-s", "0", "--no-measure")


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result


def after(command: str, source: Path, output: Path, *options: object) -> tuple[Found, str]:
    """Return what comes out of a command, and what it tells."""
    more = NEITHER_SMOOTHED_NOR_MEASURED if command == "smooth" else ()
    result = run(command, source, "-o", output, *more, *options)
    return Found(output), result.stderr


@pytest.mark.input_table(
    "Containers",
    ".mp4 .m4v .mov .mkv .webm .ts .mts .m2ts .avi .flv .wmv .mpg .3gp, and files without a suffix",
    "the content decides: frames and sound are read",
)
@pytest.mark.parametrize(
    "name",
    ["a.mp4", "a.m4v", "a.mov", "a.mkv", "a.webm", "a.ts", "a.mts", "a.m2ts", "a.avi", "a.flv", "a.wmv",
     "a.mpg", "a.3gp", "a"],
)  # fmt: skip
def test_every_container_keeps_its_sound(tmp_path: Path, name: str) -> None:
    source = make(tmp_path / name, even(2), flash=1.0, clicks=[1.0])
    clip, told = after("assemble", source, tmp_path / "out.mp4")
    assert clip.flashes == pytest.approx([1.0])
    assert clip.clicks == pytest.approx([1.0], abs=0.012)
    assert "left out" not in told


@pytest.mark.parametrize(
    ("command", "options"),
    [("smooth", []), ("interpolate", ["--to-fps", 50]), ("interpolate", ["--cadence", 2])],
)
@pytest.mark.parametrize("name", ["a.ts", "a.avi", "a"])
def test_every_command_asks_the_file(
    tmp_path: Path, name: str, command: str, options: Sequence[object]
) -> None:
    source = make(tmp_path / name, even(1), flash=0.48, clicks=[0.48])
    clip, _ = after(command, source, tmp_path / "out.mkv", *options)
    assert clip.clicks == pytest.approx([0.48], abs=0.012)
    assert clip.length == pytest.approx(1.0)


def test_a_tuned_clip_keeps_its_sound(tmp_path: Path) -> None:
    source = make(tmp_path / "a.ts", even(0.4), flash=9, clicks=[0.2])
    clip, _ = after("tune", source, tmp_path / "out.mp4", "--budget", 0)
    assert clip.clicks == pytest.approx([0.2], abs=NEAR)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
@pytest.mark.parametrize(
    "placed",
    [
        pytest.param(
            {"flash": 1.52, "clicks": [1.52], "start": 0.5},
            marks=pytest.mark.input_table(
                "Sound", "sound that starts after the first frame", "starts as late: silence comes before it"
            ),
        ),
        pytest.param(
            {"flash": 1.0, "clicks": [2.0], "video_start": 1.0},
            marks=pytest.mark.input_table(
                "Sound", "sound that starts before the first frame", "is cut at the first frame"
            ),
        ),
        pytest.param(
            {"flash": 2.0, "clicks": [0.52, 1.0, 2.0], "gap": (1.2, 1.7)},
            marks=pytest.mark.input_table(
                "Sound",
                "sound with gaps in its time stamps",
                "silence fills them; what follows keeps its time",
            ),
        ),
    ],
)
def test_sound_is_placed_by_its_time_stamps(tmp_path: Path, suffix: str, placed: dict[str, Any]) -> None:
    source = make(tmp_path / "in.mkv", even(2.4), **placed)
    clip, _ = after("assemble", source, tmp_path / f"out{suffix}")
    shift = placed.get("video_start", 0)
    assert clip.flashes == pytest.approx([placed["flash"]])
    assert clip.clicks == pytest.approx([click - shift for click in placed["clicks"]], abs=NEAR)


@pytest.mark.input_table(
    "Timing",
    "a transport or program stream whose clock starts again (joined files, DVD)",
    "goes on, with its sound",
)
@pytest.mark.parametrize("suffix", [".ts", ".mpg"])
def test_a_clock_that_starts_again_goes_on(tmp_path: Path, suffix: str) -> None:
    parts = [make(tmp_path / f"{at}{suffix}", even(2), flash=1.0, clicks=[1.0]) for at in range(2)]
    (tmp_path / f"in{suffix}").write_bytes(b"".join(part.read_bytes() for part in parts))
    clip, _ = after("assemble", tmp_path / f"in{suffix}", tmp_path / "out.mp4")
    assert clip.flashes == pytest.approx([1.0, 3.0], abs=0.04)
    assert clip.clicks == pytest.approx([1.0, 3.0], abs=0.03)
    assert [click - flash for click, flash in zip(clip.clicks, clip.flashes, strict=True)] == pytest.approx(
        [0, 0], abs=0.025
    )


@pytest.mark.input_table("Sound", "`--frame-range A:B`", "sound is cut at the same places")
@pytest.mark.parametrize("command", ["assemble", "smooth", "interpolate"])
@pytest.mark.parametrize("name", ["in.mp4", "in.ts"])
def test_a_frame_range_cuts_sound_at_the_same_place(tmp_path: Path, command: str, name: str) -> None:
    source = make(tmp_path / name, even(4), flash=2.0, clicks=[0.5, 2.0, 3.5])
    options = ["--cadence", 1] if command == "interpolate" else []
    clip, _ = after(command, source, tmp_path / "out.mp4", "--frame-range", "25:75", *options)
    assert clip.flashes == pytest.approx([1.0])
    assert clip.clicks == pytest.approx([1.0], abs=NEAR)
    assert clip.length == pytest.approx(2.0)
    assert clip.sound is not None
    assert clip.sound[1] == pytest.approx(2.0, abs=0.022)


def test_a_frame_range_of_a_run_cuts_the_sound_it_was_given(tmp_path: Path) -> None:
    kept = RunFolder(tmp_path / "clip.framesmooth")
    for index in range(24):
        write_png(kept.frames.folder / f"frame_{index:06}.png", np.full((32, 32, 3), 50, np.uint8))
    kept.frames.note(complete=True)
    make(tmp_path / "song.mkv", even(3), flash=9, clicks=[1.5])
    settings = {"raw": {"audio": "../song.mkv"}, "resolved": {"fps": "12"}}
    kept.write_record({"settings": settings, "model": {"name": "tiny"}})
    clip, _ = after("assemble", kept.folder, tmp_path / "out.mp4", "--frame-range", "12:24")
    assert clip.clicks == pytest.approx([0.5], abs=NEAR)
    assert clip.length == pytest.approx(1.0)
    told = run("assemble", kept.folder, "-o", tmp_path / "out.gif").stderr
    assert "left out of clip.framesmooth: its sound, as a .gif holds none" in told


@pytest.mark.input_table(
    "Sound", "several sound tracks", "the one flagged as default is taken, else the first; the rest is named"
)
@pytest.mark.parametrize("default", [0, 1])
def test_the_default_track_is_taken(tmp_path: Path, default: int) -> None:
    source = make(
        tmp_path / "in.mkv", even(2), flash=1, clicks=[1.0], layouts=("stereo", "mono"), default=default
    )
    clip, told = after("assemble", source, tmp_path / "out.mp4")
    assert clip.clicks == pytest.approx([1.0 + default / 2], abs=NEAR)
    assert clip.channels == 2 - default
    assert "left out of in.mkv: 1 other sound track" in told


@pytest.mark.input_table("Sound", "mono, stereo, 5.1, 7.1 and others up to 8 channels", "channels are kept")
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize(
    ("layout", "channels"), [("mono", 1), ("stereo", 2), ("5.1", 6), ("5.1(side)", 6), ("7.1", 8)]
)
def test_channels_are_kept(tmp_path: Path, layout: str, channels: int, suffix: str) -> None:
    source = make(tmp_path / "in.mkv", even(1), flash=0.4, clicks=[0.4], layouts=(layout,))
    clip, _ = after("assemble", source, tmp_path / f"out{suffix}")
    assert clip.channels == channels
    assert clip.clicks == pytest.approx([0.4], abs=NEAR)


def test_more_channels_than_an_encoder_knows_become_stereo() -> None:
    assert choose_layout("libopus", av.AudioLayout("hexadecagonal")).name == "stereo"
    assert choose_layout("aac", av.AudioLayout("5.0(side)")).name == "5.0"


def test_what_is_left_out_is_named_in_one_notice(tmp_path: Path) -> None:
    tags = {"creation_time": "2024-05-06T07:08:09Z", "timecode": "01:00:00:00"}
    layouts = ("stereo", "mono")
    make(tmp_path / "in.mkv", even(1), flash=9, clicks=[], layouts=layouts, tags=tags, chapters=2)
    told = run("assemble", tmp_path / "in.mkv", "-o", tmp_path / "out.mp4").stderr
    assert told.count("left out") == 1
    expected = "1 other sound track, 2 chapters, the timecode, the date of recording"
    assert f"left out of in.mkv: {expected}" in told


@pytest.mark.input_table(
    "Streams",
    "subtitles, chapters, timecode, data tracks, a date of recording",
    "one notice names what is left out",
)
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="PyAV writes no subtitles")
def test_subtitles_and_their_language_are_named(tmp_path: Path) -> None:
    source = make(tmp_path / "in.mkv", even(1), flash=9, clicks=[], layouts=("stereo", "mono"))
    (tmp_path / "words.srt").write_text("1\n00:00:00,100 --> 00:00:00,900\nwords\n")
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", source, "-i", tmp_path / "words.srt", "-map", "0", "-map", "1",
         "-c", "copy", "-metadata:s:a:1", "language=fra", tmp_path / "full.mkv"],
        check=True,
    )  # fmt: skip
    told = run("assemble", tmp_path / "full.mkv", "-o", tmp_path / "out.mp4").stderr
    assert "left out of full.mkv: 1 other sound track (fra), 1 subtitle track" in told


@pytest.mark.input_table(
    "Sound", "a result that holds no sound (GIF, WebP, a folder)", "it is said that sound is left out"
)
@pytest.mark.parametrize(
    ("output", "kind"), [("out.gif", "a .gif"), ("out.webp", "a .webp"), ("out/", "a folder of frames")]
)
def test_a_result_without_sound_is_told(tmp_path: Path, output: str, kind: str) -> None:
    source = make(tmp_path / "in.mp4", even(0.4), flash=9, clicks=[0.2])
    told = run("assemble", source, "-o", f"{tmp_path}/{output}").stderr
    assert f"left out of in.mp4: its sound, as {kind} holds none" in told
    assert "left out" not in run("assemble", source, "-o", f"{tmp_path}/2{output}", "--no-audio").stderr


def test_other_sound_begins_with_the_first_frame_written(tmp_path: Path) -> None:
    source = make(tmp_path / "in.mp4", even(2), flash=9, clicks=[0.2])
    late = make(tmp_path / "song.ts", even(2), flash=9, clicks=[0.52], start=0.25)
    clip, _ = after("assemble", source, tmp_path / "out.mp4", "--audio", late, "--frame-range", "25:")
    assert clip.clicks == pytest.approx([0.52], abs=NEAR)
    mute = make(tmp_path / "mute.mp4", even(1), flash=9, clicks=[], layouts=())
    refused = CliRunner().invoke(
        cli, ["assemble", str(source), "-o", f"{tmp_path}/x.mp4", "--audio", str(mute)]
    )
    assert (refused.exit_code, "holds no sound" in refused.stderr) == (1, True)


def test_sound_alone_begins_with_its_first_sample(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "song.mka"), "w", format="matroska") as container:
        stream = container.add_stream("pcm_s16le", rate=48_000)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        wave = np.zeros((1, 48_000), np.int16)
        wave[0, 24_000:25_000] = 20_000
        block = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
        block.sample_rate, block.pts = 48_000, 96_000
        container.mux(stream.encode(block))
        container.mux(stream.encode(None))
    with open_sink(
        tmp_path / "out.mp4", fps=Fraction(25), size=(32, 32), audio=tmp_path / "song.mka"
    ) as sink:
        for _ in range(25):
            sink.write(np.zeros((32, 32, 3), np.uint8))
    assert Found(tmp_path / "out.mp4").clicks == pytest.approx([0.5], abs=NEAR)


def test_parts_are_exact_to_the_sample(tmp_path: Path) -> None:
    source = make(tmp_path / "in.mkv", even(2), flash=9, clicks=[0.5, 1.5], gap=(0.8, 1.2), layouts=("mono",))
    with open_media(source) as container:
        track = choose_track(container)
        assert track is not None
        parts = list(placed_samples(container, track, av.AudioLayout("mono"), Fraction(1, 4)))
    wave = np.zeros(2 * 48_000)
    for position, samples in parts:
        start = max(0, -position)
        if start < len(samples):
            wave[position + start : position + len(samples)] = samples[start:, 0]
    loud = np.flatnonzero(np.abs(wave) > 0.05)
    clicks = [int(at) for number, at in enumerate(loud) if not number or at - loud[number - 1] > 5000]
    assert clicks == pytest.approx([12_000, 60_000], abs=2)
    assert not wave[int(0.56 * 48_000) : int(0.94 * 48_000)].any()


def test_damaged_sound_is_told_and_silent(tmp_path: Path) -> None:
    source = make(tmp_path / "in.mp4", even(2), flash=1.0, clicks=[0.5, 1.5])
    with av.open(str(source)) as container:
        packets = [(packet.pos or 0, packet.size) for packet in container.demux(audio=0) if packet.size]
    data = bytearray(source.read_bytes())
    at, size = packets[len(packets) // 2]
    data[at : at + size] = b"\xff" * size
    source.write_bytes(data)
    clip, told = after("assemble", source, tmp_path / "out.mp4")
    assert clip.clicks == pytest.approx([0.5, 1.5], abs=NEAR)
    assert "of the sound of in.mp4 cannot be decoded: silence is in their place" in told
    refused = CliRunner().invoke(cli, ["assemble", str(source), "-o", f"{tmp_path}/x.mp4", "--strict"])
    assert (refused.exit_code, "damaged" in refused.stderr) == (1, True)
    assert not (tmp_path / "x.mp4").exists()


def test_a_silent_clip_has_no_sound(tmp_path: Path) -> None:
    source = make(tmp_path / "in.ts", even(1), flash=0.4, clicks=[], layouts=())
    clip, _ = after("assemble", source, tmp_path / "out.mp4")
    assert clip.sound is None
    with (
        pytest.raises(MediaError, match="holds no sound"),
        open_sink(tmp_path / "x.mp4", fps=Fraction(25), size=(48, 64), audio=source),
    ):
        pass


@pytest.mark.input_table(
    "Sound", "sound that goes on after the last frame", "it is cut there, and it is said"
)
@pytest.mark.parametrize(("length", "told"), [(3.0, True), (2.0, False)])
def test_sound_after_the_last_frame_is_cut_and_told(tmp_path: Path, length: float, told: bool) -> None:
    source = make(tmp_path / "in.mkv", even(2), flash=1.0, clicks=[1.0], length=length)
    result = run("assemble", source, "-o", tmp_path / "out.mkv")
    assert result.exit_code == 0, result.stderr
    assert ("the last 1.0 s of the sound of in.mkv come after its last frame" in result.stderr) == told
    part = run("assemble", source, "-o", tmp_path / "part.mkv", "--frame-range", "0:25")
    assert "come after its last frame" not in part.stderr
