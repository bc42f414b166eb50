"""Names of results: what cannot be written is refused before the work, in every command that writes."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from framesmooth.cli.main import cli
from framesmooth.errors import UsageError
from framesmooth.video import check_output, is_folder_name, write_png
from framesmooth.video.suffixes import file_suffixes

WRITING = {
    "assemble": (),
    "smooth": (),
    "interpolate": ("--cadence", "2"),
    "tune": (),
    "generate": ("--num-frames", "2"),
    "sweep": (),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for index in range(3):
        write_png(tmp_path / "in" / f"{index}.png", np.full((32, 48, 3), 60 + index, np.uint8))
    return tmp_path / "in"


@pytest.mark.input_table(
    "Output",
    "`-o` with the suffix of any other file: .ts .avi .ogv .gifv .tiff .mp3 .json …, or a slip such as .mp5",
    "refused at the start, with a line that names what can be written",
)
@pytest.mark.parametrize("command", WRITING)
@pytest.mark.parametrize("suffix", [".ts", ".ogv", ".gifv", ".tiff", ".mp3", ".WAV", ".mp5"])
def test_a_suffix_that_cannot_be_written_is_refused_at_the_start(
    tmp_path: Path, folder: Path, command: str, suffix: str
) -> None:
    if command == "sweep" and suffix == ".mp5":
        return  # it always writes a folder
    given = "a cat" if command == "generate" else folder
    arguments = [command, given, "-o", tmp_path / f"out{suffix}", *WRITING[command]]
    result = CliRunner().invoke(cli, [str(one) for one in arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert suffix.lower() in result.stderr
    assert ("becomes a folder" if command == "sweep" else ".mp4 .m4v .mov .mkv .webm") in result.stderr
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["in"]


@pytest.mark.parametrize("command", ["smooth", "tune"])
def test_a_report_is_a_folder(tmp_path: Path, folder: Path, command: str) -> None:
    arguments = [command, str(folder), "-o", f"{tmp_path}/out.mp4", "--report", f"{tmp_path}/report.html"]
    result = CliRunner().invoke(cli, arguments)
    assert (result.exit_code, "report.html becomes a folder" in result.stderr) == (2, True)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["in"]


@pytest.mark.input_table(
    "Output",
    "`-o` with a `/` at the end, without a suffix, or with one of no file (`take.v2`)",
    "a folder of PNG frames",
)
@pytest.mark.parametrize("name", ["out.ts/", "out", "take.v2", "take.3", "night.final", "a.framesmooth"])
def test_a_folder_of_frames(tmp_path: Path, folder: Path, name: str) -> None:
    result = CliRunner().invoke(cli, ["assemble", str(folder), "-o", f"{tmp_path}/{name}"])
    assert result.exit_code == 0, result.output
    assert len(list((tmp_path / name).glob("frame_*.png"))) == 3


def test_a_folder_that_is_there_may_have_any_name(tmp_path: Path) -> None:
    (tmp_path / "out.ts").mkdir()
    check_output(tmp_path / "out.ts", overwrite=False)
    assert is_folder_name(tmp_path / "out.ts")
    with pytest.raises(UsageError, match=r"cannot write a clip as \.avi"):
        check_output(tmp_path / "out.avi", overwrite=False)


def test_known_suffixes() -> None:
    known = file_suffixes()
    assert {
        ".ts",
        ".ogv",
        ".gifv",
        ".tiff",
        ".mp3",
        ".flac",
        ".opus",
        ".exr",
        ".jxl",
        ".heic",
        ".mts",
        ".3gp",
    } <= known
    assert not {"", ".v2", ".final", ".framesmooth", ".sweep", ".tuning", ".frames"} & known


def test_what_cannot_be_encoded_is_refused_before_a_search(tmp_path: Path) -> None:
    for index in range(3):
        write_png(tmp_path / "in" / f"{index}.png", np.full((31, 48, 3), 60 + index, np.uint8))
    for options, exit_code, words in (
        (["-o", f"{tmp_path}/out.mp4"], 1, "odd side"),
        (["-o", f"{tmp_path}/out.webm", "--codec", "h264"], 2, "does not hold h264"),
        (["-o", f"{tmp_path}/out.gif", "--fps", "60"], 2, "at most 50 frames"),
        (
            ["-o", f"{tmp_path}/out.mkv", "--odd-size", "pad", "--audio", f"{tmp_path}/in/0.png"],
            1,
            "cannot read",
        ),
    ):
        result = CliRunner().invoke(cli, ["tune", str(tmp_path / "in"), *options])
        assert (result.exit_code, words in result.stderr) == (exit_code, True), result.output
        assert "tune" not in result.stderr.split("error:")[0]
