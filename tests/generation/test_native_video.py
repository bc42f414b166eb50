"""The contract of every generator, kept by that of video pipelines; its calls and joins."""

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np
import pytest

from framesmooth.frames import FrameSource
from framesmooth.generation.base import FrameGenerator, GenerationRequest
from framesmooth.generation.native_video import NativeVideoGenerator
from framesmooth.generation.native_video_spec import NativeVideo
from framesmooth.generation.sampling_spec import SamplingSpec
from framesmooth.models.video_loading import load_video_pipeline
from framesmooth.models.video_model import VideoModel
from framesmooth.timeline.timeline import Keyframe, Timeline
from tests.tiny_video_families import build_tiny_video_family

FRAMES, SIZE = 9, (24, 40)
TIMELINE = Timeline((Keyframe(0, "a cat", 3), Keyframe(5, "red sea", 4)), FRAMES, hold=0.999)
SAMPLING = SamplingSpec(width=SIZE[1], height=SIZE[0], steps=4, guidance_scale=3.0, fps=Fraction(8))

Make = Callable[..., NativeVideoGenerator]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> VideoModel:
    folder = build_tiny_video_family("ltx", tmp_path_factory.mktemp("ltx"))
    return load_video_pipeline(folder, device="cpu", dtype="float32")


@pytest.fixture
def make(model: VideoModel) -> Make:
    """Make the generator, with a store that is given or its own."""

    def make_one(store: Any = None, **changes: Any) -> NativeVideoGenerator:
        plan = NativeVideo(family=model.family, start="text")
        return NativeVideoGenerator.create(
            GenerationRequest(
                timeline=changes.pop("timeline", TIMELINE),
                load_model=lambda: pytest.fail("no model of images is loaded"),
                load_video=lambda: model,
                sampling=replace(SAMPLING, **changes),
                plan=plan,
                images=store,
            )
        )

    return make_one


def frames(source: FrameSource) -> np.ndarray:
    return np.stack(list(source)).astype(int)


def test_facts_are_plain_json_and_it_is_a_source_of_frames(make: Make) -> None:
    generator = make()
    assert isinstance(generator, FrameGenerator)
    assert isinstance(generator, FrameSource)
    assert json.loads(json.dumps(generator.facts())) == generator.facts()
    assert (generator.size, generator.num_frames, generator.fps) == (SIZE, FRAMES, Fraction(8))
    assert generator.denoised_size == (32, 64)
    assert generator.batches == [range(5), range(5, 9)]
    assert list(generator.cuts(TIMELINE)) == [], "the second segment leads on from the first"
    assert frames(generator).shape == (FRAMES, *SIZE, 3)


def test_work_is_what_is_done(make: Make, model: VideoModel) -> None:
    generator, steps, seen = make(), 0, 0

    def on_step(advance: int) -> None:
        nonlocal steps
        steps += advance

    def evaluated(_network: object, _given: Any, named: dict[str, Any]) -> None:
        nonlocal seen
        seen += len(named["hidden_states"])

    work = generator.work()
    hook = model.denoiser.register_forward_pre_hook(evaluated, with_kwargs=True)
    try:
        done = list(generator.keyframes(on_step))
    finally:
        hook.remove()
    assert (work.segments, work.keyframes, work.keyframe_steps) == (2, FRAMES, steps)
    assert steps == 4 * FRAMES
    assert seen == 2 * work.guided.calls == 2 * 2 * 4, "two segments of four guided steps"
    assert work.evaluations(2.0) == 2 * 4 * (9 + 9), "9 frames each, by the rule 8k + 1"
    assert [keyframe.frame for keyframe in done] == list(range(FRAMES))
    assert [keyframe.done for keyframe in done] == list(range(1, FRAMES + 1))
    left = generator.work(lambda _index: True)
    assert (left.frames, left.keyframe_steps, left.segments) == (0, 0, 0)


@pytest.mark.parametrize("count", [1, 6])
def test_a_stopped_generator_goes_on_to_the_same_frames(count: int, make: Make) -> None:
    store: dict[int, Any] = {}
    for _ in islice(make(store).keyframes(), count):
        pass
    assert set(store) == set(range(5 if count == 1 else FRAMES)), "segments are kept whole"
    del store[1]  # one frame was lost: its segment is generated again, and no other
    steps: list[int] = []
    again = make(store)
    for _ in again.keyframes(steps.append):
        pass
    assert sum(steps) == 4 * (FRAMES if count == 1 else 5)
    assert np.array_equal(frames(again), frames(make()))


def test_a_segment_leads_on_from_the_frame_before_it(make: Make) -> None:
    """Another first segment makes another second one, although prompts and seeds are the same."""
    other = replace(TIMELINE, keyframes=(Keyframe(0, "castle", 9), TIMELINE.keyframes[1]))
    ours, theirs = frames(make()), frames(make(timeline=other))
    assert not np.array_equal(ours[5:], theirs[5:])


def test_a_preview_is_a_quicker_generator_of_the_same_clip(make: Make) -> None:
    store: dict[int, Any] = {}
    generator = make(store)
    preview = generator.preview(steps=2, keyframes=3)
    assert preview.work().keyframe_steps < generator.work().keyframe_steps
    shown = list(preview.keyframes())
    assert [keyframe.frame for keyframe in shown] == [0, 4, 8]
    assert frames(preview).shape == (FRAMES, *SIZE, 3)
    assert not store, "a preview keeps nothing"


def test_a_reroll_is_another_frame_and_always_the_same(make: Make) -> None:
    generator = make()
    made, again = frames(generator), generator.reroll(4, 1)
    assert np.array_equal(generator.reroll(4, 1).frame, again.frame)
    assert not np.array_equal(again.frame, made[4])
    assert not np.array_equal(generator.reroll(4, 2).frame, again.frame)
    assert not generator.rerolls_frames, "a frame of another clip would not fit between its neighbours"


def test_broken_numbers_are_a_fault(make: Make, model: VideoModel, monkeypatch: pytest.MonkeyPatch) -> None:
    decode = type(model.pipe.vae).decode

    def broken(self: Any, *given: Any, **named: Any) -> Any:
        return (decode(self, *given, **named)[0] * np.nan,)

    monkeypatch.setattr(type(model.pipe.vae), "decode", broken)
    generator = make()
    for _ in generator.keyframes():
        pass
    assert {one.fault for one in generator.render(range(5))} == {"nan"}
    with pytest.raises(Exception, match="NaN"):
        list(make())


def test_the_probe_measures_a_short_clip_and_a_whole_one(make: Make) -> None:
    told: list[float] = []

    def worth(_probe: Any, seconds: float) -> bool:
        told.append(seconds)
        return True

    long = replace(TIMELINE, keyframes=TIMELINE.keyframes[:1], num_frames=30)
    found = make(timeline=long).probe(worth)
    assert len(told) == 1
    assert found.evaluations == 2
    assert found.image.shape == (32, 64, 3)
    assert min(found.seconds(make().work())) > 0
