"""Clips on stdin and stdout: the commands, one after another."""

import io
import shutil
import subprocess
import sys
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from framesmooth.cli.main import cli
from framesmooth.frames import Frame
from framesmooth.smoothing.base import create_smoother
from framesmooth.smoothing.overlays import SHORTEST as OVERLAY_RUN
from framesmooth.video.pipes.colors import ColorTags, Look
from framesmooth.video.pipes.sink import PipeFormat, open_pipe_sink
from framesmooth.video.pipes.source import PipeSource
from tests.doc_blocks import HOME, blocks
from tests.scenes import moving_scene
from tests.video.deep import planes
from tests.video.frames import gradient
from tests.video.pipes.streams import HD, NTSC, OneWay, pictures, read, stream_of

SCENE = moving_scene(frames=8, size=(48, 64)).frames
FRAMES = [np.clip(frame * (1 + 0.1 * (t % 2)), 0, 255).astype(np.uint8) for t, frame in enumerate(SCENE)]
CLIP = stream_of(FRAMES, "mkv", "yuv444p", look=Look(tags=HD))


def run(*words: object, stdin: bytes = CLIP) -> Result:
    return CliRunner().invoke(cli, list(map(str, words)), input=stdin)


def frames_of(result: Result) -> list[Frame]:
    assert result.exit_code == 0, result.stderr
    return list(read(result.stdout_bytes))


def test_smoothing_a_stream_gives_the_frames_of_smoothing_its_frames() -> None:
    result = run("smooth", "-", "-o", "-", "--smoother", "ema", "--no-measure")
    given = list(read(CLIP))
    expected = list(create_smoother("ema", 0.6)(given))
    for frame, ideal in zip(frames_of(result), expected, strict=True):
        assert np.abs(frame.astype(int) - ideal).max() <= 3  # to YUV and back
    assert "whether smoothing helps isn't checked" in result.stderr
    first = pictures(result.stdout_bytes)[0]
    assert (first.colorspace, first.color_range, first.color_primaries, first.color_trc) == (1, 1, 1, 1)


def test_stdout_holds_the_clip_alone_and_figures_go_to_stderr(tmp_path: Path) -> None:
    made = tmp_path / "figures.json"
    result = run("smooth", "-", "-o", "-", "--smoother", "deflicker", "--json", made)
    assert len(frames_of(result)) == len(FRAMES)
    assert '"after"' in made.read_text()
    table = run("smooth", "-", "-o", "-", "--smoother", "deflicker", "--report", tmp_path / "report")
    assert len(frames_of(table)) == len(FRAMES)
    assert "luma_flicker" in table.stderr
    assert (tmp_path / "report" / "report.html").is_file()


def test_a_clean_clip_is_named_where_nothing_can_be_taken_back() -> None:
    still = stream_of(SCENE, "mkv", "yuv444p")
    result = run("smooth", "-", "-o", "-", "--smoother", "ema", stdin=still)
    assert len(frames_of(result)) == len(SCENE)
    assert "one pass takes nothing back; from a file to a file it would be left as it was" in result.stderr


def test_interpolating_and_enlarging_a_stream() -> None:
    doubled = run("interpolate", "-", "-o", "-", "--cadence", 2, "--format", "y4m")
    found = read(doubled.stdout_bytes)
    assert (found.fps, len(list(found))) == (2 * NTSC, 2 * len(FRAMES) - 1)
    assert "y4m cannot say the colour tags (-colorspace bt709" in doubled.stderr
    large = run("upscale", "-", "-o", "-", "--model", "lanczos")
    assert read(large.stdout_bytes).size == (96, 128)
    refused = run("interpolate", "-", "-o", "-", "--cadence", 2, "--drop-repeats", "on")
    assert (refused.exit_code, "stdin is read once" in refused.stderr) == (2, True)


def test_raw_video_in_and_out() -> None:
    raw = b"".join(frame.tobytes() for frame in FRAMES)
    words = ("smooth", "-", "-o", "-", "-s", 0, "--no-measure", "--video-size", "64x48")
    result = run(*words, "--fps", "24000/1001", stdin=raw)
    assert result.stdout_bytes == raw
    assert "stdout: rawvideo, 64x48 rgb24, 24000/1001 frames a second" in result.stderr
    cut = run(*words, "--fps", 24, stdin=raw[:-10])
    assert len(cut.stdout_bytes) == len(raw) - 64 * 48 * 3
    assert "breaks off after frame 6: it is truncated, 10 bytes" in cut.stderr
    assert run(*words, stdin=raw).exit_code == 2  # without a rate


