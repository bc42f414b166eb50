"""``generate``, ``resume`` and ``models`` as a user meets them."""

import json
from pathlib import Path

import pytest
from click.testing import Result

from framesmooth.video import read_metadata
from tests.command_line import run

TINY = [
    "--num-frames",
    "5",
    "-W",
    "32",
    "-H",
    "24",
    "--steps",
    "2",
    "--smoother",
    "ema",
    "--dtype",
    "float32",
]


def generate(model: Path, *arguments: object) -> Result:
    return run("generate", *arguments, "--model", model, *TINY)


def test_the_clip_is_on_stdout_and_progress_on_stderr(tiny_model: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    result = generate(tiny_model, "a cat", "the unicorn", "-o", clip)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == str(clip)
    assert "keyframes" in result.stderr
    assert "tiny does not know these words: unicorn" in result.stderr
    assert clip.is_file()
    again = generate(tiny_model, "a cat", "the unicorn", "-o", clip)
    assert again.exit_code == 2
    assert "--overwrite" in again.stderr


@pytest.mark.parametrize("option", [None, "--table", "-v"])
def test_the_last_words_are_plain_and_the_table_is_asked_for(
    tiny_model: Path, tmp_path: Path, option: str | None
) -> None:
    clip = tmp_path / "clip.mp4"
    result = generate(tiny_model, "a cat", "-o", clip, "--fps", "10", *([option] if option else []))
    *_, done, steady, smoothed, _, report, path = result.stdout.splitlines()
    assert done.startswith("done in ")
    assert ": 0.5 s long, 32x24, 5 frames, " in done
    assert "flicker " in steady
    assert "of 255 levels" in steady
    assert smoothed == "smoothed by ema at strength 0.6"
    assert report == f"report: {tmp_path / 'clip.framesmooth' / 'report.html'}"
    assert path == str(clip)
    assert ("warping_error" in result.stdout) == (option is not None)


def test_json_is_all_there_is_on_stdout(tiny_model: Path, tmp_path: Path) -> None:
    given = "--model", tiny_model, *TINY, "-W", "64", "-H", "64", "--json", "-", "--progress", "none"
    result = run("generate", "a cat", "-o", tmp_path / "clip.mp4", *given)
    figures = json.loads(result.stdout)
    assert figures["clip"] == str(tmp_path / "clip.mp4")
    assert set(figures["before"]["metrics"]) <= set(figures["after"]["metrics"])
    assert result.stderr == ""


def test_a_run_folder_can_be_smoothed_again(tiny_model: Path, tmp_path: Path) -> None:
    generate(tiny_model, "a cat", "-o", tmp_path / "clip.mp4")
    result = run("smooth", tmp_path / "clip.framesmooth", "-o", tmp_path / "clip2.mp4", "--smoother", "ema")
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "clip2.mp4").is_file()


def test_resume_makes_the_clip_again_or_says_it_is_there(tiny_model: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    generate(tiny_model, "a cat", "-o", clip, "--seed", "-1")
    record = (tmp_path / "clip.framesmooth" / "record.json").read_text()
    assert "complete already" in run("resume", tmp_path / "clip.framesmooth").stderr
    decoded = clip.read_bytes()
    clip.unlink()
    result = run("resume", tmp_path / "clip.framesmooth", "--model", tiny_model)
    assert result.exit_code == 0, result.stderr
    assert "reused" in result.stderr
    assert clip.stat().st_size == len(decoded)
    seeds = [
        json.loads(text)["keyframes"]
        for text in (record, (tmp_path / "clip.framesmooth/record.json").read_text())
    ]
    assert seeds[0] == seeds[1]


def test_resume_needs_a_run_folder(tmp_path: Path) -> None:
    result = run("resume", tmp_path)
    assert result.exit_code == 1
    assert "record.json" in result.stderr
    (tmp_path / "record.json").write_text("{}")
    assert run("resume", tmp_path).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["a", "b", "--seeds", "1"], 2, "2 prompts but 1 seeds"),
        (["a", "b", "--seeds", "1,x"], 2, "several with ',' between them"),
        (["a", "--seeds", "-2"], 2, "-1 to 4294967295"),
        (["a"] * 6, 2, "6 prompts don't fit in 5 frames"),
        (["a", "--scheduler", "eulerdiscret"], 2, "EulerDiscrete"),
        (["a", "--device", "cuda:7"], 2, "--device auto"),
        (["a", "--hold", "1"], 2, "--hold"),
        ([""], 2, "empty"),
    ],
)
def test_wrong_usage_is_one_line(
    tiny_model: Path, tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    result = generate(tiny_model, *arguments, "-o", tmp_path / "clip.mp4", "--progress", "none")
    assert result.exit_code == code
    assert words in result.stderr
    assert not (tmp_path / "clip.mp4").exists()


@pytest.mark.parametrize(
    ("model", "words"), [("./nowhere", "no model folder"), ("no/thing", "--allow-download")]
)
def test_missing_models_are_one_line(tmp_path: Path, model: str, words: str) -> None:
    result = run("generate", "a cat", "-o", tmp_path / "clip.mp4", "--model", model)
    assert result.exit_code == 1
    assert words in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1


def test_models_lists_the_built_in_one_and_folders(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("framesmooth.models.checkpoints.BUILT_IN_FOLDER", tiny_model)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    result = run("models", "--json", tiny_model)
    built_in, *_, folder = json.loads(result.stdout)
    assert (built_in["name"], folder["name"]) == ("storybook", str(tiny_model))
    assert built_in["license"] == "Apache-2.0"
    text = run("models").stdout
    assert "storybook\n" in text
    assert "knows 13 words" in text
    assert run("models", tmp_path / "nowhere").exit_code == 1


def test_a_slash_makes_a_folder_of_any_name(tiny_model: Path, tmp_path: Path) -> None:
    refused = generate(tiny_model, "a cat", "the", "-o", f"{tmp_path}/clip.mp4/", "--seeds", "1")
    assert refused.exit_code == 2
    assert list(tmp_path.iterdir()) == []
    result = generate(tiny_model, "a cat", "-o", f"{tmp_path}/clip.mp4/", "-v")
    assert result.exit_code == 0, result.stderr
    assert "GenerateSettings(" in result.stderr
    assert (tmp_path / "clip.mp4" / "frame_000004.png").is_file()


def test_smoothing_a_run_keeps_its_tags(tiny_model: Path, tmp_path: Path) -> None:
    generate(tiny_model, "a cat", "-o", tmp_path / "clip.mp4")
    run("assemble", tmp_path / "clip.framesmooth", "-o", tmp_path / "again.mp4")
    clip, again = (read_metadata(tmp_path / name) for name in ("clip.mp4", "again.mp4"))
    assert clip["comment"] == again["comment"]
    assert clip["title"] == again["title"] == "a cat"


def test_an_output_without_a_name(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = generate(tiny_model, "a cat", "-o", ".")
    assert result.exit_code == 2
    assert "names no new file or folder" in result.stderr
