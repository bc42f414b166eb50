"""Prompts to a clip, end to end, on a tiny model: the run folder, what is reused, what is resumed."""

import gc
import json
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from framesmooth.errors import MediaError, OutputExists, UsageError
from framesmooth.events import (
    ClipFinished,
    Event,
    Notice,
    Progress,
    StageFinished,
    StageStarted,
)
from framesmooth.runs import RunFolder, package_versions
from framesmooth.timeline.prompts import parse_prompts
from framesmooth.video import open_source, read_image, read_metadata
from framesmooth.workflows.generate.preflight import notices
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.run import make_clip
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.settings_record import settings_as_record, settings_from_record
from tests.listeners import Stop, nothing
from tests.small_clip import small_clip

Make = Callable[..., GenerateSettings]


@pytest.fixture
def settings(tiny_model: Path, tmp_path: Path) -> GenerateSettings:
    """A small clip of two prompts."""
    return small_clip(tiny_model, tmp_path / "clip.mp4", num_frames=10, cadence=4, steps=4, batch_size=3)


def frame_bytes(settings: GenerateSettings) -> list[bytes]:
    folder = RunFolder.beside(settings.output).frames.folder
    return [path.read_bytes() for path in sorted(folder.glob("*.png"))]


def test_a_clip_and_its_run_folder(settings: GenerateSettings) -> None:
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
    settings: GenerateSettings, tiny_model: Path, tmp_path: Path
) -> None:
    make_clip(settings.but(seeds=(5, 7)), nothing)
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


def test_clip_and_frames_say_that_they_are_generated(settings: GenerateSettings) -> None:
    make_clip(settings, nothing)
    assert "AI-generated" in read_metadata(settings.output)["comment"]
    frame = RunFolder.beside(settings.output).frames.folder / "frame_000000.png"
    from PIL import Image

    with Image.open(frame) as image:
        parameters = image.info["parameters"]
    assert parameters.startswith("a cat on the beach\n")
    assert "Seed: 0" in parameters
    assert "AI-generated" in parameters


