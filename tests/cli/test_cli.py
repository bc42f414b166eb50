"""smooth, measure and assemble from the command line: what they write, print and refuse."""

import errno
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from framesmooth.cli.main import COMMANDS, cli
from framesmooth.errors import MediaError, ModelError
from framesmooth.frames import Frame
from framesmooth.runs import RunFolder
from framesmooth.video import has_audio, open_sink, open_source, read_metadata, write_png

SIZE = (48, 64)
FPS = Fraction(12)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def flickering(count: int = 5, size: tuple[int, int] = SIZE) -> list[Frame]:
    """A textured picture whose brightness jumps."""
    texture = np.random.default_rng(0).integers(60, 160, (*size, 3))
    return [(texture + 24 * (index % 2)).astype(np.uint8) for index in range(count)]


def write(path: Path | str, frames: Sequence[Frame], fps: Fraction = FPS) -> None:
    with open_sink(path, fps=fps, size=(frames[0].shape[0], frames[0].shape[1])) as sink:
        for frame in frames:
            sink.write(frame)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(f"{tmp_path}/in/", flickering())
    return tmp_path / "in"


@pytest.fixture
def video(tmp_path: Path) -> Path:
    write(tmp_path / "in.mp4", flickering())
    return tmp_path / "in.mp4"


def test_flashing_clips_are_warned_of(tmp_path: Path, folder: Path) -> None:
    write(f"{tmp_path}/strobe/", [np.full((*SIZE, 3), 255 * (index % 2), np.uint8) for index in range(12)])
    for source, flashes in ((tmp_path / "strobe", True), (folder, False)):
        out = tmp_path / f"{source.name}-out"
        smoothed = run("smooth", source, "-o", f"{out}/", "--smooth-strength", 0)
        assert smoothed.exit_code == 0, smoothed.output
        assert ("warning: flash safety: FAILED" in smoothed.stderr.splitlines()[-1]) is flashes
        safety = json.loads(run("measure", out, "--json", "-", "-q").stdout)["flash_safety"]
        assert safety["passed"] is not flashes
        assert safety["worst_second"] == (0.0 if flashes else None)


