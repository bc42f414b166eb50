"""``explain``: of a prompt and of a run."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import framesmooth as fs
from framesmooth.cli.main import cli
from framesmooth.errors import OutputExists, UsageError

SMALL: dict[str, Any] = {"steps": 2, "width": 64, "height": 64}


def test_a_prompt_names_what_its_words_do(tmp_path: Path) -> None:
    sheet, page = tmp_path / "words.png", tmp_path / "words.html"
    told = fs.explain("a red <boat> on the sea, xylophone", output=sheet, html_file=page, **SMALL)
    assert told.maps.words == ("red", "boat", "sea", "xylophone")
    assert told.maps.raw.shape[:2] == (4, 1)
    assert any("xylophone" in word for word in told.unknown)
    figures = json.loads(json.dumps(told.as_dict()))
    assert [word["word"] for word in figures["words"]] == list(told.maps.words)
    assert all(
        0 <= share <= 1 for word in figures["words"] for share in (*word["effect"], *word["middle"][0])
    )
    text = page.read_text(encoding="utf-8")
    assert "&lt;boat&gt;" in text
    assert "<boat>" not in text
    assert "http" not in text.replace("http-equiv", "")
    with pytest.raises(OutputExists):
        fs.explain("a red boat", output=sheet, **SMALL)


def test_a_long_prompt_is_read_to_its_end() -> None:
    told = fs.explain("a red boat " + "very " * 80 + "small", **SMALL)
    assert told.unread == ("",)


def test_a_run_is_looked_at_over_time(tmp_path: Path) -> None:
    fs.generate(
        ["a red boat on the sea", "a red boat at night"],
        tmp_path / "clip.webp",
        num_frames=5,
        smooth_strength=0.0,
        **SMALL,
    )
    told = fs.explain(str(tmp_path / "clip.framesmooth"), frames=3, output=tmp_path / "words.gif")
    shown = fs.open_source(tmp_path / "words.gif")
    assert shown.num_frames == 5
    assert shown.size[1] > 2 * 64, "words stand beside the clip"
    with pytest.raises(UsageError, match=r"one picture.*words\.png"):
        fs.explain("a red boat", output=tmp_path / "words.mp4", **SMALL)
    assert told.maps.times == (0, 2, 4)
    assert told.maps.words == ("red", "boat", "sea", "night")
    night = told.maps.effects[told.maps.words.index("night")]
    assert night[0] < 1e-6 < night[-1], "a word of the last prompt draws nothing in the first frame"


@pytest.mark.parametrize("what", ["", "the of a"])
def test_what_has_no_words_is_refused(what: str) -> None:
    with pytest.raises(UsageError):
        fs.explain(what, **SMALL)


def test_the_command_prints_the_words_by_effect() -> None:
    result = CliRunner().invoke(
        cli, ["explain", "a red boat", "--steps", "1", "-W", "64", "-H", "64", "--progress", "none"]
    )
    assert result.exit_code == 0, result.output
    assert "boat" in result.output
