"""The recurrent generator: frames follow from those before, and prompt and noise decide them."""

import itertools

import torch

from framesmooth.models.baselines.caption import motion_tensor
from tests.tiny_baselines import tiny_generator

STATES, MOTION = torch.linspace(-1, 1, 5 * 192).view(1, 5, 192), motion_tensor(["a boat sailing left"])


def made(frames: int, *, seed: int = 1, states: torch.Tensor = STATES) -> torch.Tensor:
    chance = torch.Generator().manual_seed(seed)
    noise = torch.randn(1, 4, generator=chance)
    steps = torch.randn(1, 12, 4, generator=chance)[:, :frames]
    with torch.no_grad():
        latents: torch.Tensor = tiny_generator()(states, MOTION, noise, steps)[0]
    return latents


def test_a_longer_clip_begins_like_a_shorter_one() -> None:
    assert made(12).shape == (12, 8, 4, 4)
    assert torch.allclose(made(12)[:5], made(5), atol=1e-6)


def test_frames_differ_and_so_do_seeds_and_prompts() -> None:
    clip = made(5)
    assert all((one != other).any() for one, other in itertools.pairwise(clip))
    assert not torch.allclose(clip, made(5, seed=2))
    assert not torch.allclose(clip, made(5, states=-STATES))
