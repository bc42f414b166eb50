"""``evaluate``: figures, page and JSON of the built-in model on a small data set."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import framesmooth as fs
from framesmooth.cli.main import cli
from framesmooth.errors import UsageError
from tests.training.pictures import write_pictures


def test_a_model_is_judged_by_a_data_set(tmp_path: Path) -> None:
    data, page, told = write_pictures(tmp_path / "data", 6), tmp_path / "page.html", tmp_path / "told.json"
    (data / "5.txt").unlink()
    arguments = ["evaluate", "storybook", str(data), "--pictures", "4", "--steps", "1", "--resolution", "64",
                 "--clips", "1", "--num-frames", "3", "--html", str(page), "--json", str(told)]  # fmt: skip
    result = CliRunner().invoke(cli, [*arguments, "--progress", "plain"], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    assert "1 files without a caption are left out" in result.stderr
    assert "agreement is not judged" in result.stderr
    found = json.loads(told.read_text())
    assert (found["pictures"], found["references"]) == (4, 5)
    assert 15 < found["reconstruction"]["psnr"] < 60
    assert found["reconstruction"]["psnr_worst_tenth"] <= found["reconstruction"]["psnr"]
    assert found["agreement"] == {}
    assert min(found["distances"]["frechet"], found["distances"]["frechet_floor"]) > 0
    assert set(found["flicker"]) == {"flicker_score", "warping_error", "dynamic_degree"}
    text = page.read_text(encoding="utf-8")
    assert text.count("data:image/jpeg") == 4
    assert "Fréchet distance of two halves" in text


def test_data_without_captions_is_refused(tmp_path: Path) -> None:
    data = write_pictures(tmp_path, 3)
    with pytest.raises(UsageError, match="3 captions"):
        fs.evaluate("storybook", data, pictures=4)
