"""A camera over pictures with depth: points in space, what hides what, and noise that stays white."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from framesmooth.frames import Frame
from framesmooth.generation.noise_warping import MovingNoise
from framesmooth.models.latents import noise_of
from framesmooth.motion.camera.depth_camera import DepthCamera
from framesmooth.motion.camera.homography import Camera, grid_of, transform
from framesmooth.motion.camera.moves import Moves
from tests.scenes import texture

SIZE = (48, 64)
PICTURE = np.asarray(texture(*SIZE, seed=5) * 255, np.uint8)
SQUARE = np.zeros(SIZE, np.bool_)
SQUARE[16:32, 16:32] = True


def planes(near: float = 0.5) -> np.ndarray:
    """Return depth 1, and ``near`` in a square."""
    return np.where(SQUARE, near, 1).astype(np.float32)


def values(**moves: str) -> dict[str, list[float]]:
    return Moves(**moves).values(10, Fraction(12))


def camera(depth: np.ndarray, **moves: str) -> DepthCamera:
    return DepthCamera(values(**moves), SIZE, lambda _picture: depth)


def goes(found: DepthCamera, points: Any, start: int = 0, end: int = 1) -> np.ndarray:
    return found.mover(PICTURE, start, end, 1.0)(np.asarray(points, np.float64))


@pytest.mark.parametrize(
    "moves",
    [
        {"pan_x": "3", "pan_y": "-2"},
        {"zoom": "1.1", "roll": "5"},
        {"translate_z": "10"},
        {"rotate_3d_x": "2", "rotate_3d_y": "-3"},
        {"pan_x": "2", "zoom": "0.95", "roll": "-4", "translate_z": "5", "rotate_3d_y": "2"},
    ],
)
def test_at_depth_one_it_is_the_camera_over_a_plane(moves: dict[str, str]) -> None:
    plane = Camera(values(**moves), SIZE)
    found = goes(camera(np.ones(SIZE, np.float32), **moves), grid_of(SIZE))
    assert np.allclose(found, transform(plane.between(0, 1), grid_of(SIZE)), atol=1e-3)


def test_two_planes_move_by_the_parallax_of_their_depths() -> None:
    """A pan of p pixels moves depth z by p / z; an approach by t takes x to x z / (z - t) from the centre."""
    panned = camera(planes(), pan_x="4")
    assert np.allclose(goes(panned, [[[24, 24], [50, 8]]]), [[[32, 24], [54, 8]]])
    nearer = camera(planes(), translate_z="20")
    centre = np.array([31.5, 23.5])
    near, far = np.array([20.0, 20.0]), np.array([50.0, 8.0])
    wanted = [(near - centre) * 0.5 / 0.3 + centre, (far - centre) / 0.8 + centre]
    assert np.allclose(goes(nearer, [[near, far]]), [wanted], atol=1e-3)


def test_zoom_roll_and_turns_know_no_depth() -> None:
    for moves in ({"zoom": "1.2"}, {"roll": "7"}, {"rotate_3d_y": "3"}):
        flat, deep = (goes(camera(planes(near), **moves), [[[24, 24], [50, 8]]]) for near in (1.0, 0.5))
        assert np.allclose(flat, deep, atol=1e-3)


def test_the_view_has_the_near_plane_in_front_and_tells_what_was_hidden() -> None:
    seen, sight = camera(planes(), pan_x="4").view(PICTURE, 1, 0, feather=0)
    shown = (seen * 255).round().astype(int)
    assert np.abs(shown[18:30, 26:38] - PICTURE[18:30, 18:30]).max() <= 1  # by 8
    assert np.abs(shown[18:30, 46:60] - PICTURE[18:30, 42:56]).max() <= 1  # by 4
    assert sight[18:30, 21:23].max() == 0  # came into sight behind the square
    assert sight[18:30, 28:36].min() > 0.95
    assert sight[18:30, 46:56].min() > 0.95
    background = np.abs(shown[18:30, 20:24] - PICTURE[18:30, 12:16]).mean()
    foreground = np.abs(shown[18:30, 20:24] - PICTURE[18:30, 24:28]).mean()
    assert background < foreground  # it is carried on from what is far


def test_values_are_carried_as_the_picture_is_seen() -> None:
    found = camera(planes(), pan_x="4")
    grey = np.repeat(PICTURE[..., :1], 3, axis=2)
    shades = np.asarray(grey[..., 0] / 255, np.float32)
    carried = found.carried(shades, grey, 1, 0)
    seen, _ = found.view(grey, 1, 0)
    assert np.abs(carried - seen[..., 0]).mean() < 0.01


def test_what_is_hidden_takes_its_noise_along() -> None:
    moved = goes(camera(planes(), pan_x="4"), [[[30, 24], [34, 24], [38, 24]]])[0]
    assert np.allclose(moved[0], [38, 24])
    assert moved[1, 0] < -1000  # goes to (38, 24), too, where the square is
    assert np.allclose(moved[2], [42, 24])


def test_there_and_back() -> None:
    found = camera(planes(), pan_x="t", translate_z="4", roll="2", zoom="1.01", rotate_3d_x="1")
    (there, gone), (back, returned) = found.in_space(2, 7), found.in_space(7, 2)
    product = back @ there
    assert np.allclose(product / product[0, 0], np.eye(3), atol=1e-9)
    point = np.array([0.1, -0.2, 0.7])
    again = back @ ((there @ point + gone) / 0.96**5) + returned
    assert np.allclose(again, point)


def test_noise_moves_along_with_depth_and_stays_white() -> None:
    rng = np.random.default_rng(0)
    depth = (0.4 + 2 * rng.random((6, 8))).repeat(8, axis=0).repeat(8, axis=1).astype(np.float32)
    found = DepthCamera(values(pan_x="2", translate_z="3", roll="1"), SIZE, lambda _picture: depth)
    noise = MovingNoise(noise_of(1, (64, 24, 32)), 1)
    first = noise.latents
    for time in range(1, 9):
        noise.move(found.mover(PICTURE, time - 1, time, 0.5))
    made = noise.latents
    assert abs(float(made.mean())) < 0.01
    assert abs(float(made.var()) - 1) < 0.02
    for beside in (made[..., 1:] * made[..., :-1], made[:, 1:] * made[:, :-1]):
        assert abs(float(beside.mean())) < 0.02
    moved = MovingNoise(noise_of(1, (64, 24, 32)), 1)
    near = DepthCamera(values(pan_x="4"), SIZE, lambda _picture: np.full(SIZE, 0.5, np.float32))
    moved.move(near.mover(PICTURE, 0, 1, 0.5))
    assert torch.allclose(moved.latents[..., 4:], first[..., :-4], atol=1e-4)  # 4 / 0.5 pixels, half as many


def test_depth_is_told_once_for_each_picture() -> None:
    asked: list[int] = []

    def tell(picture: Frame) -> np.ndarray:
        asked.append(int(picture[0, 0, 0]))
        return planes()

    found = DepthCamera(values(pan_x="1"), SIZE, tell)
    for _ in range(2):
        for number in (1, 2, 3):
            found.view(np.full((*SIZE, 3), number, np.uint8), 1, 0)
    assert asked == [1, 2, 3]
