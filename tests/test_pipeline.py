"""Prompts to a clip, end to end, on a tiny model: the run folder, what is reused, what is resumed."""

import json
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from framesmooth.errors import MediaError, OutputExists, UsageError
from framesmooth.events import ClipFinished, Event, Notice, Progress, StageFinished, StageStarted
from framesmooth.pipeline import make_clip
from framesmooth.run import RunFolder
from framesmooth.settings import ClipSettings
from framesmooth.timeline import parse_prompts
from framesmooth.video import open_source, read_image, read_metadata

Make = Callable[..., ClipSettings]


def nothing(_event: Event) -> None:
    """A listener that ignores all events."""


@pytest.fixture
def settings(tiny_model: Path, tmp_path: Path) -> ClipSettings:
    """A small clip of two prompts."""
    return ClipSettings(
        prompts=parse_prompts(["a cat on the beach", "the lion at sunset"]),
        output=tmp_path / "clip.mp4",
        model=str(tiny_model),
        num_frames=10,
        cadence=4,
        width=32,
        height=24,
        steps=4,
        batch_size=3,
        smoother="ema",
        dtype="float32",
    )


def frame_bytes(settings: ClipSettings) -> list[bytes]:
    folder = RunFolder.beside(settings.output).frames.folder
    return [path.read_bytes() for path in sorted(folder.glob("*.png"))]


def test_a_clip_and_its_run_folder(settings: ClipSettings) -> None:
    events: list[Event] = []
    made = make_clip(settings, events.append)
    clip = open_source(settings.output)
    assert (clip.size, clip.fps, len(list(clip))) == ((24, 32), Fraction(12), 10)
    names = {
        path.relative_to(made.run_folder).as_posix() for path in made.run_folder.rglob("*") if path.is_file()
    }
    assert {"record.json", "frames/frame_000009.png", "keyframes/latents_000000.npy"} <= names
    assert not any(".part" in name for name in names)
    assert {"metrics.json", "metrics.csv", "report.html", "strip.png"} <= names
    assert isinstance(events[-1], ClipFinished)
    started = [event.stage for event in events if isinstance(event, StageStarted)]
    assert started == [event.stage for event in events if isinstance(event, StageFinished)]
    for stage in events:
        if isinstance(stage, StageStarted) and stage.total is not None:
            done = sum(e.advance for e in events if isinstance(e, Progress) and e.stage == stage.stage)
            assert done == stage.total


def test_the_record_says_all_and_no_absolute_path(
    settings: ClipSettings, tiny_model: Path, tmp_path: Path
) -> None:
    make_clip(replace(settings, seeds=(5, 7)), nothing)
    record = RunFolder.beside(settings.output).record
    assert record["status"] == "complete"
    assert record["ai_generated"] is True
    assert [key["seed"] for key in record["keyframes"]] == [5, 7]
    assert record["model"]["name"] == "tiny"
    assert "unet/diffusion_pytorch_model.safetensors" in record["model"]["sha256"]
    assert record["generation"]["dtype"] == "float32"
    assert {"torch", "diffusers", "framesmooth"} <= set(record["versions"])
    assert {"before", "after"} == set(record["metrics"])
    assert {"keyframes", "frames", "smooth"} <= set(record["timings"])
    text = json.dumps(record)
    assert str(tmp_path) not in text
    assert str(tiny_model) not in text


def test_clip_and_frames_say_that_they_are_generated(settings: ClipSettings) -> None:
    make_clip(settings, nothing)
    assert "AI-generated" in read_metadata(settings.output)["comment"]
    frame = RunFolder.beside(settings.output).frames.folder / "frame_000000.png"
    from PIL import Image

    with Image.open(frame) as image:
        parameters = image.info["parameters"]
    assert parameters.startswith("a cat on the beach\n")
    assert "Seed: 0" in parameters
    assert "AI-generated" in parameters


