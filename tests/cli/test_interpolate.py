"""``framesmooth interpolate``: how many frames, at which times, and what is written down of them."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from framesmooth.video import open_source
from tests.command_line import run


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
    assert "one frame" in still.stderr


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
