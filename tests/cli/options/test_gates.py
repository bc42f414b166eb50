"""Quality gates: exit codes that follow from the mean of a metric."""

from pathlib import Path

import pytest

from tests.cli.clips import flickering, write
from tests.command_line import run


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
