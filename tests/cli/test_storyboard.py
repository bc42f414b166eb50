"""``framesmooth storyboard`` and ``storyboard draft`` on the command line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from framesmooth.cli.main import cli
from framesmooth.story.reader import read_story
from framesmooth.video import read_image

STORY = """
size: 64x48
fps: 8
defaults: {{model: "{model}", duration: 0.5, steps: 1, smoother: ema, dtype: float32}}
shots:
- {{prompt: a cat on the beach, title: Hi}}
- {{prompt: the lion at sunset, transition: dip white 0.25, say: Hello}}
"""


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(cli, ["storyboard", *map(str, arguments), "--progress", "none"])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def story(tiny_model: Path, tmp_path: Path) -> Path:
    path = tmp_path / "story.yaml"
    path.write_text(STORY.format(model=tiny_model))
    return path


def test_a_board_and_a_film(story: Path, tmp_path: Path) -> None:
    output = tmp_path / "film.mp4"
    board = run(story, "-o", output, "--preview").stdout.strip()
    assert board == str(tmp_path / "film.preview.png")
    sheet = read_image(Path(board))
    assert sheet.shape[1] == 2 * 64 + 4
    assert sheet.shape[0] > 48
    assert not output.exists()
    said = run(story, "-o", output).stdout.splitlines()
    assert said[-1] == str(output)
    assert "2 shots" in said[0]
    assert said[1].startswith("flash safety: passed")
    told = json.loads(run(story, "-o", output, "--overwrite", "--json", "-").stdout)
    assert [shot["reused"] for shot in told["shots"]] == [True, True]
    assert told["frames"] == sum(shot["frames"] for shot in told["shots"])


def test_a_draft_can_be_read_and_is_no_film(tmp_path: Path) -> None:
    (tmp_path / "tale.txt").write_text("The camera pans left over the sea. Cut to a castle.")
    output = tmp_path / "tale.yaml"
    said = run("draft", tmp_path / "tale.txt", "-o", output).stdout.splitlines()
    assert said[-1] == str(output)
    assert [shot.camera for shot in read_story(output, ()).shots] == ["pan left", ""]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tale.txt", "tale.yaml"]
    assert "is there already" in run("draft", tmp_path / "tale.txt", "-o", output, code=2).stderr
    run("draft", tmp_path / "tale.txt", "-o", output, "--overwrite")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["draft", "tale.txt", "-o", "film.mp4"], "a story is a .yaml file"),
        (["draft", "tale.txt", "-o", "a.yaml", "--otio", "a.otio"], "--otio is of films"),
        (["draft", "tale.txt", "-o", "a.yaml", "--preview"], "--preview is of films"),
        (["draft", "nowhere.txt", "-o", "a.yaml"], "nowhere.txt"),
        (["draft", "empty.txt", "-o", "a.yaml"], "is empty"),
        (["draft", "story.yaml", "-o", "a.yaml"], "is a story already"),
        (["draft", "tale.txt", "-o", "a.yaml", "--llm", "nowhere"], "neither a folder nor an address"),
        (["draft", "tale.txt", "-o", "a.yaml", "--llm", "http://10.0.0.1/v1"], "is not this machine"),
        (["draft", "tale.txt", "b.txt", "-o", "a.yaml"], "one text makes a story"),
        (["story.yaml", "b.yaml", "-o", "a.mp4"], "one story makes a film"),
        (["story.yaml", "-o", "a.mp4", "--llm", "x"], "--llm writes a story"),
        (["nowhere.yaml", "-o", "a.mp4"], "nowhere.yaml"),
        (["story.yaml", "-o", "a.mp4", "--subtitles", "a.txt"], ".srt"),
        (["story.yaml", "-o", "a.mp4", "--shot", "9"], "there is no --shot 9"),
        (["tale.txt", "-o", "a.mp4"], "storyboard draft"),
    ],
)
def test_one_line_says_what_is_wrong(
    story: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tale.txt").write_text("A cat.")
    (tmp_path / "empty.txt").write_text(" \n")
    said = run(*arguments, code=2).stderr.strip()
    assert told in said
    assert len([line for line in said.splitlines() if line.startswith("error: ")]) == 1
    assert not (tmp_path / "a.mp4").exists()
    assert not (tmp_path / "a.yaml").exists()
