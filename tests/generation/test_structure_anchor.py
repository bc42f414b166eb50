"""Structure guidance: which prompts share their structure, what of it, and that clips stay continuous."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from framesmooth.generation.denoising import denoise_keyframes
from framesmooth.generation.prompt_travel import PromptTravel
from framesmooth.generation.structure_anchor import (
    Anchor,
    DenoiseAnchors,
    Denoised,
    Structure,
    anchors_of,
    high_pass,
)
from framesmooth.models.text_to_image import TextToImage
from framesmooth.timeline.timeline import Keyframe, Timeline
from tests.generators import make_keyframes, prompt_travel

STEPS = 4


def create(
    model: TextToImage, *prompts: str, seeds: tuple[int, ...] = (), loop: bool = False, **settings: object
) -> PromptTravel:
    times = [6 * index for index in range(len(prompts))]
    keys = [Keyframe(*key) for key in zip(times, prompts, seeds or [1] * len(prompts), strict=True)]
    timeline = Timeline(tuple(keys), times[-1] + (6 if loop else 1), loop=loop)
    given = {"width": 24, "height": 16, "steps": STEPS, "cadence": 2, "structure_share": "auto"}
    return prompt_travel(model, timeline, **(given | settings))


def latents(travel: PromptTravel, time: int) -> torch.Tensor:
    if time not in travel.store:
        make_keyframes(travel)
    return torch.from_numpy(travel.store[time][1])


def test_a_prompt_shares_with_the_first_one_of_its_subject_and_of_its_seed() -> None:
    subjects, seeds = ["cat", "cat", "lion", "cat", "lion"], (1, 1, 1, 2, 1)

    def distance(first: int, second: int) -> float:
        return float(subjects[first] != subjects[second])

    first, lion, other = Anchor(0, 0, 5), Anchor(2, 0, 2), Anchor(3, 3, 5)
    assert anchors_of(seeds, 5, auto=True, distance=distance) == (first, first, lion, other, lion)
    assert set(anchors_of([0] * 5, 5, auto=False, distance=distance)) == {first}


def test_high_pass_keeps_edges_and_drops_light() -> None:
    light = torch.linspace(-1, 1, 32).expand(4, 32, 32)
    checks = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(16, 16).expand(4, 32, 32)
    assert high_pass(light)[:, 8:-8, 8:-8].abs().max() < 0.05
    assert torch.allclose(high_pass(checks), checks, atol=0.05)


def structure(steps: int = 2) -> tuple[Structure, list[torch.Tensor], DenoiseAnchors]:
    """Return a structure of two subjects in two noises, the states of their anchors, and what gives them."""
    states = [
        torch.randn(steps, 3, 8, 8, generator=torch.Generator().manual_seed(index)) for index in range(2)
    ]
    anchors = Anchor(0, 0, steps), Anchor(1, 1, steps)
    done = [Denoised(one, torch.zeros(2, 3, 8, 8)) for one in states]
    return Structure(anchors, steps, 4), states, lambda prompts, _: [done[index] for index in prompts]


@pytest.mark.parametrize("mix", [0.0, 0.2, 0.5, 0.8, 1.0])
def test_on_the_way_to_another_subject_there_is_the_structure_of_one_at_a_time(mix: float) -> None:
    shared, states, denoise = structure()
    own = torch.zeros(3, 8, 8)
    changed = shared.change(0, 1, mix, denoise)(1, own)
    expected = max(0, 1 - 2 * mix) * high_pass(states[0][0]) + max(0, 2 * mix - 1) * high_pass(states[1][0])
    assert torch.allclose(changed, expected, atol=1e-6)
    assert torch.equal(shared.change(0, 1, mix, denoise)(3, own), own)


def test_prompts_of_one_layout_share_fine_structure_in_spite_of_their_noise(model: TextToImage) -> None:
    given: dict[str, Any] = {"seeds": (1, 2), "one_layout": True, "width": 64, "height": 64}
    clips = [
        create(model, "a cat", "a cat at sunset", structure_share=share, **given) for share in (0.0, "auto")
    ]
    free, guided = ([latents(clip, time) for time in (0, 6)] for clip in clips)
    assert torch.equal(free[0], guided[0])
    fine = [high_pass(last - first).norm() for first, last in (free, guided)]
    coarse = [(last - first - high_pass(last - first)).norm() for first, last in (free, guided)]
    assert fine[1] < 0.2 * fine[0]
    assert coarse[1] > 0.5 * coarse[0]


def test_the_first_prompt_and_a_share_of_nothing_change_nothing(model: TextToImage) -> None:
    assert create(model, "a cat", "the lion", structure_share=0.0).path.structure is None
    assert create(model, "a cat", "the lion", structure_share=0.1).path.structure is None
    one = create(model, "a cat", cadence=1)
    assert one.path.structure is None


@pytest.mark.parametrize(
    ("prompts", "seeds"),
    [
        (("a cat", "a cat at sunset", "the lion at sunset"), (1, 1, 1)),
        (("a cat", "the lion at sunset", "a cat at sunset"), (1, 1, 1)),
        (("a cat", "a cat at sunset", "the lion"), (1, 2, 3)),
    ],
)
@pytest.mark.parametrize("loop", [False, True])
def test_no_keyframe_jumps(
    model: TextToImage, prompts: tuple[str, ...], seeds: tuple[int, ...], loop: bool
) -> None:
    """Frames just before and just after a prompt are as near to it as everywhere else."""
    keys = [
        Keyframe(64 * index, prompt, seed)
        for index, (prompt, seed) in enumerate(zip(prompts, seeds, strict=True))
    ]
    timeline = Timeline(tuple(keys), 192 if loop else 129, loop=loop)
    given = {"width": 24, "height": 16, "steps": STEPS, "cadence": 1, "structure_share": "auto"}
    travel = prompt_travel(model, timeline, **given)
    around = [time % timeline.num_frames for key in keys for time in (key.time - 1, key.time, key.time + 1)]
    ends = [time for time in around if loop or 0 <= time < timeline.num_frames]
    finals = dict(zip(ends, denoise_keyframes(travel.path, ends)[:, 1], strict=True))
    whole = float((finals[64] - finals[0]).norm())
    for key in keys if loop else keys[1:-1]:
        for side in (-1, 1):
            beside = finals[(key.time + side) % timeline.num_frames]
            assert float((beside - finals[key.time]).norm()) < 0.25 * whole


def test_a_resumed_clip_finds_the_same_structure(model: TextToImage) -> None:
    prompts = "a cat", "the lion at sunset", "a cat in the red sea"
    whole = create(model, *prompts, pacing="even")
    frames = np.stack(list(whole))
    kept = {time: whole.store[time] for time in whole.keyframe_indices[:2]}
    resumed = create(model, *prompts, pacing="even")
    for time, latents_of in kept.items():
        resumed.store[time] = latents_of
    assert np.array_equal(np.stack(list(resumed)), frames)


@pytest.mark.parametrize("batch_size", [1, 3])
def test_a_guided_frame_is_the_same_at_any_batch_size(model: TextToImage, batch_size: int) -> None:
    clips = [
        np.stack(list(create(model, "a cat", "the lion", "a cat", batch_size=size))).astype(int)
        for size in (8, batch_size)
    ]
    assert np.abs(clips[0] - clips[1]).max() <= 1


def test_steps_are_told_as_often_as_they_are_counted(model: TextToImage) -> None:
    travel = create(model, "a cat", "the lion", "a cat at sunset")
    steps: list[int] = []
    counted = travel.work().keyframe_steps
    make_keyframes(travel, steps.append)
    assert sum(steps) == counted


def test_it_is_smoother_than_travel_without(model: TextToImage) -> None:
    changes = []
    for share in (0.0, "auto"):
        made = np.stack(list(create(model, "a cat at sunset", "a cat", structure_share=share))).astype(int)
        changes.append(sum(np.abs(later - earlier).mean() for earlier, later in pairwise(made)))
    assert changes[1] < changes[0]
