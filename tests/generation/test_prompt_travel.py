"""Frames from a timeline: what is diffused, what lies between, and that it is always the same."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from framesmooth.errors import UsageError
from framesmooth.frames import FrameSource, GeneratedFrame
from framesmooth.generation.keyframes import auto_cadence, keyframe_times
from framesmooth.generation.prompt_travel import PromptTravel
from framesmooth.generation.sampling import auto_batch_size, branch_step
from framesmooth.generation.specs import INBETWEENS
from framesmooth.models.loading import load_pipeline
from framesmooth.models.text_to_image import TextToImage
from framesmooth.timeline.timeline import Keyframe, Timeline
from tests.generators import make_keyframes, prompt_travel
from tests.scenes import texture

PROMPTS = ("a cat", "the lion at sunset", "red sea")


def timeline(
    num_frames: int = 13, count: int = 2, seeds: tuple[int, ...] = (1, 1, 1), hold: float = 0.0
) -> Timeline:
    last = num_frames - 1
    times = [round(index * last / max(1, count - 1)) for index in range(count)]
    keys = (Keyframe(*key) for key in zip(times, PROMPTS, seeds, strict=False))
    return Timeline(tuple(keys), num_frames, "linear", hold)


def create(model: TextToImage, times: Timeline, **settings: object) -> PromptTravel:
    return prompt_travel(model, times, **({"width": 24, "height": 16, "steps": 4} | settings))


def frames(source: FrameSource) -> np.ndarray:
    return np.stack(list(source)).astype(int)


@given(num_frames=st.integers(1, 200), count=st.integers(1, 3), cadence=st.integers(1, 12))
def test_keyframes_hold_the_prompts_and_are_never_further_apart_than_the_cadence(
    num_frames: int, count: int, cadence: int
) -> None:
    clip = timeline(num_frames, min(count, num_frames))
    times = keyframe_times(clip, cadence)
    assert {0, num_frames - 1, *(key.time for key in clip.keyframes)} <= set(times)
    assert all(0 < later - earlier <= cadence for earlier, later in pairwise(times))


def test_auto_settings_grow_and_shrink_with_the_work() -> None:
    assert [auto_cadence(timeline(count, min(count, 2))) for count in (1, 12, 48, 96, 960)] == [1, 1, 4, 8, 8]
    assert auto_batch_size((4, 16, 16)) == 16
    assert auto_batch_size((4, 64, 64)) == 4
    assert auto_batch_size((4, 256, 256)) == 1
    assert [branch_step(steps) for steps in (1, 2, 4, 10, 50)] == [1, 1, 3, 9, 45]


def test_the_same_seed_gives_identical_frames(model: TextToImage) -> None:
    assert np.array_equal(frames(create(model, timeline())), frames(create(model, timeline())))


def test_another_seed_gives_other_frames(model: TextToImage) -> None:
    assert not np.array_equal(
        frames(create(model, timeline())), frames(create(model, timeline(seeds=(2, 2))))
    )


@pytest.mark.parametrize("batch_size", [1, 3, 16])
def test_a_frame_is_the_same_at_any_batch_size(model: TextToImage, batch_size: int) -> None:
    reference = frames(create(model, timeline(), cadence=4, batch_size=5))
    assert np.abs(frames(create(model, timeline(), cadence=4, batch_size=batch_size)) - reference).max() <= 1


@pytest.mark.parametrize("inbetween", INBETWEENS)
def test_diffused_frames_dont_depend_on_what_is_between(model: TextToImage, inbetween: str) -> None:
    every = frames(create(model, timeline(), cadence=1))
    source = create(model, timeline(), cadence=4, inbetween=inbetween)
    some = frames(source)
    assert some.shape == (13, 16, 24, 3)
    for time in source.key_times:
        assert np.abs(some[time] - every[time]).max() <= 1


def test_latent_in_betweens_are_near_what_diffusing_them_gives(model: TextToImage) -> None:
    every = frames(create(model, timeline(), cadence=1))
    some = frames(create(model, timeline(), cadence=4))
    travelled = np.abs(every[-1] - every[0]).mean()
    assert np.abs(some - every).mean() < 0.25 * travelled


@pytest.mark.parametrize(
    "scheduler",
    ["DDIM", "DDPM", "EulerDiscrete", "EulerAncestralDiscrete", "HeunDiscrete", "KDPM2Discrete",
     "KDPM2AncestralDiscrete", "DPMSolverMultistep", "DPMSolverSinglestep", "DEISMultistep", "UniPCMultistep",
     "PNDM", "LMSDiscrete"],
)  # fmt: skip
def test_a_keyframe_restarted_where_in_betweens_branch_off_is_that_keyframe(
    tiny_model: Path, scheduler: str
) -> None:
    loaded = load_pipeline(str(tiny_model), device="cpu", dtype="float32", scheduler=scheduler)
    source = create(loaded, timeline(), cadence=12, steps=7)
    path, sampling = source.path, source.path.sampling
    steps: list[int] = []
    make_keyframes(source, steps.append)
    branch, final = (torch.from_numpy(latents)[None] for latents in source.store[0])
    again = path.model.denoise(
        branch,
        path.conditioning(0),
        [path.seed(0)],
        steps=sampling.steps,
        guidance=sampling.guidance,
        first_step=sampling.branch_step,
    )
    assert sum(steps) == 2 * sampling.steps  # of two keyframes
    assert float((again - final).norm()) < 0.01 * float((final - branch).norm())
    replaced = {"PNDM", "LMSDiscrete"}
    assert (source.facts()["scheduler"] == f"{scheduler}Scheduler") is (scheduler not in replaced)


def test_the_chance_of_every_step_is_the_same_up_to_the_last_frame(tiny_model: Path) -> None:
    loaded = load_pipeline(str(tiny_model), device="cpu", dtype="float32", scheduler="EulerAncestralDiscrete")
    still = Timeline((Keyframe(0, "a cat", 1), Keyframe(4, "a cat", 2)), 5)
    made = frames(create(loaded, still, cadence=1, drift=0.0, batch_size=1))
    assert np.abs(made - made[0]).max() <= 1


@pytest.mark.parametrize("drift", [0.0, 0.5, 1.0])
def test_noise_drifts_evenly_up_to_the_last_frame(model: TextToImage, drift: float) -> None:
    path = create(model, timeline(count=2, seeds=(1, 2)), drift=drift, width=64, height=64).path
    noises = [path.noise(time) for time in range(13)]
    steps = [float((later - earlier).norm()) for earlier, later in pairwise(noises)]
    assert steps == pytest.approx([steps[0]] * 12, rel=0.1, abs=1e-4)
    assert torch.equal(noises[-1], model.noise(2, 64, 64)) == (drift == 1)


def test_other_in_betweens_keep_the_scheduler(tiny_model: Path) -> None:
    loaded = load_pipeline(str(tiny_model), device="cpu", dtype="float32", scheduler="PNDM")
    source = create(loaded, timeline(), cadence=12, inbetween="crossfade")
    assert source.facts()["scheduler"] == "PNDMScheduler"
    assert len(list(source)) == 13


def test_seeds_travel_through_noise(model: TextToImage) -> None:
    shared = create(model, timeline(seeds=(1, 1))).path
    travelling = create(model, timeline(seeds=(1, 2))).path
    assert shared.noise(0).equal(shared.noise(7))
    assert travelling.noise(0).equal(shared.noise(0))
    assert travelling.noise(12).equal(model.noise(2, 16, 24))
    assert 0.9 < float(travelling.noise(6).std()) < 1.1


def test_drift_goes_part_of_the_way(model: TextToImage) -> None:
    path = create(model, timeline(seeds=(1, 2)), drift=0.5).path
    whole = create(model, timeline(seeds=(1, 2))).path
    assert path.noise(11).allclose(whole.noise(6), atol=0.2)


def test_what_rests_is_diffused_once(model: TextToImage) -> None:
    source = create(model, timeline(25, hold=0.5), cadence=4)
    assert len(source.keyframe_indices) < len(source.key_times)
    resting = frames(source)[:13]
    assert np.abs(resting - resting[0]).max() == 0


@pytest.mark.parametrize(("width", "height"), [(24, 16), (25, 17), (30, 9), (31, 33)])
def test_any_size_is_cropped_from_a_multiple(model: TextToImage, width: int, height: int) -> None:
    source = create(model, timeline(2), width=width, height=height)
    assert source.size == (height, width)
    assert frames(source).shape == (2, height, width, 3)
    diffused = source.facts()["diffused_size"]
    assert all(
        side % 8 == 0 and 0 <= side - want < 8 for side, want in zip(diffused, (height, width), strict=True)
    )


@pytest.mark.parametrize("num_frames", [1, 2, 3])
@pytest.mark.parametrize("inbetween", INBETWEENS)
def test_the_shortest_clips(model: TextToImage, num_frames: int, inbetween: str) -> None:
    source = create(model, timeline(num_frames, min(2, num_frames)), inbetween=inbetween, cadence=1)
    assert frames(source).shape[0] == num_frames == source.num_frames


def test_flow_between_keyframes_that_share_nothing_is_a_crossfade_and_says_so(
    model: TextToImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlike = [GeneratedFrame(np.asarray(texture(48, 64, seed=seed) * 255, np.uint8)) for seed in (1, 2)]
    monkeypatch.setattr(PromptTravel, "_decode", lambda _self, latents: unlike[: len(latents)])
    flow, faded = (
        create(model, timeline(9), inbetween=kind, width=64, height=48, cadence=8)
        for kind in ("flow", "crossfade")
    )
    assert np.abs(frames(flow) - frames(faded)).mean() < 3
    assert flow.crossfaded == {0}
    assert not faded.crossfaded


def test_one_step_is_enough(model: TextToImage) -> None:
    assert frames(create(model, timeline(5), steps=1, cadence=4)).shape[0] == 5


def test_it_is_a_frame_source(model: TextToImage) -> None:
    assert isinstance(create(model, timeline()), FrameSource)


def test_unknown_in_betweens(model: TextToImage) -> None:
    with pytest.raises(UsageError, match="latent, flow, crossfade"):
        create(model, timeline(), inbetween="magic")


@pytest.mark.parametrize(("seeds", "drift"), [((1, 1, 1), 1.0), ((1, 2, 3), 1.0), ((1, 2), 0.5)])
def test_the_first_frame_of_a_loop_follows_on_the_last(
    model: TextToImage, seeds: tuple[int, ...], drift: float
) -> None:
    keys = (Keyframe(12 * index // len(seeds), PROMPTS[index], seed) for index, seed in enumerate(seeds))
    source = create(model, Timeline(tuple(keys), 12, loop=True), cadence=2, drift=drift)
    noises = np.stack([source.path.noise(time).numpy() for time in range(12)])
    steps = np.sqrt(np.square(noises - np.roll(noises, -1, axis=0)).mean(axis=(1, 2, 3)))
    assert steps[-1] <= steps.max() <= 1.1 * steps[-1] + 1e-6
    made = frames(source)
    changes = np.abs(made - np.roll(made, -1, axis=0)).mean(axis=(1, 2, 3))
    assert 0 < changes[-1] <= 2 * np.median(changes)
