"""``framesmooth smooth``: what it writes and prints."""

import json
from pathlib import Path

import numpy as np
import pytest

from framesmooth.video import open_source, read_metadata
from tests.cli.clips import SIZE, flickering, write
from tests.command_line import run


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


def test_smooth_notes_how_in_the_file(tmp_path: Path, video: Path) -> None:
    assert run("smooth", video, "-o", tmp_path / "out.mp4", "-s", 0.4, "--no-measure").exit_code == 0
    assert "TrajectorySmoother(strength=0.4" in read_metadata(tmp_path / "out.mp4")["comment"]
