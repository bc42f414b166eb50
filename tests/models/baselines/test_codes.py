"""Clips as codes: shapes, the nearest vectors, and less left over with every codebook."""

import torch

from tests.tiny_baselines import tiny_codes


def test_a_clip_and_its_codes_have_their_shapes() -> None:
    codes = tiny_codes()
    clip = torch.randn(2, 8, 8, 6, 4)
    with torch.no_grad():
        vectors = codes.encoded(clip)
        assert vectors.shape == (2, 2, 3, 2, 4)
        assert codes.quantized(vectors).shape == (2, 2, 3, 2, 2)
        assert codes.decoded(vectors).shape == clip.shape


def test_codes_are_the_nearest_of_what_is_left() -> None:
    """Against a search through all pairs of one level after the other."""
    codes, vectors = tiny_codes(), torch.randn(7, 4)
    first, second = codes.codebooks
    for vector, found in zip(vectors, codes.quantized(vectors), strict=True):
        k = min(range(6), key=lambda k: float((vector - first[k]).norm()))
        m = min(range(6), key=lambda m: float((vector - first[k] - second[m]).norm()))
        assert found.tolist() == [k, m]


def test_codes_are_looked_up_as_the_sum_of_their_parts() -> None:
    codes = tiny_codes()
    chosen = torch.tensor([[2, 5], [0, 0]])
    expected = torch.stack([codes.codebooks[0, k] + codes.codebooks[1, m] for k, m in chosen.tolist()])
    assert torch.allclose(codes.looked_up(chosen), expected)
    assert torch.allclose(codes.parts(chosen)[:, 1], codes.codebooks[1, chosen[:, 1]])
    assert codes.quantized(codes.codebooks[0]).T[0].tolist() == list(range(6)), "a vector stands for itself"
