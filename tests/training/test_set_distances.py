"""Distances of sets of features, against closed forms and independent implementations."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from framesmooth.training.set_distances import (
    area_under_curve,
    diversity,
    frechet_distance,
    kernel_distance,
)


def normal(count: int, width: int, seed: int, mean: float = 0.0, scale: float = 1.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, scale, (count, width))


def test_the_frechet_distance_is_that_of_the_formula() -> None:
    one, other = normal(200, 6, 0) @ normal(6, 6, 3), normal(150, 6, 1, 0.5)
    c, d = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    means = np.square(one.mean(0) - other.mean(0)).sum()
    wanted = means + np.trace(c + d - 2 * np.real(sqrtm(c @ d)))
    assert frechet_distance(one, other) == pytest.approx(wanted, rel=1e-6)
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-6)


def test_fewer_pictures_than_features_are_no_trouble() -> None:
    one = normal(10, 300, 0)
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(one, one + 1.0) == pytest.approx(300, rel=1e-6), "a shift of 1 in 300 features"


def test_the_kernel_distance_is_zero_on_average_for_one_kind() -> None:
    same = [kernel_distance(normal(20, 5, k), normal(30, 5, 100 + k)) for k in range(60)]
    assert abs(np.mean(same)) < 3 * np.std(same) / np.sqrt(60)
    assert kernel_distance(normal(50, 5, 0), normal(50, 5, 1, 1.0)) > 10 * np.std(same)


def test_diversity_is_relative() -> None:
    data = normal(80, 4, 0)
    assert diversity(data, data) == pytest.approx(1)
    assert diversity(data / 2, data) == pytest.approx(0.5)
    assert diversity(np.repeat(data[:1], 5, axis=0), data) == 0


def test_the_area_under_the_curve_counts_pairs() -> None:
    rng = np.random.default_rng(0)
    scores, present = rng.integers(0, 5, 40).astype(float), rng.random(40) < 0.4
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[present] for b in scores[~present]]
    assert area_under_curve(scores, present) == pytest.approx(np.mean(pairs))
    assert np.isnan(area_under_curve(scores, np.ones(40, bool)))