def test_smoothing_again_diffuses_nothing(settings: ClipSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    make_clip(settings, nothing)
    before = frame_bytes(settings)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the model was loaded again")

    monkeypatch.setattr("framesmooth.generation.loading.load_pipeline", refuse)
    events: list[Event] = []
    make_clip(replace(settings, smooth=0.9, crf=30, overwrite=True), events.append)
    assert [
        event.reused for event in events if isinstance(event, StageFinished) and event.stage == "frames"
    ] == [True]
    assert frame_bytes(settings) == before
    record = RunFolder.beside(settings.output).record
    assert "strength=0.9" in record["smoother"]
    assert "keyframes" in record["timings"]


def test_other_settings_diffuse_again(settings: ClipSettings) -> None:
    make_clip(settings, nothing)
    before = frame_bytes(settings)
    make_clip(replace(settings, seed=1, overwrite=True), nothing)
    after = frame_bytes(settings)
    assert len(after) == len(before)
    assert after != before
    make_clip(replace(settings, num_frames=5, overwrite=True), nothing)
    assert len(frame_bytes(settings)) == 5


class Stop(KeyboardInterrupt):
    """Ctrl-C at a chosen moment."""


@pytest.mark.parametrize(("stage", "after"), [("keyframes", 5), ("frames", 3), ("frames", 6), ("smooth", 4)])
def test_a_stopped_run_goes_on_to_the_same_bytes(
    settings: ClipSettings, tmp_path: Path, stage: str, after: int
) -> None:
    whole = replace(settings, output=tmp_path / "whole.mp4")
    make_clip(whole, nothing)
    done = 0

    def stop(event: Event) -> None:
        nonlocal done
        if isinstance(event, Progress) and event.stage == stage:
            done += event.advance
            if done >= after:
                raise Stop

    with pytest.raises(Stop):
        make_clip(settings, stop)
    assert not settings.output.exists()
    assert RunFolder.beside(settings.output).record["status"] == "interrupted"
    make_clip(settings, nothing)
    assert frame_bytes(settings) == frame_bytes(whole)
    ours, theirs = (np.stack(list(open_source(one.output))) for one in (settings, whole))
    assert np.array_equal(ours, theirs)


def test_a_moved_run_goes_on(settings: ClipSettings, tmp_path: Path, tiny_model: Path) -> None:
    make_clip(settings, nothing)
    run = RunFolder.beside(settings.output)
    again = ClipSettings.from_record(run.record, run.folder)
    assert again.output.resolve() == settings.output.resolve()
    assert Path(again.model).resolve() == tiny_model.resolve()
    assert replace(again, output=settings.output, model=settings.model) == settings


def test_an_existing_clip_is_left_alone(settings: ClipSettings) -> None:
    settings.output.write_bytes(b"mine")
    with pytest.raises(OutputExists):
        make_clip(settings, nothing)
    assert settings.output.read_bytes() == b"mine"
    assert not RunFolder.beside(settings.output).folder.exists()


def test_what_cannot_be_written_is_refused_before_the_work(settings: ClipSettings) -> None:
    for change, error in (
        ({"width": 33}, MediaError),
        ({"codec": "nonsense"}, UsageError),
        ({"audio": Path("nowhere.wav")}, MediaError),
        ({"smooth": 2.0}, UsageError),
    ):
        with pytest.raises(error):
            make_clip(replace(settings, **change), nothing)
        assert not RunFolder.beside(settings.output).folder.exists()


def test_too_few_seeds_and_too_many_prompts(settings: ClipSettings) -> None:
    with pytest.raises(UsageError, match="2 prompts but 1 seeds"):
        make_clip(replace(settings, seeds=(1,)), nothing)
    with pytest.raises(UsageError, match="2 prompts don't fit"):
        make_clip(replace(settings, num_frames=1), nothing)


def test_one_prompt_drifts_and_one_frame_stands(settings: ClipSettings) -> None:
    one = replace(settings, prompts=parse_prompts(["a cat"]), smooth=0.0)
    make_clip(one, nothing)
    frames = frame_bytes(one)
    assert len(set(frames)) == len(frames) == 10
    make_clip(replace(one, num_frames=1, overwrite=True), nothing)
    assert len(frame_bytes(one)) == 1
    assert [key["seed"] for key in RunFolder.beside(one.output).record["keyframes"]] == [0]


def test_one_prompt_can_travel_over_many_seeds(settings: ClipSettings) -> None:
    make_clip(replace(settings, prompts=parse_prompts(["a cat"]), seeds=(3, 1, 2)), nothing)
    keys = RunFolder.beside(settings.output).record["keyframes"]
    assert [(key["time"], key["seed"]) for key in keys] == [(0, 3), (5, 1), (9, 2)]


def test_negative_prompts_reach_their_keyframes(settings: ClipSettings) -> None:
    prompts = parse_prompts(["0: a cat --neg blurry | 9: a lion"])
    make_clip(replace(settings, prompts=prompts, negative_prompt="red"), nothing)
    keys = RunFolder.beside(settings.output).record["keyframes"]
    assert [key["negative"] for key in keys] == ["blurry, red", "red"]


def test_a_random_seed_is_told_and_recorded(settings: ClipSettings) -> None:
    events: list[Event] = []
    make_clip(replace(settings, seed=-1, num_frames=2), events.append)
    seeds = {key["seed"] for key in RunFolder.beside(settings.output).record["keyframes"]}
    (seed,) = seeds
    assert Notice(f"seed {seed}") in events


def test_unknown_words_are_a_warning(settings: ClipSettings) -> None:
    events: list[Event] = []
    make_clip(replace(settings, prompts=parse_prompts(["a catt on the moon"]), num_frames=2), events.append)
    (warning,) = [event for event in events if isinstance(event, Notice) and event.warning]
    assert warning.message == "tiny was not taught: catt (nearest: cat), moon"


def test_frames_without_a_clip(settings: ClipSettings, tmp_path: Path) -> None:
    make_clip(replace(settings, output=tmp_path / "frames", smooth=0.0), nothing)
    written = sorted((tmp_path / "frames").glob("*.png"))
    assert len(written) == 10
    kept = RunFolder.beside(tmp_path / "frames").frames.folder / "frame_000003.png"
    assert np.array_equal(read_image(written[3]), read_image(kept))


def test_memory_does_not_grow_with_the_clip(settings: ClipSettings) -> None:
    def peak(num_frames: int) -> int:
        tracemalloc.reset_peak()
        make_clip(replace(settings, num_frames=num_frames, width=64, height=64, overwrite=True), nothing)
        return tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    try:
        peak(8)  # imports and caches
        short, long = peak(12), peak(48)
    finally:
        tracemalloc.stop()
    assert long - short < 9 * 64 * 64 * 3  # a quarter of the 36 further frames
