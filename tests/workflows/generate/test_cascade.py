"""The cascade: few small frames, more between, larger ones; each stage is kept, and resumed as it was."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framesmooth.errors import UsageError
from framesmooth.events import Event, Listener, StageFinished
from framesmooth.runs import RunFolder
from framesmooth.runs.cache import contents, prune
from framesmooth.timeline.prompts import parse_prompts
from framesmooth.video import open_source, read_image
from framesmooth.workflows.generate.cascade import plan_cascade
from framesmooth.workflows.generate.result import GeneratedClip
from framesmooth.workflows.generate.resume import Resume, resume_run
from framesmooth.workflows.generate.run import estimate_clip, make_clip
from framesmooth.workflows.generate.settings import GenerateSettings
from tests.listeners import Stop, nothing, stop_at
from tests.small_clip import small_clip

NATIVE = (256, 256)


def asked(prompts: Sequence[str] = ("a cat",), **settings: Any) -> GenerateSettings:
    return GenerateSettings.of(prompts=parse_prompts(prompts), output=Path("clip.mp4"), **settings)


@pytest.fixture
def settings(tiny_model: Path, tmp_path: Path) -> GenerateSettings:
    """Seven frames of 64 x 48, of which four are drawn at half the size."""
    asked = {"cascade": True, "width": 64, "height": 48, "upscaler": "lanczos", "upscale": 2.0}
    return small_clip(tiny_model, tmp_path / "clip.mkv", num_frames=7, steps=2, smooth_strength=0.4, **asked)


def make(settings: GenerateSettings, listen: Listener = nothing) -> GeneratedClip:
    return make_clip(settings, listen, report=False)


def stage_of(settings: GenerateSettings, kind: str) -> list[bytes]:
    (kept,) = (one for one in RunFolder.beside(settings.output).all_of(kind) if one.notes().get("complete"))
    return [path.read_bytes() for path in sorted(kept.folder.glob("*.png"))]


def reused(events: Sequence[Event]) -> dict[str, bool]:
    return {event.stage: event.reused for event in events if isinstance(event, StageFinished)}


@pytest.mark.parametrize(
    ("size", "drawn"),
    [
        ((1024, 576), (512, 288)),
        ((1024, 1024), (256, 256)),
        ((1920, 1080), (480, 270)),
        ((1001, 563), (501, 282)),
        ((300, 300), (300, 300)),
    ],
)
def test_frames_are_drawn_as_small_as_the_model_draws_well(
    size: tuple[int, int], drawn: tuple[int, int]
) -> None:
    cascade, small = plan_cascade(
        asked(cascade=True, width=size[0], height=size[1]), NATIVE, whole_clips=False
    )
    assert (small.sampling.width, small.sampling.height) == drawn
    assert cascade.size((drawn[1], drawn[0])) == (size[1], size[0])


@pytest.mark.parametrize("frames", [1, 2, 7, 96, 97])
@pytest.mark.parametrize("apart", [2, 3])
def test_the_finished_clip_is_as_long_as_asked(frames: int, apart: int) -> None:
    cascade, small = plan_cascade(asked(interpolate=apart, num_frames=frames), NATIVE, whole_clips=False)
    drawn = small.timeline.num_frames
    assert drawn is not None
    assert drawn <= frames / apart + 2
    assert cascade.length(drawn) == frames
    assert cascade.fps == apart * small.timeline.rate


def test_without_a_length_there_are_twice_as_many_frames_and_the_clip_lasts_as_long() -> None:
    cascade, small = plan_cascade(asked(cascade=True, fps=Fraction(24)), NATIVE, whole_clips=False)
    assert cascade.length(small.timeline.num_frames or 0) == 96
    assert small.timeline.rate == 12
    assert cascade.scale == 2


def test_prompts_keep_their_time_and_loops_close() -> None:
    clip = asked(["0: a cat | 10: a lion | -1: a cat"], cascade=True, num_frames=21)
    _, small = plan_cascade(clip, NATIVE, whole_clips=False)
    assert [prompt.time for prompt in small.prompts] == [0, 5, -1]
    cascade, small = plan_cascade(asked(cascade=True, num_frames=7, loop=True), NATIVE, whole_clips=False)
    assert small.timeline.num_frames == 4
    assert cascade.step(4) == Fraction(4, 7)
    assert cascade.length(4) == 7


@pytest.mark.parametrize("given", [{"zoom": "1.01"}, {"strength": "0:(0.3), 5:(0.6)"}])
def test_what_counts_frames_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="counts finished frames"):
        plan_cascade(asked(cascade=True, **given), NATIVE, whole_clips=False)


def test_a_finished_clip_has_all_frames_and_the_drawn_ones_unchanged(settings: GenerateSettings) -> None:
    made = make(settings)
    clip = open_source(settings.output)
    assert (clip.size, clip.fps, len(list(clip))) == ((48, 64), Fraction(24), 7)
    assert (made.size, made.num_frames, made.drawn_fps) == ((48, 64), 7, Fraction(12))
    run = RunFolder.beside(settings.output)
    assert open_source(run.frames.folder).size == (24, 32)
    (smoothed,), (between,) = run.all_smoothed, run.all_of("interpolated")
    for index in range(4):
        drawn = read_image(smoothed.folder / f"frame_{index:06d}.png")
        assert np.array_equal(read_image(between.folder / f"frame_{2 * index:06d}.png"), drawn)
    assert run.record["clip"]["frames"] == 7
    assert run.record["settings"]["raw"]["sampling"]["width"] == 64


def test_each_stage_can_be_done_again_alone(settings: GenerateSettings) -> None:
    make(settings)
    events: list[Event] = []
    make(settings.but(crf=20, overwrite=True), events.append)
    found = reused(events)
    assert (found["frames"], found["interpolate"], found["upscale"]) == (True, True, True)
    run, enlarged = RunFolder.beside(settings.output), stage_of(settings, "enlarged")
    assert {kept.kind for kept in contents(run)} >= {"interpolated", "enlarged"}
    assert prune(run, ["enlarged"]) > 0
    events.clear()
    make(settings.but(overwrite=True), events.append)
    found = reused(events)
    assert (found["interpolate"], found["upscale"]) == (True, False)
    assert stage_of(settings, "enlarged") == enlarged


@pytest.mark.parametrize(("stage", "count"), [("interpolate", 3), ("upscale", 4)])
def test_a_stopped_cascade_goes_on_to_the_same_bytes(
    settings: GenerateSettings, tmp_path: Path, stage: str, count: int
) -> None:
    settings = settings.but(upscaler="storybook-x2", device="cpu")
    whole = settings.but(output=tmp_path / "whole.mkv")
    make(whole)
    with pytest.raises(Stop):
        make(settings, stop_at(stage, count))
    run = RunFolder.beside(settings.output)
    assert not settings.output.exists()
    if stage == "upscale":
        (kept,) = run.all_of("enlarged")
        there = {path.name: path.stat().st_mtime_ns for path in kept.results()}
        assert len(there) >= count - 1
    resume_run(run.folder, Resume(paths=[("model", settings.model.name)]), nothing)
    assert stage_of(settings, "enlarged") == stage_of(whole, "enlarged")
    if stage == "upscale":
        assert all((kept.folder / name).stat().st_mtime_ns == then for name, then in there.items())


def test_the_cost_of_each_stage_is_told(settings: GenerateSettings) -> None:
    found = estimate_clip(settings, nothing)
    rows = dict(found.rows)
    assert rows["finished frames"] == "7 of 64x48"
    assert {"interpolating", "enlarging"} <= set(rows)
    assert found.seconds > found.diffusing + found.enlarging
    plain = estimate_clip(replace(settings, upscaling=type(settings.upscaling)()), nothing)
    assert "enlarging" not in dict(plain.rows)
