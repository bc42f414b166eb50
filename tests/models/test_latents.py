"""Noise per seed, and the paths between noises and between prompts."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from framesmooth.models.conditioning import interpolate_conditioning, stack
from framesmooth.models.latents import noise_of, slerp

mixes = st.floats(0, 1)


def test_noise_depends_on_the_seed_alone() -> None:
    torch.manual_seed(99)
    first = noise_of(7, (4, 8, 8))
    torch.randn(1000)
    assert torch.equal(first, noise_of(7, (4, 8, 8)))
    assert not torch.equal(first, noise_of(8, (4, 8, 8)))
    assert first.dtype == torch.float32


def test_slerp_of_orthogonal_vectors_is_the_circle() -> None:
    x, y = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    for mix in (0.25, 0.5, 0.9):
        angle = mix * math.pi / 2
        assert slerp(x, y, mix).tolist() == pytest.approx([math.cos(angle), math.sin(angle)], abs=1e-6)


@given(mix=mixes, seeds=st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)))
def test_slerp_keeps_the_spread_of_noise(mix: float, seeds: tuple[int, int]) -> None:
    start, end = (noise_of(seed, (4, 16, 16)) for seed in seeds)
    norms = sorted(float(torch.linalg.vector_norm(noise)) for noise in (start, end))
    between = float(torch.linalg.vector_norm(slerp(start, end, mix)))
    assert norms[0] * 0.99 <= between <= norms[1] * 1.01


def test_slerp_ends_are_exact_and_equal_ends_stay() -> None:
    start, end = noise_of(1, (4, 8, 8)), noise_of(2, (4, 8, 8))
    assert torch.equal(slerp(start, end, 0.0), start)
    assert torch.equal(slerp(start, end, 1.0), end)
    assert torch.equal(slerp(start, start.clone(), 0.3), start)


def test_slerp_of_nearly_parallel_vectors_is_finite() -> None:
    start = noise_of(1, (4, 8, 8))
    assert bool(torch.isfinite(slerp(start, start * (1 + 1e-6), 0.5)).all())


@given(mix=mixes)
def test_travel_interpolates_every_tokens_length(mix: float) -> None:
    start = {"prompt_embeds": noise_of(1, (1, 5, 12)) * 2}
    end = {"prompt_embeds": noise_of(2, (1, 5, 12)) * 3}
    first, last = (torch.linalg.vector_norm(one["prompt_embeds"], dim=-1) for one in (start, end))
    between = torch.linalg.vector_norm(interpolate_conditioning(start, end, mix)["prompt_embeds"], dim=-1)
    assert torch.allclose(between, torch.lerp(first, last, mix), rtol=1e-4)


def test_travel_ends_are_exact() -> None:
    start, end = {"a": noise_of(1, (1, 5, 12))}, {"a": noise_of(2, (1, 5, 12))}
    assert interpolate_conditioning(start, end, 0.0)["a"] is start["a"]
    assert interpolate_conditioning(start, end, 1.0)["a"] is end["a"]


def test_stack_puts_conditionings_in_order() -> None:
    parts = [{"a": torch.full((1, 2, 3), float(value))} for value in range(3)]
    stacked = stack(parts)["a"]
    assert stacked.shape == (3, 2, 3)
    assert stacked[:, 0, 0].tolist() == [0.0, 1.0, 2.0]
