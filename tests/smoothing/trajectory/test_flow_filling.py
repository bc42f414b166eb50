"""Flat places move as their surroundings do; what was hidden, or moves by itself, doesn't."""

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.smoothing.trajectory.flow_filling import filled
from framesmooth.smoothing.trajectory.pyramid import HALF, QUARTER, GridMotions, grid_motions
from framesmooth.smoothing.trajectory.smoother import TrajectorySmoother
from tests.scenes import add_flicker, texture

SIZE = (96, 160)
FLAT = np.s_[32:64, 56:104]
PAN = np.array([4.0, 2.0], np.float32)


def panned(thing: NDArray[np.uint8] | None = None, at: tuple[int, int] = (0, 0)) -> tuple[Frame, Frame]:
    """Two frames of a plane that moves by PAN, flat in its middle, and of a thing that moves by ``at``."""
    plane = (texture(*SIZE, seed=3) * 255).astype(np.uint8)
    plane[FLAT] = 120
    matrix = np.array([[1, 0, PAN[0]], [0, 1, PAN[1]]], np.float32)
    moved = np.asarray(cv2.warpAffine(plane, matrix, SIZE[::-1], borderMode=cv2.BORDER_REFLECT), np.uint8)
    if thing is not None:
        height, width = thing.shape[:2]
        for frame, (top, left) in ((plane, (40, 70)), (moved, (40 + at[1], 70 + at[0]))):
            frame[top : top + height, left : left + width] = thing
    return plane, moved


def lost(place: Any) -> GridMotions:
    """The motion of PAN, but noise where it leads from or to ``place``: there and back disagree."""
    forward = np.broadcast_to(PAN, (*SIZE, 2)).copy()
    backward = -forward
    rng = np.random.default_rng(0)
    for flow in (forward, backward):
        flow[place] = rng.normal(0, 40, flow[place].shape)
    return grid_motions(BidirectionalFlow(forward, backward))


def test_a_flat_place_moves_as_what_is_around_it() -> None:
    motions = lost(FLAT)
    found = filled(motions, *add_flicker(panned(), "T"))
    inner = np.s_[19:29, 32:46]  # on the half grid
    assert motions[HALF].masks[0][inner].mean() < 0.2
    for level, scale in ((found[HALF], 2), (found[QUARTER], 4)):
        place = np.s_[36 // scale : 60 // scale, 60 // scale : 100 // scale]
        for flow, motion in ((level.forward, PAN), (level.backward, -PAN)):
            np.testing.assert_allclose(
                flow[place] * scale, np.broadcast_to(motion, flow[place].shape), atol=0.3
            )
    assert found[HALF].masks[0][inner].all()


def test_what_was_followed_keeps_its_motion_to_the_bit() -> None:
    motions = lost(FLAT)
    found = filled(motions, *panned())
    trusted = motions[HALF].masks[0]
    np.testing.assert_array_equal(found[HALF].forward[trusted], motions[HALF].forward[trusted])
    whole = lost(np.s_[:0])
    again = filled(whole, *panned())
    np.testing.assert_array_equal(again[HALF].forward, whole[HALF].forward)


def test_a_thing_that_moves_by_itself_is_not_taken_along() -> None:
    thing = (texture(24, 30, seed=8) * 255).astype(np.uint8)
    place = np.s_[36:68, 66:104]
    motions = lost(place)
    found = filled(motions, *panned(thing, at=(-9, 5)))
    inner = np.s_[22:30, 38:48]
    np.testing.assert_array_equal(found[HALF].forward[inner], motions[HALF].forward[inner])
    assert found[HALF].masks[0][inner].mean() < 0.2


def test_where_nothing_is_followed_nothing_is_filled() -> None:
    motions = lost(np.s_[:])
    found = filled(motions, *panned())
    np.testing.assert_array_equal(found[HALF].forward, motions[HALF].forward)


@pytest.mark.parametrize("kinds", ["T", "GT"])
def test_a_flat_wall_loses_its_flicker_like_the_rest(kinds: str) -> None:
    wall = np.broadcast_to(np.linspace(90, 120, SIZE[1])[None, :, None], (*SIZE, 3)).astype(np.uint8)
    frame = np.concatenate([wall, (texture(40, SIZE[1], seed=5) * 255).astype(np.uint8)])
    clean = [frame] * 11
    spoiled = add_flicker(clean, kinds, seed=2, strength=2)
    smoothed = list(TrajectorySmoother(strength=1.0)(spoiled))

    def roughness(frames: list[Frame]) -> float:
        fine = np.diff(
            [cv2.GaussianBlur(each[16:80].astype(np.float32), (0, 0), 1) for each in frames], axis=0
        )
        return float(np.sqrt(np.square(fine - fine.mean(axis=(1, 2), keepdims=True)).mean()))

    assert roughness(smoothed) < 0.3 * roughness(spoiled)
