"""``framesmooth measure``: what it writes and prints."""

import json
from pathlib import Path

import pytest

from tests.command_line import run


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


@pytest.mark.parametrize("option", ["--csv", "--html"])
def test_only_figures_as_json_go_to_stdout(folder: Path, option: str) -> None:
    result = run("measure", str(folder), "--json", "-", option, "-")
    assert result.exit_code == 2
    assert "only --json writes to stdout" in result.stderr
