"""The averages along trajectories: noise, strangers, masks, lost contrast and steady changes."""

from typing import Any

import numpy as np
import pytest

from framesmooth.smoothing.trajectory.bilateral import (
    AverageChange,
    Difference,
    Neighbour,
    compare,
    detail_gain,
    diffuse,
    noise_level,
)


def band(seed: int, spread: float = 1.0) -> Any:
    return (spread * np.random.default_rng(seed).standard_normal((24, 32, 3))).astype(np.float32)


def everywhere() -> Any:
    return np.ones((24, 32), np.float32)


def compared(centre: Any, neighbours: list[Neighbour]) -> list[Difference]:
    return [compare(centre, other, window=2) for other in neighbours]


def averaged(
    centre: Any, neighbours: list[Neighbour], *, radius: float, limit: float = 2, window: float = 2
) -> tuple[Any, Any]:
    average = AverageChange(centre.shape[:2], radius=radius, limit=limit, slope_window=2 * window)
    for other in neighbours:
        average.add(compare(centre, other, window=window))
    return average.found()


def test_a_difference_has_the_energy_of_its_gap() -> None:
    centre = np.zeros((4, 5, 3), np.float32)
    found = compare(centre, Neighbour(1, centre + np.array([1, -2, 3], np.float32), centre[..., 0]), window=2)
    np.testing.assert_array_equal(found.energy, np.full((4, 5), 14, np.float32))
    np.testing.assert_allclose(found.unlike, 14 / 3, rtol=1e-6)


def test_noise_level_is_its_standard_deviation() -> None:
    others = [Neighbour(k, band(k + 9), everywhere()) for k in (-1, 1)]
    assert noise_level(compared(band(1), others)) == pytest.approx(1, rel=0.06)
    assert noise_level([]) == pytest.approx(1 / 255)


@pytest.mark.parametrize(("before", "after"), [(-1, 1), (1, 1), (-1, 0), (2, -3)], ids=str)
def test_noise_level_does_not_count_what_rises_or_turns(before: float, after: float) -> None:
    sides = {-2: 2 * before, -1: before, 1: after, 2: 2 * after}
    others = [Neighbour(k, band(k + 9) + np.float32(4 * rise), everywhere()) for k, rise in sides.items()]
    found = compared(band(1), others)
    assert noise_level(found) > 2
    assert noise_level(found, beside_trends=True) == pytest.approx(1, rel=0.08)


def test_noise_level_does_not_count_what_stays() -> None:
    first, second = band(1), band(10)
    second[:, 10:] = first[:, 10:]
    gaps = compared(first, [Neighbour(1, second, everywhere())])
    assert noise_level(gaps) == pytest.approx(1, rel=0.1)


def test_noise_is_averaged_and_strangers_are_ignored() -> None:
    truth = band(0, 5.0)
    noisy = [truth + band(k) for k in range(1, 6)]
    others = [Neighbour(k, image, everywhere()) for k, image in zip((-2, -1, 1, 2), noisy[1:], strict=True)]
    stranger = Neighbour(1, truth + 40, everywhere())
    change, support = averaged(noisy[0], [*others, stranger], radius=3)
    mean = noisy[0] + change
    assert (mean - truth).std() < 0.55
    assert abs(float((mean - truth).mean())) < 0.1
    assert 1 < support.mean() < 4


def test_a_masked_neighbour_changes_nothing() -> None:
    other = Neighbour(1, band(2), np.zeros((24, 32), np.float32))
    change, support = averaged(band(1), [other], radius=2)
    np.testing.assert_allclose(change, 0, atol=1e-6)
    assert not support.any()


def test_corrections_spread_where_support_is_missing() -> None:
    support = everywhere()
    support[8:14, 10:18] = 0
    correction = np.where(support[..., None] > 0, np.float32(0.2), np.float32(0)) * np.ones(3, np.float32)
    np.testing.assert_allclose(diffuse(correction, support, sigma=4), 0.2, atol=1e-3)


def test_detail_gain_returns_lost_contrast_and_no_noise() -> None:
    signal = band(1)
    np.testing.assert_allclose(detail_gain(signal, 0.8 * signal, window=4, limit=1.6), 1.25, rtol=1e-3)
    assert detail_gain(signal, 0.1 * signal, window=4, limit=1.6).max() == pytest.approx(1.6)
    noise = [band(k) for k in range(2, 7)]
    assert detail_gain(noise[0], np.mean(noise, axis=0), window=4, limit=1.6).mean() == pytest.approx(
        1, abs=0.15
    )


def test_a_steady_change_leaves_no_patch_where_only_one_side_in_time_is_seen() -> None:
    """A ramp over time, half of the picture followed backwards only: both halves stay at their own time."""
    centre = np.full((64, 96, 3), 0.5, np.float32)
    seen = np.ones((64, 96), np.float32)
    half = seen.copy()
    half[:, :48] = 0
    neighbours = [
        Neighbour(k, centre + np.float32(0.01 * k), half if k > 0 else seen) for k in (-3, -2, -1, 1, 2, 3)
    ]
    change, _ = averaged(centre, neighbours, radius=3, limit=0.08, window=4)
    assert np.abs(change).max() < 0.002
