"""The camera: known motion, point by point."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesmooth.errors import UsageError
from framesmooth.motion.camera.homography import (
    Camera,
    homography_flow,
    reflected,
    scaled,
    transform,
)
from framesmooth.motion.camera.moves import Moves
from framesmooth.motion.warping import backward_warp

SIZE = (49, 65)  # odd: the centre is a pixel, (32, 24)


def camera(**moves: str) -> Camera:
    return Camera(Moves(**moves).values(10, Fraction(12)), SIZE)


def goes(found: Camera, point: Sequence[float], start: int = 0, end: int = 1) -> list[float]:
    return list(transform(found.between(start, end), np.array(point, np.float64)).round(6))


@pytest.mark.parametrize(
    ("moves", "point", "target"),
    [
        ({}, (5, 7), [5, 7]),
        ({"zoom": "2"}, (32, 24), [32, 24]),
        ({"zoom": "2"}, (42, 20), [52, 16]),
        ({"pan_x": "3", "pan_y": "-1"}, (5, 7), [8, 6]),
        ({"roll": "90"}, (42, 24), [32, 14]),  # counter-clockwise: what is right goes up
        ({"pan_x": "1", "zoom": "2"}, (32, 24), [34, 24]),  # shifted first, then enlarged, as in Deforum
        ({"translate_z": "50"}, (42, 20), [52, 16]),
        ({"zoom": "0:(1), 1:(3)"}, (33, 24), [35, 24]),
    ],
)
def test_points_go_where_they_must(
    moves: dict[str, str], point: tuple[float, float], target: list[float]
) -> None:
    assert goes(camera(**moves), point) == target


def test_turning_the_camera_right_moves_the_picture_left_and_up_down() -> None:
    x, y = goes(camera(rotate_3d_y="5"), (32, 24))
    assert (x < 30, y) == (True, 24)
    x, y = goes(camera(rotate_3d_x="5"), (32, 24))
    assert (x, y > 26) == (32, True)


def test_motions_add_up_and_turn_back() -> None:
    found = camera(zoom="1.02", pan_x="t", roll="3", rotate_3d_y="0.5")
    assert np.allclose(found.between(4, 9) @ found.between(0, 4), found.between(0, 9) * (
        (found.between(4, 9) @ found.between(0, 4))[2, 2]))  # fmt: skip
    assert goes(found, goes(found, (11, 12), 2, 7), 7, 2) == pytest.approx([11, 12], abs=1e-4)


def test_the_flow_warps_the_picture_as_the_camera_does() -> None:
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)
    found = camera(pan_x="4", roll="10")
    seen = backward_warp(x, found.flow(1, 0))  # frame 1 shows at p what frame 0 has at p + flow
    expected = transform(found.between(1, 0), np.stack([x, y], -1).astype(np.float64))[..., 0]
    inside = (expected > 0) & (expected < SIZE[1] - 1)
    inside[:4] = inside[-4:] = False
    assert np.abs(seen - expected)[12:-12, 12:-12][inside[12:-12, 12:-12]].max() < 1e-3


def test_a_finer_grid_shows_the_same_motion() -> None:
    matrix = camera(zoom="1.5", roll="20", rotate_3d_x="3").between(0, 2)
    coarse = transform(matrix, np.array([10.0, 20.0]))
    fine = transform(scaled(matrix, 4), np.array([10.5 * 4 - 0.5, 20.5 * 4 - 0.5]))
    assert (fine + 0.5) / 4 - 0.5 == pytest.approx(coarse)


@given(shift=st.integers(-30000, 30000).map(lambda hundreds: hundreds / 100))
def test_what_is_outside_is_mirrored(shift: float) -> None:
    flow = np.zeros((3, 5, 2), np.float32)
    flow[..., 0] = shift
    folded, inside = reflected(flow)
    target = np.arange(5) + folded[1, :, 0]
    mirrored = [abs((x + shift) % 8) for x in range(5)]
    assert target == pytest.approx([min(x, 8 - x) for x in mirrored], abs=1e-3)
    assert list(inside[1]) == [-1e-4 < x + shift < 4 + 1e-4 for x in range(5)]
    assert not folded[..., 1].any()


def test_points_behind_the_camera_are_far_away() -> None:
    flow = homography_flow(camera(rotate_3d_y="30").between(0, 3), SIZE)
    assert np.isfinite(flow).all()
    assert np.abs(flow).max() > 1e6


@pytest.mark.parametrize("moves", [{"zoom": "10"}, {"zoom": "0.1"}, {"translate_z": "90"}])
def test_hundreds_of_large_moves_lead_somewhere(moves: dict[str, str]) -> None:
    found = Camera(Moves(**moves).values(401, Fraction(12)), SIZE)
    assert np.isfinite(found.flow(0, 400)).all()
    assert np.isfinite(found.view(np.zeros((*SIZE, 3), np.uint8), 400, 300)[0]).all()


@pytest.mark.parametrize(
    ("moves", "words"),
    [
        ({"zoom": "0:(1), 5:(foo)"}, r"--zoom: schedule, column 11: unknown variable 'foo'"),
        ({"rotate_3d_x": ""}, "--rotate-3d-x: schedule, column 1"),
        ({"zoom": "1-t"}, "--zoom: 0 at frame 1"),
        ({"translate_z": "100"}, "--translate-z: 100 at frame 0"),
        ({"translate_z": "-1e300"}, r"--translate-z: -1e\+300 at frame 0 is outside -900 to 90"),
        ({"pan_x": "1e30"}, r"--pan-x: 1e\+30 at frame 0 is outside -16384 to 16384: pixels"),
        ({"pan_y": "0:(0), 2:(-1e5)"}, r"--pan-y: -50000 at frame 1 is outside"),
        ({"roll": "1e9"}, r"--roll: 1e\+09 at frame 0 is outside -360 to 360: degrees"),
        ({"rotate_3d_x": "91"}, "--rotate-3d-x: 91 at frame 0 is outside -90 to 90"),
        ({"rotate_3d_y": "-91"}, "--rotate-3d-y: -91 at frame 0 is outside -90 to 90"),
    ],
)
def test_wrong_moves_name_their_option(moves: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        camera(**moves)