def test_smooth_writes_a_steadier_clip_and_prints_both(tmp_path: Path, folder: Path) -> None:
    result = run("smooth", folder, "-o", f"{tmp_path}/out/", "--json", tmp_path / "figures.json")
    assert result.exit_code == 0, result.output
    assert "before" in result.stdout
    assert "warping_error" in result.stdout
    assert result.stdout.endswith(f"{tmp_path}/out/\n")
    smoothed = list(open_source(tmp_path / "out"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        f"frame_{index:06d}.png" for index in range(5)
    ]
    assert np.ptp([frame.mean() for frame in smoothed]) < np.ptp([frame.mean() for frame in flickering()])
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert (
        figures["after"]["metrics"]["luma_flicker"]["mean"]
        < figures["before"]["metrics"]["luma_flicker"]["mean"]
    )


@pytest.mark.parametrize("method", ["ema", "trajectory"])
def test_strength_0_is_the_identity(tmp_path: Path, folder: Path, method: str) -> None:
    arguments = ["--smooth-strength", 0, "--smoother", method, "--no-measure"]
    result = run("smooth", folder, "-o", f"{tmp_path}/out/", *arguments)
    assert result.exit_code == 0, result.output
    pairs = zip(open_source(tmp_path / "out"), flickering(), strict=True)
    assert all(np.array_equal(*pair) for pair in pairs)


def test_measure_writes_the_promised_json(tmp_path: Path, folder: Path) -> None:
    result = run("measure", folder, "--json", tmp_path / "figures.json")
    assert result.exit_code == 0, result.output
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert {"warping_error", "luma_flicker", "coverage"} <= set(figures["metrics"])
    for name, summary in figures["metrics"].items():
        assert {"mean", "p95", "coverage", "unit", "higher_is_better"} <= set(summary)
        assert len(figures["per_frame"][name]) == 5
    only = run("measure", folder, "--metric", "coverage", "--json", "-", "--progress", "none")
    assert list(json.loads(only.stdout)["metrics"]) == ["coverage"]


def test_measure_against_itself_is_perfect(folder: Path) -> None:
    result = run("measure", folder, "--reference", folder, "--json", "-", "--progress", "none")
    metrics = json.loads(result.stdout)["metrics"]
    assert metrics["detail_retention"]["mean"] == pytest.approx(1)
    assert metrics["ssim"]["mean"] == pytest.approx(1)


@pytest.mark.parametrize("count", [1, 2])
def test_very_short_clips(tmp_path: Path, count: int) -> None:
    write(f"{tmp_path}/short/", flickering(count))
    measured = run("measure", tmp_path / "short", "--json", "-", "--progress", "none")
    assert measured.exit_code == 0, measured.output
    assert "NaN" not in measured.stdout
    smoothed = run("smooth", tmp_path / "short", "-o", tmp_path / "out.mp4")
    assert smoothed.exit_code == 0, smoothed.output
    assert "nan" not in smoothed.stdout
    assert open_source(tmp_path / "out.mp4").num_frames == count


def test_interpolate_by_cadence_and_by_rate(tmp_path: Path, folder: Path) -> None:
    count = len(list(folder.iterdir()))
    assert run("interpolate", folder, "-o", f"{tmp_path}/more/", "--cadence", 3).exit_code == 0
    more = open_source(tmp_path / "more")
    assert more.num_frames == 3 * (count - 1) + 1
    for original, kept in zip(open_source(folder), list(more)[::3], strict=True):
        np.testing.assert_array_equal(original, kept)
    assert run("interpolate", folder, "-o", tmp_path / "a.mp4", "--fps", 12, "--to-fps", 30).exit_code == 0
    clip = open_source(tmp_path / "a.mp4")
    assert (clip.fps, clip.num_frames) == (Fraction(30), round(count * 2.5 - 0.01))
    for options in ([], ["--cadence", 2, "--to-fps", 30]):
        refused = run("interpolate", folder, "-o", tmp_path / "b.mp4", *options)
        assert refused.exit_code == 2
        assert "either --cadence" in refused.stderr


def test_interpolate_closes_a_loop_and_writes_down_how(tmp_path: Path, folder: Path) -> None:
    count = len(list(folder.iterdir()))
    looped = run("interpolate", folder, "-o", f"{tmp_path}/loop/", "--cadence", 2, "--loop", "--json", "-")
    assert looped.exit_code == 0, looped.output
    told = json.loads(looped.stdout)
    assert told["pairs"] == len(told["coverage_after"]) == count
    frames = list(open_source(tmp_path / "loop"))
    assert len(frames) == 2 * count
    np.testing.assert_array_equal(frames[-2], list(open_source(folder))[-1])
    still = run(
        "interpolate", folder, "-o", f"{tmp_path}/one/", "--cadence", 3, "--loop", "--frame-range", "0:1"
    )
    assert (still.exit_code, open_source(tmp_path / "one").num_frames) == (0, 3)
    assert "stands still" in still.stderr


@pytest.mark.parametrize("command", ["smooth", "interpolate", "measure"])
def test_a_trained_flow_needs_its_weights(command: str, tmp_path: Path, folder: Path) -> None:
    output = [] if command == "measure" else ["-o", f"{tmp_path}/out/"]
    more = ["--cadence", 2] if command == "interpolate" else []
    asked: list[tuple[list[object], int, str]] = [
        ([], 2, "--flow-weights"),
        (["--flow-weights", tmp_path / "none.pth"], 1, "there is no file"),
    ]
    for options, exit_code, told in asked:
        refused = run(command, folder, *output, *more, "--flow", "raft", *options)
        assert refused.exit_code == exit_code
        assert told in refused.stderr
    refused = run(command, folder, *output, *more, "--flow", "dis-fast", "--flow-weights", tmp_path / "a.pth")
    assert refused.exit_code == 2
    assert "takes no weights" in refused.stderr
    assert not (tmp_path / "out").exists()


def test_assemble_there_and_back(tmp_path: Path, folder: Path) -> None:
    assert (
        run("assemble", folder, "-o", tmp_path / "a.mkv", "--codec", "ffv1", "--fps", "23.976").exit_code == 0
    )
    source = open_source(tmp_path / "a.mkv")
    assert (source.fps, source.num_frames) == (Fraction(24000, 1001), 5)
    assert run("assemble", tmp_path / "a.mkv", "-o", tmp_path / "back", "--frame-range", "1:4").exit_code == 0
    pairs = zip(open_source(tmp_path / "back"), flickering()[1:4], strict=True)
    assert all(np.array_equal(*pair) for pair in pairs)


def test_smooth_notes_how_in_the_file(tmp_path: Path, video: Path) -> None:
    assert run("smooth", video, "-o", tmp_path / "out.mp4", "-s", 0.4, "--no-measure").exit_code == 0
    assert "TrajectorySmoother(strength=0.4" in read_metadata(tmp_path / "out.mp4")["comment"]


def test_a_run_folder_gives_its_frames_and_rate(tmp_path: Path) -> None:
    kept = RunFolder(tmp_path / "clip.framesmooth")
    write(f"{kept.frames.folder}/", flickering())
    kept.frames.note(complete=True)
    kept.write_record({"settings": {"resolved": {"fps": "25/2"}}})
    result = run("smooth", kept.folder, "-o", tmp_path / "out.mp4", "--no-measure")
    assert result.exit_code == 0, result.output
    assert open_source(tmp_path / "out.mp4").fps == Fraction(25, 2)
    kept.frames.note(complete=False)
    unfinished = run("measure", kept.folder)
    assert unfinished.exit_code == 2
    assert "not all of its frames" in unfinished.stderr


@pytest.mark.parametrize("mode", ["plain", "json", "none", "auto"])
def test_progress_goes_to_stderr(tmp_path: Path, folder: Path, mode: str) -> None:
    result = run("assemble", folder, "-o", tmp_path / "out.mp4", "--progress", mode)
    assert result.stdout == f"{tmp_path}/out.mp4\n"
    assert bool(result.stderr) == (mode != "none")
    if mode == "json":
        events = [json.loads(line) for line in result.stderr.splitlines()]
        assert [event["done"] for event in events if event["event"] == "Progress"] == [1, 2, 3, 4, 5]
    assert run("assemble", folder, "-o", tmp_path / "out2.mp4", "-q").stderr == ""


def empty_file(folder: Path) -> Path:
    (folder / "bad.mp4").touch()
    return folder / "bad.mp4"


def text_file(folder: Path) -> Path:
    (folder / "bad.mp4").write_text("this is no video\n" * 50)
    return folder / "bad.mp4"


def truncated(folder: Path, suffix: str, share: float) -> Path:
    write(folder / f"whole{suffix}", flickering(24))
    data = (folder / f"whole{suffix}").read_bytes()
    (folder / f"bad{suffix}").write_bytes(data[: int(len(data) * share)])
    (folder / f"whole{suffix}").unlink()
    return folder / f"bad{suffix}"


def empty_folder(folder: Path) -> Path:
    (folder / "bad").mkdir()
    return folder / "bad"


def mixed_sizes(folder: Path) -> Path:
    write_png(folder / "bad" / "1.png", flickering(1)[0])
    write_png(folder / "bad" / "2.png", flickering(1, (30, 40))[0])
    return folder / "bad"


def damaged_picture(folder: Path) -> Path:
    write_png(folder / "bad" / "1.png", flickering(1)[0])
    data = (folder / "bad" / "1.png").read_bytes()
    (folder / "bad" / "2.png").write_bytes(data[: len(data) // 2])
    return folder / "bad"


def text_picture(folder: Path) -> Path:
    (folder / "bad").mkdir()
    (folder / "bad" / "1.png").write_text("this is no picture")
    return folder / "bad"


def sound_only(folder: Path) -> Path:
    import wave

    with wave.open(str(folder / "bad.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000))
    return folder / "bad.wav"


BAD_INPUTS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (lambda folder: folder / "nothing.mp4", "does not exist"),
    "zero bytes": (empty_file, "is empty (0 bytes)"),
    "no video": (text_file, "cannot read"),
    "truncated mp4, front": (lambda folder: truncated(folder, ".mp4", 0.02), "bad.mp4"),
    "truncated gif": (lambda folder: truncated(folder, ".gif", 0.6), "bad.gif"),
    "truncated webp": (lambda folder: truncated(folder, ".webp", 0.6), "bad.webp"),
    "empty folder": (empty_folder, "holds no picture"),
    "mixed sizes": (mixed_sizes, "2.png is 40x30 but 1.png is 64x48"),
    "damaged picture": (damaged_picture, "2.png"),
    "text as picture": (text_picture, "1.png"),
    "sound only": (sound_only, "holds no video"),
}


@pytest.mark.parametrize("kind", BAD_INPUTS)
@pytest.mark.parametrize("command", ["smooth", "measure", "assemble"])
def test_bad_input_is_one_line_and_leaves_nothing(tmp_path: Path, kind: str, command: str) -> None:
    make, message = BAD_INPUTS[kind]
    bad = make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    written = [] if command == "measure" else ["-o", tmp_path / "out.mp4"]
    result = run(command, bad, *written, "--progress", "none")
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--smooth-strength", "2"], "outside 0 to 1"),
        (["--smoother", "blur"], "'blur' is not one of"),
        (["--flow", "tvl1"], "'tvl1' is not one of"),
        (["--fps", "0"], "0 frames per second is out of range"),
        (["--fps", "fast"], "is no frame rate"),
        (["--frame-range", "5"], "is no range of frames"),
        (["--frame-range", "9:"], "the clip has 5 frames"),
        (["--frame-range", "3:2"], "holds no frame"),
        (["--codec", "divx"], "unknown codec 'divx'"),
        (["--strenth", "1"], "--smooth-strength"),
        (["--overwrite", "-o", "IN"], "is the input itself"),
        (["-o", "out.avi"], "cannot write a clip as .avi"),
    ],
)
def test_wrong_usage_is_exit_code_2(tmp_path: Path, video: Path, arguments: list[str], message: str) -> None:
    filled = [str(video) if argument == "IN" else argument for argument in arguments]
    result = run("smooth", video, "-o", tmp_path / "out.mp4", *filled)
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert list(tmp_path.iterdir()) == [video]


@pytest.mark.parametrize("name", ["out.mp4", "out"])
def test_existing_output_is_kept(tmp_path: Path, video: Path, name: str) -> None:
    write(tmp_path / name, flickering(2))
    result = run("smooth", video, "-o", tmp_path / name)
    assert result.exit_code == 2
    assert "--overwrite" in result.stderr
    assert open_source(tmp_path / name).num_frames == 2
    assert run("assemble", video, "-o", tmp_path / name, "--overwrite").exit_code == 0
    assert open_source(tmp_path / name).num_frames == 5


def test_odd_sides(tmp_path: Path) -> None:
    write(f"{tmp_path}/in/", flickering(2, (47, 63)))
    refused = run("assemble", tmp_path / "in", "-o", tmp_path / "out.mp4")
    assert refused.exit_code == 1
    assert "--odd-size pad" in refused.stderr
    assert run("assemble", tmp_path / "in", "-o", tmp_path / "out.mp4", "--odd-size", "crop").exit_code == 0
    assert open_source(tmp_path / "out.mp4").size == (46, 62)


@pytest.mark.parametrize(
    ("name", "writer"),
    [
        ("out.mp4", "framesmooth.video.encoder.VideoEncoder.write"),
        ("out.mp4", "framesmooth.video.encoder.VideoEncoder.close"),
        ("out.gif", "framesmooth.video.animation.GifEncoder.write"),
        ("out/", "framesmooth.video.image_sequence.save_png"),
    ],
)
def test_a_full_disk(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, writer: str
) -> None:
    def full(*_arguments: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writer, full)
    result = run("assemble", folder, "-o", f"{tmp_path}/{name}", "--progress", "none")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: no space left on the disk")
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("name", ["out.mp4", "out.webp", "out/"])
def test_ctrl_c(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def interrupted(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("framesmooth.video.writer.FrameSink.write", interrupted)
    result = run("smooth", folder, "-o", f"{tmp_path}/{name}", "--no-measure", "--progress", "none")
    assert result.exit_code == 130
    assert result.stderr.startswith("interrupted: ")
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize(
    ("stop", "code"), [(KeyboardInterrupt(), 130), (SystemExit(143), 143)], ids=["ctrl-c", "sigterm"]
)
@pytest.mark.parametrize("error", [ImportError("initialization failed"), ModelError("cannot load it")])
def test_a_stop_while_an_extension_is_imported(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, stop: BaseException, code: int
) -> None:
    def stopped(*_arguments: object, **_options: object) -> None:
        try:
            raise ImportError("initialization failed") from stop  # as pybind11 does
        except ImportError as reason:
            raise error from reason

    monkeypatch.setattr("framesmooth.workflows.measure.measure_clip", stopped)
    result = run("measure", folder, "--progress", "none")
    assert result.exit_code == code
    assert "error" not in result.stderr


def test_a_terminated_process_leaves_nothing(tmp_path: Path, folder: Path) -> None:
    code = (
        "import framesmooth.video.writer as sink, time, sys\n"
        "def write(self, frame):\n    print('writing', flush=True)\n    time.sleep(60)\n"
        "sink.FrameSink.write = write\n"
        "from framesmooth.cli.main import main\n"
        f"sys.argv = ['framesmooth', 'assemble', {str(folder)!r}, '-o', {str(tmp_path / 'out.mp4')!r}]\n"
        "main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    with process, process.stdout:
        assert process.stdout.readline() == b"writing\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 143
    assert list(tmp_path.iterdir()) == [folder]


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    result = run("--debug", "measure", tmp_path / "nothing.mp4")
    assert isinstance(result.exception, MediaError)


@pytest.mark.parametrize("option", ["--csv", "--html"])
def test_only_figures_as_json_go_to_stdout(folder: Path, option: str) -> None:
    result = run("measure", str(folder), "--json", "-", option, "-")
    assert result.exit_code == 2
    assert "only --json writes to stdout" in result.stderr


@pytest.mark.parametrize("option", ["--json", "--report"])
@pytest.mark.parametrize("command", ["smooth", "tune"])
def test_where_nothing_can_be_written_is_told_before_the_work(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, command: str, option: str
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    monkeypatch.setattr("framesmooth.cli.options.places.os.access", lambda path, _how: path != kept)
    asked = [command, str(folder), "-o", str(tmp_path / "out.mkv"), option, str(kept / "new" / "a")]
    result = run(*asked)
    assert result.exit_code == 2
    assert "no permission to write" in result.stderr
    assert not (tmp_path / "out.mkv").exists()


def test_an_unknown_command_gets_a_suggestion() -> None:
    result = run("smoth")
    assert result.exit_code == 2
    assert "did you mean smooth?" in result.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_variables_are_named_like_their_options(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    for option in command.params:
        if isinstance(option, click.Option):
            long = next(text for text in option.opts if text.startswith("--"))
            [first, *_] = option.envvar or [""]
            assert first == f"FRAMESMOOTH_{name}_{long[2:]}".upper().replace("-", "_")


def test_a_file_of_figures_comes_from_the_environment(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRAMESMOOTH_MEASURE_JSON", str(tmp_path / "figures.json"))
    monkeypatch.setenv("FRAMESMOOTH_MEASURE_METRIC", "luma_flicker")
    assert run("measure", str(folder)).exit_code == 0
    assert list(json.loads((tmp_path / "figures.json").read_text())["metrics"]) == ["luma_flicker"]


def test_options_come_from_the_environment(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRAMESMOOTH_ASSEMBLE_FPS", "25")
    result = CliRunner().invoke(
        cli, ["assemble", str(folder), "-o", f"{tmp_path}/out.mp4"], auto_envvar_prefix="FRAMESMOOTH"
    )
    assert result.exit_code == 0
    assert open_source(tmp_path / "out.mp4").fps == 25


def test_pictures_that_are_no_rgb(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for index, mode in enumerate(["RGB", "L", "P", "RGBA", "CMYK", "1"]):
        name = f"{index}.{'jpg' if mode == 'CMYK' else 'png'}"
        Image.new(mode, (64, 48)).save(tmp_path / "in" / name)
    assert run("assemble", tmp_path / "in", "-o", f"{tmp_path}/out/").exit_code == 0
    assert all(frame.shape == (48, 64, 3) for frame in open_source(tmp_path / "out"))


@pytest.mark.parametrize("arguments", [["smooth", "--no-measure"], ["assemble"]])
def test_tags_go_along(tmp_path: Path, arguments: list[str]) -> None:
    tags = {"title": "a cat", "comment": "made by hand"}
    with open_sink(tmp_path / "in.mp4", fps=FPS, size=SIZE, metadata=tags) as sink:
        for frame in flickering():
            sink.write(frame)
    command, *options = arguments
    assert run(command, tmp_path / "in.mp4", "-o", f"{tmp_path}/frames/", *options).exit_code == 0
    assert run(command, tmp_path / "frames", "-o", tmp_path / "out.webp", *options).exit_code == 0
    assert run(command, tmp_path / "out.webp", "-o", tmp_path / "out.mp4", *options).exit_code == 0
    for name in ("frames", "out.webp", "out.mp4"):
        found = read_metadata(tmp_path / name)
        assert found["title"] == "a cat"
        assert found["comment"].startswith("made by hand")


@pytest.mark.parametrize("command", ["smooth", "assemble"])
def test_sound_goes_along(tmp_path: Path, folder: Path, command: str) -> None:
    sound = sound_only(tmp_path)
    options = ["--no-measure"] if command == "smooth" else []
    assert run("assemble", folder, "-o", tmp_path / "in.mp4", "--audio", sound).exit_code == 0
    for name, more, expected in (
        ("with.mp4", [], True),
        ("without.mp4", ["--no-audio"], False),
        ("later.mp4", ["--frame-range", "1:"], True),
    ):
        result = run(command, tmp_path / "in.mp4", "-o", tmp_path / name, *options, *more)
        assert result.exit_code == 0, result.output
        assert has_audio(tmp_path / name) == expected


@pytest.mark.parametrize("command", ["smooth", "assemble"])
def test_a_run_hands_on_its_origin_and_sound(tmp_path: Path, command: str) -> None:
    kept = RunFolder(tmp_path / "clip.framesmooth")
    write(f"{kept.frames.folder}/", flickering())
    kept.frames.note(complete=True)
    raw = {"prompts": [{"prompt": "a cat"}, {"prompt": "a lion"}], "audio": "../bad.wav"}
    resolved = {"fps": "12", "seeds": [7], "steps": 4, "guidance_scale": 2.0}
    kept.write_record({"settings": {"raw": raw, "resolved": resolved}, "model": {"name": "tiny"}})
    options = ["--no-measure"] if command == "smooth" else []
    silent = run(command, kept.folder, "-o", tmp_path / "silent.mp4", *options)
    assert silent.exit_code == 0, silent.output
    assert "bad.wav, isn't there" in silent.stderr
    sound_only(tmp_path)
    assert run(command, kept.folder, "-o", tmp_path / "out.mp4", *options).exit_code == 0
    assert has_audio(tmp_path / "out.mp4")
    tags = read_metadata(tmp_path / "out.mp4")
    assert tags["title"] == "a cat | a lion"
    origin = "prompt: a cat | a lion; seed: 7; model: tiny; steps: 4; guidance scale: 2.0"
    assert tags["comment"].startswith(f"framesmooth (AI-generated); {origin}")
    assert ("smoothed by" in tags["comment"]) == (command == "smooth")


@pytest.mark.parametrize("command", ["smooth", "assemble"])
@pytest.mark.parametrize("name", [".", "..", "./", "/"])
def test_an_output_without_a_name(
    tmp_path: Path, video: Path, monkeypatch: pytest.MonkeyPatch, command: str, name: str
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    result = run(command, video, "-o", name, "--overwrite")
    assert result.exit_code == 2
    assert "names no new file or folder" in result.stderr


def test_verbose_logs_our_own_stages(tmp_path: Path, folder: Path) -> None:
    arguments = ["smooth", folder, "--no-measure", "--smoother", "ema", "--progress", "none"]
    result = run(*arguments, "-o", tmp_path / "out.mp4", "-v")
    assert "in: 64x48, 5 frames at 12 per second" in result.stderr
    assert "EmaSmoother(strength=0.6" in result.stderr
    assert all(line.startswith("framesmooth.") for line in result.stderr.splitlines())
    assert run(*arguments, "-o", tmp_path / "quiet.mp4").stderr == ""
    assert run(*arguments, "-o", tmp_path / "quieter.mp4", "-q", "-v").stderr == ""


@pytest.mark.parametrize(
    ("gates", "lines"),
    [
        (["--fail-above", "luma_flicker=1000", "--fail-below", "coverage=0"], []),
        (["--fail-above", "luma_flicker=1"], ["luma_flicker is"]),
        (
            ["--fail-below", "coverage=2", "--fail-above", "luma_flicker=1", "--fail-above", "coverage=1"],
            ["luma_flicker is", "coverage is"],
        ),
    ],
)
@pytest.mark.parametrize("json_file", [[], ["--json", "-"]])
def test_gates(folder: Path, gates: list[str], lines: list[str], json_file: list[str]) -> None:
    result = run("measure", folder, *gates, *json_file, "--progress", "none")
    assert result.exit_code == (3 if lines else 0), result.output
    assert "warping_error" in result.stdout
    written = result.stderr.splitlines()
    assert len(written) == len(lines)
    assert all(line.startswith(f"error: gate: {start}") for line, start in zip(written, lines, strict=True))


def test_what_cannot_be_measured_passes_no_gate(tmp_path: Path) -> None:
    write(f"{tmp_path}/one/", flickering(1))
    result = run("measure", tmp_path / "one", "--fail-above", "luma_flicker=1", "--progress", "none")
    assert result.exit_code == 3
    assert result.stderr.startswith("error: gate: luma_flicker could not be measured: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fail-above", "flicker=1"], "'flicker' is no metric"),
        (["--fail-above", "luma_flicker"], "write NAME=VALUE"),
        (["--fail-below", "coverage=much"], "write NAME=VALUE"),
        (["--fail-below", "coverage=nan"], "write NAME=VALUE"),
        (["--fail-below", "psnr=30"], "give --reference"),
        (["--fail-below", "coverage=1", "--metric", "luma_flicker"], "add --metric coverage"),
        (["--fail-above", "warping_error_long=1"], "add --metric warping_error_long"),
    ],
)
def test_gates_that_make_no_sense(folder: Path, arguments: list[str], message: str) -> None:
    result = run("measure", folder, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