def test_a_stream_becomes_a_file_and_a_file_a_stream(tmp_path: Path) -> None:
    to_file = run("upscale", "-", "-o", f"{tmp_path}/large/", "--model", "lanczos")
    assert to_file.exit_code == 0, to_file.stderr
    assert len(list((tmp_path / "large").iterdir())) == len(FRAMES)
    back = run("smooth", tmp_path / "large", "-o", "-", "-s", 0, "--no-measure", "--format", "mkv")
    assert read(back.stdout_bytes).look.tags == HD
    assert len(frames_of(back)) == len(FRAMES)


DEEP = [np.asarray(frame, np.uint16) * 257 - np.uint16(40 * t) for t, frame in enumerate(gradient(4))]
PQ = ColorTags(matrix=9, range=1, primaries=9, transfer=16)


def deep_clip(look: Look, chosen: PipeFormat = "mkv", pixel_format: str = "yuv444p10le") -> bytes:
    return stream_of(DEEP, chosen, pixel_format, look=look)


def codes_of(data: bytes) -> list[np.ndarray]:
    return [np.asarray(plane).astype(int) for picture in pictures(data) for plane in planes(picture)]


@pytest.mark.parametrize("tags", [HD, PQ], ids=["SDR", "PQ"])
@pytest.mark.parametrize(
    ("verb", "frames"),
    [
        (("smooth", "-s", 0, "--no-measure"), 4),
        (("interpolate", "--cadence", 2), 7),
        (("upscale", "--model", "lanczos", "--scale", 2), 4),
    ],
    ids=["smooth", "interpolate", "upscale"],
)
def test_streams_of_more_than_8_bits_stay_so(verb: tuple[object, ...], frames: int, tags: ColorTags) -> None:
    data = deep_clip(Look(tags=tags))
    result = run(verb[0], "-", "-o", "-", *verb[1:], stdin=data)
    assert result.exit_code == 0, result.stderr
    assert "have 8" not in result.stderr
    made = pictures(result.stdout_bytes)
    assert {picture.format.name for picture in made} == {"yuv444p10le"}
    assert (len(made), int(made[0].color_trc)) == (frames, tags.transfer)
    if verb[0] == "smooth":
        apart = [
            np.abs(a - b).max() for a, b in zip(codes_of(data), codes_of(result.stdout_bytes), strict=True)
        ]
        assert max(apart) <= 1


def test_a_deep_clip_goes_from_a_file_to_stdout_and_from_stdin_to_a_file(tmp_path: Path) -> None:
    write = ("--no-measure", "-s", 0)
    to_file = run(
        "smooth", "-", "-o", tmp_path / "deep.mkv", "--codec", "ffv1", *write, stdin=deep_clip(Look(tags=HD))
    )
    assert to_file.exit_code == 0, to_file.stderr
    assert pictures((tmp_path / "deep.mkv").read_bytes())[0].format.name == "gbrp10le"
    back = run("smooth", tmp_path / "deep.mkv", "-o", "-", "--format", "y4m", *write)
    assert pictures(back.stdout_bytes)[0].format.name == "yuv444p10le"


@pytest.mark.parametrize(
    "words", [("--bit-depth", 8), ("--pixel-format", "yuv444p")], ids=["bit depth", "pixel format"]
)
def test_8_bits_are_written_where_they_are_asked_for(words: tuple[object, ...]) -> None:
    result = run("smooth", "-", "-o", "-", "-s", 0, "--no-measure", *words, stdin=deep_clip(Look(tags=HD)))
    assert pictures(result.stdout_bytes)[0].format.name == "yuv444p"
    assert "stdin has 10 bits a channel and frames have 8" in result.stderr


def test_raw_video_of_16_bits_stays_so() -> None:
    raw = b"".join(frame.tobytes() for frame in DEEP)
    words = ("--video-size", "64x48", "--pixel-format", "rgb48le", "--fps", 24)
    result = run("smooth", "-", "-o", "-", "-s", 0, "--no-measure", *words, stdin=raw)
    assert (result.exit_code, result.stdout_bytes == raw) == (0, True)


