"""``framesmooth smooth --report``: the files that a tuner looks at."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from framesmooth.cli.main import cli
from framesmooth.video import read_image, write_png
from tests.scenes import add_flicker, moving_scene


def smooth(folder: Path, *options: str) -> tuple[int, str]:
    """Smooth a small flickering folder and return the exit code and all output."""
    for index, frame in enumerate(add_flicker(moving_scene(frames=6).frames, "GT")):
        write_png(folder / "in" / f"frame_{index:06d}.png", frame)
    arguments = ["smooth", str(folder / "in"), "-o", f"{folder / 'out'}/", "--smoother", "ema", *options]
    result = CliRunner().invoke(cli, [*arguments, "--progress", "none"])
    return result.exit_code, result.output


def test_the_report_holds_page_figures_and_pictures(tmp_path: Path) -> None:
    """All files are there, the strip shows both versions, and the JSON has before and after."""
    code, output = smooth(tmp_path, "--report", str(tmp_path / "report"))
    assert code == 0, output
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert names == {"metrics.csv", "metrics.json", "metrics.png", "report.html", "strip.png"}
    content = json.loads((tmp_path / "report" / "metrics.json").read_text())
    before, after = (content[label]["metrics"]["luma_flicker"]["mean"] for label in ("before", "after"))
    assert after < before
    assert read_image(tmp_path / "report" / "strip.png").shape[1] == 1440
    page = (tmp_path / "report" / "report.html").read_text()
    assert "EmaSmoother" in page
    assert str(tmp_path) not in page


@pytest.mark.parametrize("option", ["--report", "--json"])
def test_a_report_without_metrics_is_refused(tmp_path: Path, option: str) -> None:
    """The two options contradict each other: usage error, nothing written."""
    code, output = smooth(tmp_path, option, str(tmp_path / "report"), "--no-measure")
    assert code == 2
    assert f"{option} needs the metrics that --no-measure leaves out" in output
    assert not (tmp_path / "report").exists()
    assert not (tmp_path / "out").exists()
