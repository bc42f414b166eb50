"""Codes drawn by chance: the likeliest, from a nucleus, from a seed, and on beyond what was taught."""

import pytest
import torch

from framesmooth.models.baselines.caption import motion_tensor
from framesmooth.models.baselines.sampling import Heard, draw, sample_codes
from framesmooth.models.video_families.base import Chance
from tests.tiny_baselines import tiny_codes, tiny_gpt

SCORES = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()


def drawn(chance: Chance, count: int = 400, scores: torch.Tensor = SCORES) -> list[int]:
    generator = torch.Generator().manual_seed(7)
    return [draw(scores, chance, generator) for _ in range(count)]


@pytest.mark.parametrize(
    "chance", [Chance(temperature=0), Chance(top_k=1), Chance(top_p=1e-6), Chance(temperature=0.01)]
)
def test_the_likeliest_code(chance: Chance) -> None:
    assert set(drawn(chance, 50, SCORES.flip(0))) == {3}


def test_codes_come_as_often_as_their_scores_say() -> None:
    found = torch.bincount(torch.tensor(drawn(Chance(), 4000)), minlength=4) / 4000
    assert torch.allclose(found, SCORES.exp(), atol=0.03)


def test_a_nucleus_holds_the_fewest_codes_that_reach_its_share() -> None:
    assert set(drawn(Chance(top_p=0.79))) == {0, 1}
    assert set(drawn(Chance(top_p=0.81))) == {0, 1, 2}
    assert set(drawn(Chance(top_k=3))) == {0, 1, 2}
    found = torch.bincount(torch.tensor(drawn(Chance(top_k=2), 4000)), minlength=4) / 4000
    assert float(found[0]) == pytest.approx(0.5 / 0.8, abs=0.03), "the others' share goes to those that stay"


def test_a_high_temperature_evens_out() -> None:
    cold, hot = (drawn(Chance(temperature=heat), 2000).count(3) for heat in (0.5, 5.0))
    assert cold < 60 < 200 < hot < 560


def sampled(blocks: int, *, seed: int = 1, guidance: float = 1.0, temperature: float = 1.0) -> torch.Tensor:
    texts = ["a boat sailing left", "a castle"]
    states = torch.stack([torch.full((5, 192), value) for value in (0.5, -0.5)])
    heard = Heard(states, motion_tensor(texts), guidance)
    generator = torch.Generator().manual_seed(seed)
    return sample_codes(tiny_gpt(), tiny_codes(), heard, blocks, Chance(temperature=temperature), generator)


def test_a_seed_decides_the_codes() -> None:
    codes = sampled(2)
    assert codes.shape == (2, 2, 2, 2)
    assert torch.equal(sampled(2), codes)
    assert not torch.equal(sampled(2, seed=2), codes)
    assert torch.equal(sampled(2, temperature=0), sampled(2, temperature=0, seed=2))


def test_a_longer_clip_goes_on_from_a_shorter_one() -> None:
    """The tiny transformer was taught two blocks; one is kept where the window slides."""
    assert torch.equal(sampled(5)[:2], sampled(2))
    assert torch.equal(sampled(5)[:3], sampled(3))
    assert sampled(5).shape[0] == 5


def test_what_is_avoided_counts_with_guidance_only() -> None:
    assert torch.equal(sampled(2, guidance=1.0, temperature=0), sampled(2, guidance=1 + 1e-6, temperature=0))
    assert not torch.equal(sampled(2, guidance=1.0), sampled(2, guidance=8.0))


def test_every_block_is_told() -> None:
    told: list[int] = []
    heard = Heard(torch.zeros(2, 5, 192), motion_tensor(["", ""]))
    generator = torch.Generator().manual_seed(1)
    sample_codes(tiny_gpt(), tiny_codes(), heard, 3, Chance(), generator, lambda: told.append(1))
    assert len(told) == 3
