"""Keyframes found by halving: few where little changes, and the same ones whenever a run was stopped."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from framesmooth.cli.main import cli
from framesmooth.frames import Frame
from framesmooth.generation import adaptive_keyframes
from framesmooth.generation.adaptive_keyframes import LEAST_GAP, Bisection
from framesmooth.models.text_to_image import TextToImage
from framesmooth.runs import RunFolder
from framesmooth.timeline.timeline import Keyframe, Timeline
from framesmooth.workflows.generate.result import GeneratedClip
from framesmooth.workflows.generate.resume import Resume, resume_run
from framesmooth.workflows.generate.run import estimate_clip, make_clip
from framesmooth.workflows.generate.settings import GenerateSettings
from tests.generators import prompt_travel
from tests.listeners import Stop, nothing, stop_at
from tests.scenes import texture
from tests.small_clip import small_clip


def scene(seed: int, shift: int = 0) -> Frame:
    wide = np.asarray(texture(64, 96, seed=seed) * 255, np.uint8)
    return np.ascontiguousarray(wide[:, shift : shift + 64])


def found(model: TextToImage, clip: Timeline, picture: Callable[[int], Frame]) -> tuple[int, ...]:
    source = prompt_travel(model, clip, width=24, height=16, steps=2)
    return Bisection(path=source.path, store=source.store, thumbnail=picture).times


def clip(num_frames: int, hold: float = 0.0) -> Timeline:
    return Timeline((Keyframe(0, "a cat", 1), Keyframe(num_frames - 1, "red sea", 1)), num_frames, hold=hold)


def test_what_only_moves_is_not_halved(model: TextToImage) -> None:
    assert found(model, clip(25), lambda time: scene(1, time // 6)) == (0, 24)


def test_some_are_diffused_together_before_any_is_judged(model: TextToImage) -> None:
    assert found(model, clip(97), lambda _time: scene(1)) == (0, 24, 48, 72, 96)


def test_only_where_the_scene_changes_more_is_diffused(model: TextToImage) -> None:
    times = found(model, clip(33), lambda time: scene(1 if time < 19 else 2))
    assert times == (0, 16, 18, 20, 24, 32)


def test_halving_ends_at_two_frames(model: TextToImage) -> None:
    times = found(model, clip(17), lambda time: scene(time))
    assert times == tuple(range(0, 17, LEAST_GAP))


def test_what_rests_is_diffused_once(model: TextToImage) -> None:
    source = prompt_travel(model, clip(33, hold=0.5), width=24, height=16, steps=2, cadence="auto")
    list(source)
    rests = [time for time in source.store if source.path.position(time) == 0]  # type: ignore[attr-defined]
    assert rests == [0]


@pytest.fixture
def settings(tiny_model: Path, tmp_path: Path) -> GenerateSettings:
    """A small clip whose pictures share little, so that all is halved."""
    return small_clip(
        tiny_model,
        tmp_path / "clip.mkv",
        num_frames=13,
        cadence="auto",
        pacing="even",
        seeds=(1, 2),
        steps=3,
        batch_size=2,
    )


def pictures(settings: GenerateSettings, kind: str) -> dict[str, bytes]:
    folder = RunFolder.beside(settings.output).folder / kind
    return {path.name: path.read_bytes() for path in folder.rglob("*.*") if path.suffix in (".png", ".npy")}


@pytest.mark.parametrize(
    ("stage", "count"), [("keyframes", 2), ("keyframes", 5), ("frames", 1), ("smooth", 3)]
)
def test_a_stopped_run_comes_to_the_same_bytes(
    settings: GenerateSettings, tmp_path: Path, stage: str, count: int
) -> None:
    whole = settings.but(output=tmp_path / "whole.mkv")
    make_clip(whole, nothing)
    with pytest.raises(Stop):
        make_clip(settings, stop_at(stage, count))
    run = RunFolder.beside(settings.output)
    assert isinstance(
        resume_run(run.folder, Resume(paths=[("model", settings.model.name)]), nothing), GeneratedClip
    )
    for kind in ("keyframes", "frames", "smoothed"):
        assert pictures(settings, kind) == pictures(whole, kind) != {}
    ours, theirs = (RunFolder.beside(one.output).record["generation"] for one in (settings, whole))
    assert ours == theirs
    assert ours["cadence"] == "auto"
    assert ours["num_diffused"] == len(pictures(settings, "keyframes"))


def test_the_estimate_is_an_upper_bound(settings: GenerateSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    most = estimate_clip(settings, nothing).keyframes
    monkeypatch.setattr(adaptive_keyframes.Bisection, "_flow_explains", lambda *_: False)
    make_clip(settings, nothing)
    assert RunFolder.beside(settings.output).record["generation"]["num_diffused"] == most == 9


@pytest.mark.parametrize("cadence", ["0", "often", "1.5"])
def test_other_cadences_are_wrong_usage(tiny_model: Path, tmp_path: Path, cadence: str) -> None:
    arguments = [
        "generate",
        "a",
        "--model",
        str(tiny_model),
        "-o",
        str(tmp_path / "a.mp4"),
        "--cadence",
        cadence,
    ]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 2
    assert "--cadence" in result.stderr
