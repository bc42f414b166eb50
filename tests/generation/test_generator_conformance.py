"""What every generator promises, whatever it makes its frames from."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch

from framesmooth import registry
from framesmooth.frames import FrameList, FrameSource
from framesmooth.generation.base import FrameGenerator, GenerationRequest
from framesmooth.generation.sampling_spec import SamplingSpec
from framesmooth.generation.specs import Feedback, FirstLastImages, MovingSubject, Restyle
from framesmooth.models.text_to_image import TextToImage
from framesmooth.motion.camera.moves import Moves
from framesmooth.timeline.ambient_words import Ambient
from framesmooth.timeline.motion_words import read_motion
from framesmooth.timeline.timeline import Keyframe, Timeline
from tests.scenes import texture

FRAMES, SIZE = 9, (24, 32)
TIMELINE = Timeline((Keyframe(0, "a cat", 3), Keyframe(FRAMES - 1, "red sea", 3)), FRAMES)
VIDEO = [np.asarray(texture(*SIZE, seed=5 + time) * 255, np.uint8) for time in range(FRAMES)]
SAMPLING = SamplingSpec(
    width=SIZE[1], height=SIZE[0], steps=4, guidance_scale=3.0, cadence=3, batch_size=2, guidance_end=1.0
)
TWO_SEEDS = replace(TIMELINE, keyframes=(Keyframe(0, "a cat", 3), Keyframe(FRAMES - 1, "red sea", 4)))

Make = Callable[..., FrameGenerator]

CAMERA = Feedback(
    moves=Moves(zoom="1.02").values(FRAMES, Fraction(12)), strengths=[0.5] * FRAMES, color_anchor=0.3
)
ANCHORED = Feedback(
    moves=Moves(zoom="1.04", pan_x="1").values(FRAMES, Fraction(12)),
    strengths=[0.5] * FRAMES,
    color_anchor=0.3,
    anchored=True,
)
ONE_PROMPT = Timeline((Keyframe(0, "a cat", 3), Keyframe(FRAMES - 1, "a cat", 3)), FRAMES)
ENDS = FirstLastImages(
    first=VIDEO[0], last=VIDEO[-1], strengths=[0.8] * FRAMES, departure=0, arrival=FRAMES - 1
)
ONLY_LAST = replace(ENDS, first=None)
RESTYLE = Restyle(video=FrameList(VIDEO), content="", strengths=[0.4] * 5 + [0.8] * 4, cadence=2)
MOVING = MovingSubject(
    motions=(read_motion("a cat walking left on a beach"), read_motion("a cat walks in the sea"))
)
SKY_AND_SMOKE = Ambient(kind="clouds", noun="clouds"), Ambient(kind="smoke", noun="smoke")
SUBJECT = Timeline((Keyframe(0, "a cat on a beach", 3), Keyframe(FRAMES - 1, "a cat in the sea", 3)), FRAMES)

KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "prompt-travel": ("prompt-travel", {}),
    "guidance that ends": ("prompt-travel", {"guidance_end": 0.5}),
    "cross-frame attention": ("prompt-travel", {"cross_frame": True}),
    "flow": ("prompt-travel", {"inbetween": "flow"}),
    "even pace": ("prompt-travel", {"timeline": TWO_SEEDS, "pacing": "even"}),
    "adaptive": ("prompt-travel", {"timeline": TWO_SEEDS, "cadence": "auto", "pacing": "even"}),
    "camera-feedback": ("camera-feedback", {"plan": CAMERA}),
    "anchored-camera": ("anchored-camera", {"plan": replace(CAMERA, anchored=True)}),
    "anchored camera, one prompt": ("anchored-camera", {"plan": ANCHORED, "timeline": ONE_PROMPT}),
    "loop": ("camera-feedback", {"plan": CAMERA, "timeline": replace(TIMELINE, loop=True)}),
    "first-last-frame": ("first-last-frame", {"plan": ENDS}),
    "last frame": ("first-last-frame", {"plan": ONLY_LAST, "inbetween": "crossfade"}),
    "video-to-video": ("video-to-video", {"plan": RESTYLE, "cadence": None}),
    "moving-subject": ("moving-subject", {"plan": MOVING, "timeline": SUBJECT}),
    "subject of one prompt": (
        "moving-subject",
        {"plan": replace(MOVING, motions=MOVING.motions[:1] * 2), "timeline": replace(TIMELINE, loop=True)},
    ),
    "subject on water that moves": (
        "moving-subject",
        {"plan": replace(MOVING, around=(Ambient(kind="water", noun="sea"),)), "timeline": SUBJECT},
    ),
    "subject under clouds in even light": (
        "moving-subject",
        {"plan": replace(MOVING, around=SKY_AND_SMOKE), "timeline": SUBJECT, "pacing": "even"},
    ),
    "toy": ("toy", {}),
}
FOUND_ON_THE_WAY = ("even pace", "adaptive")
every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def make(model: TextToImage, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Make a generator of a kind, with stores that are given or its own."""
    monkeypatch.setitem(registry.GENERATORS, "toy", "tests.toy_generator:Gradients")

    def make_one(kind: str, store: Any = None, **changes: Any) -> FrameGenerator:
        name, asked = KINDS[kind]
        asked = asked | changes
        request = GenerationRequest(
            timeline=asked.pop("timeline", TIMELINE),
            load_model=lambda: model,
            plan=asked.pop("plan", None),
            sampling=replace(SAMPLING, **asked),
            latents=store,
            images=store,
        )
        created: FrameGenerator = registry.load("generator", name).create(request)
        return created

    return make_one


