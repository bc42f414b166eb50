"""The command itself: exit codes, signals, environment variables, wrong usage."""

import errno
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from framesmooth.cli.main import COMMANDS, cli
from framesmooth.errors import MediaError, ModelError
from framesmooth.video import open_source
from tests.command_line import run


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
    with pytest.raises(MediaError):
        run("--debug", "measure", tmp_path / "nothing.mp4")


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
