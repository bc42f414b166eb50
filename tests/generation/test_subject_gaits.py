"""Limbs bend where they are, and the rest stays."""

from math import pi

import numpy as np
import pytest

from framesmooth.generation.subject_gaits import GAITS, LIMBS, Bend
from framesmooth.timeline.motion_words import GAITS as NAMED
from framesmooth.timeline.motion_words import read_motion

SIZE, BOX = (100, 200), (50, 20, 150, 80)
"""(height, width) of the picture, and (left, top, right, bottom) of the subject."""


def bent(limbs: str, phase: float, *, facing_left: bool = False) -> np.ndarray:
    """How far each pixel is moved, (H, W, 2)."""
    return -Bend(limbs, phase, facing_left).flow(SIZE, BOX)


def test_every_gait_that_words_have_is_there_and_bends_what_there_is() -> None:
    assert set(GAITS) == set(NAMED)
    assert {gait.limbs for gait in GAITS.values()} <= {"", *LIMBS}


@pytest.mark.parametrize("limbs", LIMBS)
def test_a_swing_is_periodic_bounded_and_in_proportion(limbs: str) -> None:
    one, again = bent(limbs, 0.8), bent(limbs, 0.8 + 2 * pi)
    assert np.allclose(one, again, atol=1e-4)
    assert 0 < np.abs(one).max() < 0.2 * 60


def test_wing_tips_rise_while_the_body_sinks_a_little() -> None:
    moved = bent("wings", pi / 2)[..., 1]  # downwards
    assert max(moved[50, 50], moved[50, 150]) < -3
    assert 0 < moved[50, 100] < 4
    assert np.allclose(moved[50, 50], moved[50, 150], atol=0.2)


@pytest.mark.parametrize("limbs", ["steps", "strides"])
def test_legs_swing_and_the_back_stays(limbs: str) -> None:
    moved = bent(limbs, 0.3)[..., 0]
    assert not moved[:50].any()
    feet = moved[80, 50:151]
    assert min(feet.max(), -feet.min()) > 1.5, "some go forward while others go back"


def test_a_tail_beats_at_the_rear() -> None:
    right = np.abs([bent("tail", phase)[50, :, 1] for phase in np.linspace(0, 2 * pi, 12)]).max(axis=0)
    left = np.abs([bent("tail", phase, facing_left=True)[50, :, 1] for phase in np.linspace(0, 2 * pi, 12)])
    assert right[52] > 5 > 0.5 > right[148], "facing right, its rear is on the left"
    assert np.allclose(left.max(axis=0)[50:151], right[50:151][::-1], atol=0.3)


@pytest.mark.parametrize(
    ("prompt", "gait"),
    [
        ("a white bird flying over the sea", "fly"),
        ("two seagulls soaring above a cliff", "fly"),
        ("a dragon flying to the left", "fly"),
        ("a red airplane flying over a city", "glide"),
        ("a kite fluttering in the sky", "fly"),
        ("a balloon hovering over a lake", "glide"),
    ],
)
def test_only_what_has_wings_beats_them(prompt: str, gait: str) -> None:
    motion = read_motion(prompt)
    assert motion is not None
    assert motion.gait == gait
