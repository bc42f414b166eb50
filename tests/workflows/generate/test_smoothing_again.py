"""A run that is smoothed again is smoothed as it was, unless something else is asked for."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from framesmooth.cli.main import cli
from framesmooth.runs import RunFolder, content_key
from framesmooth.runs.open_clip import SmoothedBefore
from framesmooth.video import write_png


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    return result


def generated(model: Path, clip: Path, *options: str) -> RunFolder:
    tiny = ("-W", "32", "-H", "24", "--steps", "2", "--dtype", "float32", "--cadence", "2")
    run("generate", "a cat", "-o", clip, "--model", model, "--num-frames", "6", *tiny, *options)
    return RunFolder.beside(clip)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--smooth-strength", "0.9"), "trajectory at strength 0.9"),
        (("--smoother", "ema", "--smooth-strength", "0.3"), "ema at strength 0.3"),
        (("--loop",), "trajectory at strength 0.6, as a loop"),
        (("--smooth-strength", "0"), "trajectory at strength 0"),
    ],
    ids=str,
)
def test_another_format_is_smoothed_as_the_run_was(
    tiny_model: Path, tmp_path: Path, options: Sequence[str], words: str
) -> None:
    made = generated(tiny_model, tmp_path / "clip.mp4", *options)
    again = run("smooth", made.folder, "-o", tmp_path / "clip.webm")
    assert f"smoothing: {words}\n" in again.stderr
    assert f"smoothed by {words}\n" in again.stdout
    assert "smooth: reused" in again.stderr
    assert len(made.all_smoothed) == 1


def test_what_is_asked_for_comes_first(tiny_model: Path, tmp_path: Path) -> None:
    made = generated(tiny_model, tmp_path / "clip.mp4", "--smooth-strength", "0.9", "--loop")
    other = run("smooth", made.folder, "-o", tmp_path / "a.mp4", "--smooth-strength", "0.2", "--no-loop")
    assert "smoothing: trajectory at strength 0.2\n" in other.stderr
    method = run("smooth", made.folder, "-o", tmp_path / "b.mp4", "--smoother", "ema", "--json", "-")
    assert json.loads(method.stdout)["smoothing"] == {"method": "ema", "strength": 0.9, "loop": True}


def test_a_strength_that_tuning_found_is_kept(tmp_path: Path) -> None:
    record = {"settings": {"raw": {"smoothing": {"smooth_strength": "auto", "smoother": "poisson"}}}}
    (tmp_path / "record.json").write_text(json.dumps(record | {"tuning": {"strength": 0.35}}))
    assert SmoothedBefore.of(tmp_path) == SmoothedBefore(strength=0.35, method="poisson")
    (tmp_path / "record.json").write_text(json.dumps(record))
    assert SmoothedBefore.of(tmp_path).strength == 0.6  # stopped before it was tuned


def test_generate_and_resume_name_the_strength(tiny_model: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    made = generated(tiny_model, clip, "--smooth-strength", "0.9")
    clip.unlink()
    resumed = run("resume", made.folder, "--path", f"model={tiny_model}")
    assert "smoothing: trajectory at strength 0.9\n" in resumed.stderr
    assert "trajectory at strength 0.9" in resumed.stdout


def test_other_clips_have_the_default(tmp_path: Path) -> None:
    import numpy as np

    for index in range(4):
        write_png(tmp_path / "in" / f"{index}.png", np.full((24, 32, 3), 20 * index, np.uint8))
    made = run("smooth", tmp_path / "in", "-o", tmp_path / "out")
    assert "smoothing: trajectory at strength 0.6\n" in made.stderr
    assert "left as it was: " in made.stdout  # a ramp of brightness is no flicker


def test_folders_of_smoothed_frames_have_readable_names(tiny_model: Path, tmp_path: Path) -> None:
    made = generated(tiny_model, tmp_path / "clip.mp4")
    (stage,) = made.all_smoothed
    key = content_key(stage.notes()["settings"])
    assert stage.folder.name == f"trajectory-0.6-{key[:8]}"
    run("smooth", made.folder, "-o", tmp_path / "b.mp4", "-s", "0.25", "--loop")
    assert any(other.folder.name.startswith("trajectory-0.25-loop-") for other in made.all_smoothed)
    run("smooth", made.folder, "-o", tmp_path / "c.mp4", "-s", "0:(0.2), 5:(0.9)")
    assert any(other.folder.name.startswith("trajectory-schedule-") for other in made.all_smoothed)


def test_folders_that_older_versions_named_are_found(tiny_model: Path, tmp_path: Path) -> None:
    made = generated(tiny_model, tmp_path / "clip.mp4")
    (stage,) = made.all_smoothed
    former = stage.folder.with_name(content_key(stage.notes()["settings"])[:16])
    stage.folder.rename(former)
    assert "smooth: reused" in run("smooth", made.folder, "-o", tmp_path / "b.mp4").stderr
    assert [one.folder for one in made.all_smoothed] == [former]
