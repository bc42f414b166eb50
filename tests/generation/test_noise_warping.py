"""Warped noise: standard normal and white after many moves, and moved as it was told."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor

from framesmooth.generation.noise_warping import (
    Move,
    MovingNoise,
    coarsen,
    refine,
    warp_noise,
)
from framesmooth.models.latents import noise_of

SIDE = 96
CENTRE = (SIDE - 1) / 2
START = noise_of(7, (8, SIDE, SIDE))


def zooming(factor: float) -> Move:
    return lambda points: (points - CENTRE) * factor + CENTRE


def turning(degrees: float) -> Move:
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    turn = np.array([[cosine, sine], [-sine, cosine]])
    return lambda points: np.asarray((points - CENTRE) @ turn + CENTRE)


def shifting(x: float, y: float) -> Move:
    return lambda points: np.asarray(points + np.array([x, y]))


def rippling(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """A motion that no homography describes: it stretches and squeezes."""
    return np.asarray(points + 2 * np.sin(points[..., ::-1] / 9))


MOVES = {
    "zoom in": (zooming(1.02), 30),
    "rotation": (turning(2), 30),
    "zoom out": (zooming(1 / 1.02), 8),
    "fast zoom": (zooming(1.3), 8),
    "pan": (shifting(0.37, -0.81), 8),
    "ripple": (rippling, 8),
}


def moved(move: Move, times: int = 30, seed: int = 3) -> Tensor:
    noise = MovingNoise(START, seed)
    for _ in range(times):
        noise.move(move)
    return noise.latents


def correlation(one: Tensor, other: Tensor) -> float:
    return float(np.corrcoef(one.flatten().numpy(), other.flatten().numpy())[0, 1])


@pytest.mark.parametrize("name", MOVES)
def test_many_steps_leave_the_noise_standard_normal_and_white(name: str) -> None:
    noise = moved(*MOVES[name])
    assert abs(float(noise.mean())) < 0.01
    assert abs(float(noise.var()) - 1) < 0.02
    for y, x in [(0, 1), (1, 0), (1, 1), (0, 2), (2, 0)]:
        assert abs(correlation(noise[:, y:, x:], noise[:, : SIDE - y, : SIDE - x])) < 0.02
    assert abs(correlation(noise[:, :-1, 1:], noise[:, 1:, :-1])) < 0.02
    assert abs(correlation(noise[1:], noise[:-1])) < 0.02
    assert stats.kstest(noise.flatten().numpy(), "norm").pvalue > 0.01


@pytest.mark.parametrize("renewal", [0.0, 0.25, 1.0])
def test_a_share_of_the_noise_is_new_after_each_move(renewal: float) -> None:
    noise = MovingNoise(START, 3, renewal=renewal)
    for moves in (1, 2):
        noise.move(shifting(0, 0))
        assert correlation(noise.latents, START) == pytest.approx((1 - renewal) ** (moves / 2), abs=0.02)
    assert float(noise.latents.var()) == pytest.approx(1, abs=0.02)
    assert abs(correlation(noise.latents[..., 1:], noise.latents[..., :-1])) < 0.02


def test_interpolated_noise_would_not_pass() -> None:
    """The test above is one that the usual way of warping fails."""
    turn = torch.tensor([[[math.cos(0.3), -math.sin(0.3), 0], [math.sin(0.3), math.cos(0.3), 0]]])
    grid = torch.nn.functional.affine_grid(turn, [1, *START.shape], align_corners=False)
    warped = torch.nn.functional.grid_sample(START[None], grid, align_corners=False)
    assert float(warped.var()) < 0.8


def test_a_shift_by_whole_pixels_is_exact() -> None:
    noise = moved(shifting(3, -2), 1)
    assert torch.allclose(noise[:, :-2, 3:], START[:, 2:, :-3], atol=1e-4)
    assert abs(correlation(noise[:, :, :3], START[:, :, :3])) < 0.05  # what comes in is new
    assert torch.allclose(moved(lambda points: points, 5), START, atol=1e-4)


@pytest.mark.parametrize(
    ("move", "back", "width"),
    [
        (zooming(1.02), zooming(1.02**-12), 4),  # five pixels were four before
        (turning(2), turning(-24), 5),
        (shifting(0.3, 0), shifting(-3.6, 0), 5),
    ],
)
def test_the_noise_is_where_the_motion_took_it(move: Move, back: Move, width: int) -> None:
    """Blurred, the noise of a place is still that of the place in the beginning; elsewhere it is not."""
    noise, start = moved(move, 12), START
    places = np.array(list(product(range(40, SIDE - 40, 4), repeat=2)), np.float64)
    before = back(places) - (width - 1) / 2
    there = blurred(noise, 5)[:, places[:, 1].astype(int) - 2, places[:, 0].astype(int) - 2]
    x, y = np.rint(before).astype(int).T
    assert correlation(there, blurred(start, width)[:, y, x]) > 0.7
    assert abs(correlation(there, blurred(start, width)[:, y + 20, x])) < 0.1


def blurred(noise: Tensor, width: int) -> Tensor:
    return torch.nn.functional.avg_pool2d(noise, width, stride=1)


def test_the_same_moves_give_the_same_noise_and_another_seed_gives_other_noise() -> None:
    assert torch.equal(moved(zooming(1.1), 3), moved(zooming(1.1), 3))
    assert not torch.equal(moved(zooming(1.1), 3), moved(zooming(1.1), 3, seed=4))


def test_fine_noise_is_white_and_sums_to_the_coarse() -> None:
    fine = refine(START, 3, torch.Generator().manual_seed(0))
    assert torch.allclose(coarsen(fine, 3), START, atol=1e-5)
    assert abs(float(fine.var()) - 1) < 0.01
    assert abs(correlation(fine[..., 1:], fine[..., :-1])) < 0.01


def test_a_move_out_of_the_picture_leaves_new_noise() -> None:
    noise = warp_noise(START, shifting(1e9, 0), torch.Generator().manual_seed(1))
    assert abs(float(noise.var()) - 1) < 0.02
    assert abs(correlation(noise, START)) < 0.02
