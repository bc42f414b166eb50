"""A way of generating frames is one file and one row: a toy goes through every stage of a run."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from framesmooth import registry
from framesmooth.errors import ModelError, UsageError
from framesmooth.events import (
    Event,
    KeyframeDone,
    Progress,
    StageFinished,
    StageStarted,
    Stop,
)
from framesmooth.runs import RunFolder
from framesmooth.video import read_image, read_metadata
from framesmooth.workflows.generate.preview import preview_clip
from framesmooth.workflows.generate.result import GeneratedClip
from framesmooth.workflows.generate.resume import Resume, resume_run
from framesmooth.workflows.generate.run import estimate_clip, make_clip
from framesmooth.workflows.generate.settings import GenerateSettings
from tests.listeners import nothing, stop_at
from tests.small_clip import small_clip


@pytest.fixture
def settings(tiny_model: Path, tmp_path: Path) -> GenerateSettings:
    """A small clip by prompt travel."""
    return small_clip(tiny_model, tmp_path / "clip.mkv", num_frames=10, steps=3, batch_size=3)


@pytest.fixture
def toy(settings: GenerateSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GenerateSettings:
    """A clip of a model that says in its notes which generator it is for; it is never loaded."""
    folder = shutil.copytree(settings.model.name, tmp_path / "toy")
    (folder / "framesmooth.json").write_text(json.dumps({"generator": "toy"}), encoding="utf-8")
    monkeypatch.setitem(registry.GENERATORS, "toy", "tests.toy_generator:Gradients")
    monkeypatch.setattr("framesmooth.models.loading.load_pipeline", None)
    return settings.but(model=str(folder))


def frame_bytes(settings: GenerateSettings) -> list[bytes]:
    folder = RunFolder.beside(settings.output).frames.folder
    return [path.read_bytes() for path in sorted(folder.glob("*.png"))]


def test_a_toy_makes_a_clip(toy: GenerateSettings) -> None:
    made = make_clip(toy, nothing)
    run = RunFolder.beside(made.clip)
    assert run.record["status"] == "complete"
    notes = run.frames.notes()["loaded"]
    assert (notes["size"], notes["num_diffused"], notes["diffused_frames"]) == ([24, 32], 0, [])
    assert run.record["generation"]["cadence"] == 1
    assert len(frame_bytes(toy)) == 10
    assert "Size: 32x24" in read_metadata(run.frames.folder / "frame_000003.png")["parameters"]


def test_a_toy_that_was_stopped_goes_on_to_the_same_frames(toy: GenerateSettings, tmp_path: Path) -> None:
    whole = replace(toy, output=tmp_path / "whole.mkv")
    make_clip(whole, nothing)
    with pytest.raises(Stop):
        make_clip(toy, stop_at("frames", 2))
    run = RunFolder.beside(toy.output)
    assert run.record["status"] == "interrupted"
    assert isinstance(
        resume_run(run.folder, Resume(paths=[("model", toy.model.name)]), nothing), GeneratedClip
    )
    assert frame_bytes(toy) == frame_bytes(whole) != []


def test_a_toy_has_a_preview(toy: GenerateSettings) -> None:
    events: list[Event] = []
    made = preview_clip(toy, events.append)
    assert made.frames == (*range(10),)
    assert read_image(made.path).shape[1] == 4 * (32 + 4) - 4
    (started,) = (e for e in events if isinstance(e, StageStarted) and e.stage == "preview")
    assert started.total == sum(e.advance for e in events if isinstance(e, Progress) and e.stage == "preview")


def test_what_a_toy_cannot_do_is_said(toy: GenerateSettings) -> None:
    with pytest.raises(ModelError, match="no estimate"):
        estimate_clip(toy, nothing)
    with pytest.raises(UsageError, match="drop the camera"):
        make_clip(toy.but(zoom="1.02"), nothing)


def test_a_generator_that_is_not_installed_is_named(toy: GenerateSettings) -> None:
    notes = Path(toy.model.name) / "framesmooth.json"
    notes.write_text(json.dumps({"generator": "gan"}), encoding="utf-8")
    with pytest.raises(ModelError, match="'gan'"):
        make_clip(toy, nothing)


@pytest.mark.parametrize(
    "changes", [{"cadence": 4}, {"cadence": "auto", "seeds": (1, 2)}, {"zoom": "1.02"}], ids=str
)
def test_every_stage_has_a_total_that_is_never_exceeded(
    settings: GenerateSettings, changes: dict[str, object]
) -> None:
    events: list[Event] = []
    settings = settings.but(**changes)
    make_clip(settings, events.append)
    for started in (event for event in events if isinstance(event, StageStarted)):
        done = sum(e.advance for e in events if isinstance(e, Progress) and e.stage == started.stage)
        assert started.total is not None, started
        assert done <= started.total, started
        if not started.at_most:
            assert done == started.total, started
    bounded = [event.stage for event in events if isinstance(event, StageStarted) and event.at_most]
    assert bounded == (["keyframes"] if settings.timeline.cadence == "auto" else [])


def test_keyframes_are_events_with_images(settings: GenerateSettings) -> None:
    shown: dict[int, np.ndarray] = {}

    def show(event: Event) -> None:
        if isinstance(event, KeyframeDone):
            shown[event.frame] = event.image

    make_clip(settings.but(cadence=3, pacing="linear"), show)
    folder = RunFolder.beside(settings.output).frames.folder
    assert list(shown) == [0, 3, 6, 9]
    for frame, image in shown.items():
        kept = read_image(folder / f"frame_{frame:06d}.png").astype(int)
        assert np.abs(kept - image).max() <= 1
    assert shown[0].dtype == np.uint8


def test_nobody_who_does_not_look_pays_for_decoding(
    settings: GenerateSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int] = []
    from framesmooth.generation.prompt_travel import PromptTravel

    keyframe = PromptTravel.keyframe

    def counting(self: PromptTravel, time: int) -> object:
        decoded.append(time)
        return keyframe(self, time)

    monkeypatch.setattr(PromptTravel, "keyframe", counting)
    make_clip(settings.but(cadence=3, pacing="linear"), nothing)
    assert decoded == []


@pytest.mark.parametrize("kind", [StageStarted, KeyframeDone, StageFinished], ids=lambda kind: kind.__name__)
def test_a_listener_may_stop_at_any_event_and_the_run_goes_on(
    settings: GenerateSettings, tmp_path: Path, kind: type
) -> None:
    whole = settings.but(output=tmp_path / "whole.mkv")
    make_clip(whole, nothing)
    seen = 0

    def stop(event: Event) -> None:
        nonlocal seen
        seen += isinstance(event, kind)
        if seen == 2:
            raise Stop

    with pytest.raises(Stop):
        make_clip(settings, stop)
    run = RunFolder.beside(settings.output)
    assert run.record["status"] == "interrupted"
    assert isinstance(
        resume_run(run.folder, Resume(paths=[("model", settings.model.name)]), nothing), GeneratedClip
    )
    assert frame_bytes(settings) == frame_bytes(whole) != []