def frames(source: FrameSource) -> np.ndarray:
    return np.stack(list(source)).astype(int)


def test_every_generator_of_the_table_is_here() -> None:
    others = {"native-video"}  # has a model of its own: tests/generation/test_native_video.py
    assert {name for name, _ in KINDS.values()} == {*registry.GENERATORS, "toy"} - others


@every_kind
def test_facts_are_plain_json_and_it_is_a_source_of_frames(kind: str, make: Make) -> None:
    generator = make(kind)
    assert isinstance(generator, FrameGenerator)
    assert isinstance(generator, FrameSource)
    assert json.loads(json.dumps(generator.facts())) == generator.facts()
    assert make(kind).facts() == generator.facts()
    assert (generator.size, generator.num_frames, generator.fps) == (SIZE, FRAMES, Fraction(12))
    assert all(notice.message for notice in generator.notices("a model"))
    made = frames(generator)
    assert made.shape == (FRAMES, *SIZE, 3)
    assert [time for batch in generator.batches for time in batch] == list(range(FRAMES))
    assert set(generator.shown_keyframes) <= set(range(FRAMES))


@contextmanager
def counted(model: TextToImage, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """Count the images that go through the denoiser and through the autoencoder."""
    seen = {"evaluations": 0, "coded": 0}

    def evaluated(_network: object, given: tuple[torch.Tensor, ...]) -> None:
        seen["evaluations"] += len(given[0])

    hook = model.denoiser.register_forward_pre_hook(evaluated)
    for name in ("encode", "decode"):

        def coding(
            given: torch.Tensor, *others: Any, code: Any = getattr(model.pipe.vae, name), **named: Any
        ) -> Any:
            seen["coded"] += len(given)
            return code(given, *others, **named)

        monkeypatch.setattr(model.pipe.vae, name, coding)
    try:
        yield seen
    finally:
        hook.remove()


@every_kind
def test_work_is_an_upper_bound_of_what_is_done(
    kind: str, make: Make, model: TextToImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = make(kind)
    work, steps = generator.work(), 0

    def on_step(advance: int) -> None:
        nonlocal steps
        steps += advance

    with counted(model, monkeypatch) as seen:
        assert generator.work() == work
        assert seen == {"evaluations": 0, "coded": 0}, "counting generates nothing"
        keyframes = len(list(generator.keyframes(on_step)))
        rendered = sum(len(generator.render(batch)) for batch in generator.batches)
    assert work.frames == rendered == FRAMES
    assert work.evaluations(2.0) >= seen["evaluations"]
    assert work.coded.images >= seen["coded"]
    assert work.keyframe_steps >= steps
    assert (work.keyframes > 0) == (keyframes > 0)
    if kind not in FOUND_ON_THE_WAY:
        assert (work.evaluations(2.0), work.keyframe_steps) == (seen["evaluations"], steps)
    assert work.at_most is (generator.cadence == "auto")
    left = generator.work(lambda _index: True)
    assert left.frames == 0
    assert left.keyframe_steps == 0 or left.at_most, "an upper bound is kept where keyframes are found"


@every_kind
def test_keyframes_are_all_reported_with_their_images(kind: str, make: Make) -> None:
    generator = make(kind)
    done = list(generator.keyframes())
    assert sorted(keyframe.frame for keyframe in done) == list(generator.keyframe_indices)
    assert [keyframe.done for keyframe in done] == list(range(1, len(done) + 1))
    assert len({keyframe.total for keyframe in done}) <= 1
    assert all(keyframe.total >= len(done) for keyframe in done)
    if kind != "adaptive":
        assert all(keyframe.total == len(done) and not keyframe.at_most for keyframe in done)
    rendered = {
        time: one
        for batch in generator.batches
        for time, one in zip(batch, generator.render(batch), strict=True)
    }
    for keyframe in done:
        assert keyframe.image.shape == (*SIZE, 3)
        assert keyframe.fault == ""
        if kind not in FOUND_ON_THE_WAY and keyframe.frame in generator.shown_keyframes:
            shown = rendered[keyframe.frame].frame.astype(int)
            assert np.abs(shown - keyframe.image).max() <= 1


@every_kind
def test_frames_are_the_same_in_any_batch_and_order(kind: str, make: Make) -> None:
    wanted = frames(make(kind))
    assert np.array_equal(frames(make(kind)), wanted)
    assert np.abs(frames(make(kind, batch_size=5)) - wanted).max() <= 1
    generator = make(kind)
    for _ in generator.keyframes():
        pass
    for batch in reversed(list(generator.batches)):
        rendered = np.stack([generated.frame for generated in generator.render(batch)])
        assert np.array_equal(rendered, wanted[batch.start : batch.stop])


@every_kind
@pytest.mark.parametrize("count", [1, 3])
def test_a_stopped_generator_goes_on_to_the_same_frames(kind: str, count: int, make: Make) -> None:
    store: dict[int, Any] = {}
    for _ in islice(make(kind, store).keyframes(), count):
        pass
    steps: list[int] = []
    again = make(kind, store)
    expected, whole = again.work().keyframe_steps, make(kind).work().keyframe_steps
    for _ in again.keyframes(steps.append):
        pass
    assert sum(steps) <= expected <= whole
    assert expected < whole or whole == 0 or count == 1
    assert np.array_equal(frames(again), frames(make(kind)))


@every_kind
def test_a_preview_is_a_generator_of_the_same_clip(kind: str, make: Make) -> None:
    store: dict[int, Any] = {}
    generator = make(kind, store)
    preview = generator.preview(steps=2, keyframes=3)
    assert isinstance(preview, FrameGenerator)
    assert (preview.num_frames, preview.fps) == (FRAMES, generator.fps)
    assert json.loads(json.dumps(preview.facts())) == preview.facts()
    assert preview.work().keyframe_steps <= generator.work().keyframe_steps
    assert not preview.work().at_most
    shown = list(preview.keyframes())
    assert len(shown) <= 3
    assert all(keyframe.image.shape == (*preview.size, 3) for keyframe in shown)
    assert frames(preview).shape == (FRAMES, *preview.size, 3)
    assert not store, "a preview keeps nothing"


@every_kind
def test_a_reroll_is_another_frame_and_always_the_same(kind: str, make: Make) -> None:
    generator = make(kind)
    made = frames(generator)
    again = generator.reroll(4, 1)
    assert np.array_equal(generator.reroll(4, 1).frame, again.frame)
    assert again.frame.shape == (*SIZE, 3)
    assert not np.array_equal(again.frame, made[4])
    assert not np.array_equal(generator.reroll(4, 2).frame, again.frame)