def test_a_stream_is_measured_as_the_same_frames_are(tmp_path: Path) -> None:
    result = run("measure", "-", "--json", "-", "--metric", "luma_flicker")
    (tmp_path / "clip.mkv").write_bytes(CLIP)
    of_file = run("measure", tmp_path / "clip.mkv", "--json", "-", "--metric", "luma_flicker")
    assert result.stdout == of_file.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("smooth", "-", "-o", "-", "--loop"), "stdin is read once"),
        (("smooth", "-", "-o", "-", "-s", "0:(0.3), 4:(0.9)"), "stdin doesn't tell"),
        (("smooth", "-", "-o", "-", "--crf", 20), "--crf is for files"),
        (("smooth", "-", "-o", "-", "--json", "-"), "both write to stdout"),
        (("smooth", "-", "-o", "x.mp4", "--format", "y4m"), "--format is for stdout"),
        (("tune", "-", "-o", "x.mp4"), "name a file"),
        (("measure", "-", "-"), "give - once"),
        (("measure", "-", "--html", "x.html"), "--html shows frames"),
        (("measure", "x.mp4", "--video-size", "4x4"), "give - as IN"),
        (("compare", "-", "x.mp4"), "name a file"),
    ],
)
def test_what_needs_two_passes_is_refused(words: Sequence[object], told: str) -> None:
    result = run(*words)
    assert (result.exit_code, result.stdout_bytes) == (2, b"")
    assert told in result.stderr


def test_frames_go_out_while_others_come_in_and_few_are_held() -> None:
    smoother = create_smoother("deflicker", 0.6)
    data = stream_of(gradient(40) * 3, "y4m", "yuv444p")
    pipe, held = OneWay(data), io.BytesIO()
    source = PipeSource(pipe)  # type: ignore[arg-type]
    alive: list[weakref.ref[Frame]] = []
    per_frame, most, first = len(data) / 120, 0, 0

    def watched() -> Iterator[Frame]:
        for frame in source:
            alive.append(weakref.ref(frame))
            yield frame

    with open_pipe_sink(
        held, chosen="y4m", pixel_format="yuv444p", look=Look(), fps=NTSC, size=(48, 64), metadata={}
    ) as sink:
        for frame in smoother(watched()):
            sink.write(frame)
            most = max(most, sum(each() is not None for each in alive))
            if not first:
                first = round(pipe.count / per_frame)
    assert sink.count == 120
    assert held.tell() >= len(data) - 100
    assert first <= smoother.reach + 8 + OVERLAY_RUN  # type: ignore[attr-defined]
    assert most <= 2 * (smoother.reach + smoother.memory) + 12  # type: ignore[attr-defined]


def shell(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run lines of a shell with ``framesmooth`` and ``ffmpeg`` at hand."""
    command = folder / "framesmooth"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m framesmooth "$@"\n')
    command.chmod(0o755)
    path = f"{folder}:/usr/local/bin:/usr/bin:/bin"
    return subprocess.run(
        ["bash", "-ec", f"set -o pipefail\n{text}"],
        cwd=folder,
        env={"PATH": path, "PYTHONPATH": str(HOME), "HOME": str(folder), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


@needs_ffmpeg
@pytest.mark.slow
def test_examples_of_the_guide_run(tmp_path: Path) -> None:
    make = "ffmpeg -v error -f lavfi -i testsrc2=size=64x48:rate=24:duration=0.3"
    made = shell(f"{make} -f lavfi -i sine=duration=0.3 -pix_fmt yuv420p -y in.mov", tmp_path)
    assert made.returncode == 0, made.stderr
    for block in blocks(HOME / "docs" / "guides" / "pipes.md"):
        if block.language == "bash":
            result = shell(block.text, tmp_path)
            assert result.returncode == 0, f"{block.place}\n{result.stderr}"


@needs_ffmpeg
def test_a_reader_that_leaves_ends_the_command_with_one_line(tmp_path: Path) -> None:
    source = "ffmpeg -v quiet -f lavfi -i testsrc2=size=320x240:duration=9 -pix_fmt yuv420p -f yuv4mpegpipe -"
    smoothing = "framesmooth smooth - -o - --smoother ema --no-measure -q"
    end = "head -c 999999 >head.y4m; echo ${PIPESTATUS[1]} >&2"
    result = shell(f"({source}; true) | {smoothing} | {end}", tmp_path)
    lines = result.stderr.splitlines()
    assert (tmp_path / "head.y4m").stat().st_size == 999_999
    assert len(lines) <= 2, result.stderr
    assert lines[0].startswith("error: stdout was closed by the program that reads it, after")
