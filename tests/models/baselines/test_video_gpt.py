"""The transformer looks back only, and its cache changes nothing."""

import torch

from framesmooth.models.baselines.caption import motion_tensor
from tests.tiny_baselines import tiny_codes, tiny_gpt

STATES, MOTION = (
    torch.linspace(-1, 1, 2 * 5 * 192).view(2, 5, 192),
    motion_tensor(["a boat sailing left", ""]),
)


def test_scores_of_a_place_depend_on_the_places_before_it() -> None:
    """And those of its second code on its first, but on no other code of the same place or later."""
    gpt, codes = tiny_gpt(), tiny_codes()
    chosen = torch.randint(6, (2, 8, 2), generator=torch.Generator().manual_seed(1))
    other = chosen.clone()
    other[:, 3, 0] = (other[:, 3, 0] + 1) % 6
    with torch.no_grad():
        (a0, a1), (b0, b1) = (gpt.scores(codes.parts(one), STATES, MOTION) for one in (chosen, other))
    assert torch.equal(a0[:, :4], b0[:, :4])
    assert torch.equal(a1[:, :3], b1[:, :3])
    assert (a1[:, 3] != b1[:, 3]).any()
    assert all((a[:, 4:] != b[:, 4:]).any() for a, b in ((a0, b0), (a1, b1)))


def test_place_by_place_with_a_cache_gives_the_scores_of_one_pass() -> None:
    gpt, codes = tiny_gpt(), tiny_codes()
    parts = codes.parts(torch.randint(6, (2, 8, 2), generator=torch.Generator().manual_seed(2)))
    with torch.no_grad():
        at_once = gpt.scores(parts, STATES, MOTION)
        prefix, whole = gpt.heard(STATES, MOTION)
        after, cache = gpt(prefix)
        for place in range(8):
            for level in range(2):
                found = gpt.logits(after[:, -1], parts[:, place], level)
                assert torch.allclose(found, at_once[level][:, place], atol=1e-5)
            token = gpt.tokens(parts[:, place : place + 1].sum(-2), whole, place)
            after, cache = gpt(token, cache)


def test_the_prompt_counts_from_the_first_place_on() -> None:
    gpt, codes = tiny_gpt(), tiny_codes()
    parts = codes.parts(torch.zeros(2, 8, 2, dtype=torch.int64))
    with torch.no_grad():
        first, second = gpt.scores(parts, STATES, MOTION)[0]
    assert (first[0] != second[0]).any()