def test_smoothing_again_diffuses_nothing(
    settings: GenerateSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_clip(settings, nothing)
    before = frame_bytes(settings)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the model was loaded again")

    monkeypatch.setattr("framesmooth.models.loading.load_pipeline", refuse)
    events: list[Event] = []
    make_clip(settings.but(smooth_strength=0.9, crf=30, overwrite=True), events.append)
    assert [
        event.reused for event in events if isinstance(event, StageFinished) and event.stage == "frames"
    ] == [True]
    assert frame_bytes(settings) == before
    record = RunFolder.beside(settings.output).record
    assert "strength=0.9" in record["smoother"]
    assert "keyframes" in record["timings"]


def test_other_settings_diffuse_again(settings: GenerateSettings) -> None:
    make_clip(settings, nothing)
    before = frame_bytes(settings)
    make_clip(settings.but(seed=1, overwrite=True), nothing)
    after = frame_bytes(settings)
    assert len(after) == len(before)
    assert after != before
    make_clip(settings.but(num_frames=5, overwrite=True), nothing)
    assert len(frame_bytes(settings)) == 5


@pytest.mark.parametrize(("stage", "after"), [("keyframes", 5), ("frames", 3), ("frames", 6), ("smooth", 4)])
def test_a_stopped_run_goes_on_to_the_same_bytes(
    settings: GenerateSettings, tmp_path: Path, stage: str, after: int
) -> None:
    whole = settings.but(output=tmp_path / "whole.mp4")
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


def test_a_moved_run_goes_on(settings: GenerateSettings, tmp_path: Path, tiny_model: Path) -> None:
    make_clip(settings, nothing)
    run = RunFolder.beside(settings.output)
    again = settings_from_record(run.record, run.folder)
    assert again.output.resolve() == settings.output.resolve()
    assert again.model.name == tiny_model.name
    asked = settings.but(fps=settings.timeline.rate)
    assert again.but(output=settings.output, model=settings.model.name) == asked


def test_paths_elsewhere_are_recorded_by_name(settings: GenerateSettings, tmp_path: Path) -> None:
    model, sound = tmp_path / "models" / "mine", tmp_path / "work" / "music.wav"
    model.mkdir(parents=True)
    inside = settings.but(output=tmp_path / "work" / "clip.mp4", model=str(model), audio=sound)
    folder = RunFolder.beside(inside.output).folder
    record = settings_as_record(inside, folder)
    assert (record["output"], record["model"]["name"]) == ("../clip.mp4", "mine")
    assert record["encoding"]["audio"] == "../music.wav"


@pytest.mark.parametrize("error", [Stop, MediaError])
def test_a_run_stopped_in_its_report_goes_on(
    settings: GenerateSettings, error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error("report")

    with monkeypatch.context() as patch:
        patch.setattr("framesmooth.workflows.generate.run.write_report", fail)
        with pytest.raises(error):
            make_clip(settings, nothing)
    assert not settings.output.exists()
    make_clip(settings, nothing)
    assert settings.output.exists()


def stop_in_frames(event: Event) -> None:
    """A listener that stops the run at its first rendered frames."""
    if isinstance(event, Progress) and event.stage == "frames":
        raise Stop


def test_another_clip_does_not_wipe_the_frames_of_a_run(settings: GenerateSettings) -> None:
    with pytest.raises(Stop):
        make_clip(settings, stop_in_frames)
    kept = frame_bytes(settings)
    record = RunFolder.beside(settings.output).record
    other = settings.but(output=settings.output.with_suffix(".webp"), seed=3)
    with pytest.raises(OutputExists, match=r"framesmooth resume .* another -o .* --overwrite"):
        make_clip(other, nothing)
    assert frame_bytes(settings) == kept != []
    assert RunFolder.beside(settings.output).record == record
    events: list[Event] = []
    make_clip(other.but(overwrite=True), events.append)
    assert any(isinstance(event, Notice) and "replaced" in event.message for event in events)


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_same_command_goes_on_with_the_seed_it_drew(settings: GenerateSettings, overwrite: bool) -> None:
    random = settings.but(seed=-1, overwrite=overwrite)
    for _ in range(2):
        with pytest.raises(Stop):
            make_clip(random, stop_in_frames)
    run = RunFolder.beside(settings.output)
    seed, kept = run.record["keyframes"][0]["seed"], frame_bytes(settings)
    assert kept
    events: list[Event] = []
    make_clip(random, events.append)
    assert Notice(f"seed {seed}") in events
    assert frame_bytes(settings)[: len(kept)] == kept
    assert run.record["keyframes"][0]["seed"] == seed


def test_random_seeds_of_single_prompts_are_drawn_told_and_resumed(settings: GenerateSettings) -> None:
    cat, lion = settings.prompts
    prompts = (replace(cat, seed=-1), lion, replace(cat, seed=7))
    asked = settings.but(prompts=prompts, seed=-1)
    events: list[Event] = []

    def listen(event: Event) -> None:
        events.append(event)
        stop_in_frames(event)

    with pytest.raises(Stop):
        make_clip(asked, listen)
    run = RunFolder.beside(settings.output)
    seeds = [key["seed"] for key in run.record["keyframes"]]
    assert len(set(seeds)) == 3
    assert seeds[2] == 7
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert Notice(f"seeds {','.join(map(str, seeds))}") in events
    again = settings_from_record(run.record, run.folder).but(model=settings.model.name)
    assert [key.seed for key in resolve(again).timeline.keyframes] == seeds


def test_seeds_that_are_all_random_are_told(settings: GenerateSettings) -> None:
    asked = settings.but(seeds=(-1, -1))
    clip = resolve(asked)
    first, second = (key.seed for key in clip.timeline.keyframes)
    assert first != second
    assert Notice(f"seeds {first},{second}") in list(notices(clip, asked))


@pytest.mark.parametrize("seed", [-2, 2**32])
def test_a_seed_out_of_range_is_refused(settings: GenerateSettings, seed: int) -> None:
    prompts = (settings.prompts[0], replace(settings.prompts[1], seed=seed))
    with pytest.raises(UsageError, match=f"seed {seed} is out of range"):
        make_clip(settings.but(prompts=prompts), nothing)


@pytest.mark.parametrize("inbetween", ["latent", "flow"])
def test_the_frames_are_made_again_by_another_version(
    settings: GenerateSettings, inbetween: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = resolve(settings.but(inbetween=inbetween, cadence=2, pacing="linear"))
    versions = package_versions()
    keys = [clip.frames_key]
    for name in ("framesmooth", "opencv-contrib-python"):
        changed = versions | {name: "0"}
        monkeypatch.setattr(
            "framesmooth.workflows.generate.resolved_clip.package_versions", lambda changed=changed: changed
        )
        keys.append(clip.frames_key)
    assert keys[1] != keys[0]
    assert (keys[2] != keys[0]) is (inbetween == "flow")


def test_sound_that_cannot_be_written_is_refused_before_the_work(
    settings: GenerateSettings, tmp_path: Path
) -> None:
    make_clip(settings, nothing)
    silent = settings.output
    for output, error in ((tmp_path / "frames", UsageError), (tmp_path / "other.mp4", MediaError)):
        with pytest.raises(error, match="sound"):
            make_clip(settings.but(output=output, audio=silent), nothing)
        assert not RunFolder.beside(output).folder.exists()


def test_an_existing_clip_is_left_alone(settings: GenerateSettings) -> None:
    settings.output.write_bytes(b"mine")
    with pytest.raises(OutputExists):
        make_clip(settings, nothing)
    assert settings.output.read_bytes() == b"mine"
    assert not RunFolder.beside(settings.output).folder.exists()


def test_what_cannot_be_written_is_refused_before_the_work(settings: GenerateSettings) -> None:
    for change, error in (
        ({"width": 33}, MediaError),
        ({"codec": "nonsense"}, UsageError),
        ({"audio": Path("nowhere.wav")}, MediaError),
        ({"smooth": 2.0}, UsageError),
    ):
        with pytest.raises(error):
            make_clip(settings.but(**change), nothing)
        assert not RunFolder.beside(settings.output).folder.exists()


def test_too_few_seeds_and_too_many_prompts(settings: GenerateSettings) -> None:
    with pytest.raises(UsageError, match="2 prompts but 1 seeds"):
        make_clip(settings.but(seeds=(1,)), nothing)
    with pytest.raises(UsageError, match="2 prompts don't fit"):
        make_clip(settings.but(num_frames=1), nothing)


def test_one_prompt_drifts_and_one_frame_stands(settings: GenerateSettings) -> None:
    one = settings.but(prompts=parse_prompts(["a cat"]), smooth_strength=0.0)
    make_clip(one, nothing)
    frames = frame_bytes(one)
    assert len(set(frames)) == len(frames) == 10
    make_clip(one.but(num_frames=1, overwrite=True), nothing)
    assert len(frame_bytes(one)) == 1
    assert [key["seed"] for key in RunFolder.beside(one.output).record["keyframes"]] == [0]


def test_one_prompt_can_travel_over_many_seeds(settings: GenerateSettings) -> None:
    make_clip(settings.but(prompts=parse_prompts(["a cat"]), seeds=(3, 1, 2)), nothing)
    keys = RunFolder.beside(settings.output).record["keyframes"]
    assert [(key["time"], key["seed"]) for key in keys] == [(0, 3), (5, 1), (9, 2)]


def test_negative_prompts_reach_their_keyframes(settings: GenerateSettings) -> None:
    prompts = parse_prompts(["0: a cat --neg blurry | 9: a lion"])
    make_clip(settings.but(prompts=prompts, negative_prompt="red"), nothing)
    keys = RunFolder.beside(settings.output).record["keyframes"]
    assert [key["negative"] for key in keys] == ["blurry, red", "red"]


def test_a_random_seed_is_told_and_recorded(settings: GenerateSettings) -> None:
    events: list[Event] = []
    make_clip(settings.but(seed=-1, num_frames=2), events.append)
    seeds = {key["seed"] for key in RunFolder.beside(settings.output).record["keyframes"]}
    (seed,) = seeds
    assert Notice(f"seed {seed}") in events


def test_unknown_words_are_a_warning(settings: GenerateSettings) -> None:
    events: list[Event] = []
    make_clip(settings.but(prompts=parse_prompts(["a catt on the moon"]), num_frames=2), events.append)
    warnings = [event.message for event in events if isinstance(event, Notice) and event.warning]
    assert "tiny does not know these words: catt (nearest: cat), moon" in warnings


def test_frames_without_a_clip(settings: GenerateSettings, tmp_path: Path) -> None:
    make_clip(settings.but(output=tmp_path / "frames", smooth_strength=0.0), nothing)
    written = sorted((tmp_path / "frames").glob("*.png"))
    assert len(written) == 10
    kept = RunFolder.beside(tmp_path / "frames").frames.folder / "frame_000003.png"
    assert np.array_equal(read_image(written[3]), read_image(kept))


def test_memory_does_not_grow_with_the_clip(settings: GenerateSettings) -> None:
    def peak(num_frames: int) -> int:
        gc.collect()
        tracemalloc.reset_peak()
        make_clip(settings.but(num_frames=num_frames, width=192, height=144, overwrite=True), nothing)
        return tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    try:
        peak(24)  # imports and caches
        short, long = peak(40), peak(96)  # the report's strip is 160 rows high for both
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()
    # Some 15 kB of numbers, names and plotted points are kept of every frame, but not its 83 kB of pixels;
    # how many frames wait in queues at the peak is chance.
    assert long - short < 56 * 192 * 144 * 3 / 2
