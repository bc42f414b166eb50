"""What all commands on clips have in common: progress, bad input, outputs that are there already."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from framesmooth.video import open_source, write_png
from tests.cli.clips import flickering, sound_only, write
from tests.command_line import run


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


@pytest.mark.parametrize("name", ["out.mp4", "out"])
def test_existing_output_is_kept(tmp_path: Path, video: Path, name: str) -> None:
    write(tmp_path / name, flickering(2))
    result = run("smooth", video, "-o", tmp_path / name)
    assert result.exit_code == 2
    assert "--overwrite" in result.stderr
    assert open_source(tmp_path / name).num_frames == 2
    assert run("assemble", video, "-o", tmp_path / name, "--overwrite").exit_code == 0
    assert open_source(tmp_path / name).num_frames == 5


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
