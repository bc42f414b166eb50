"""The sails of painted windmills are found and turned; the mill stays, and so does all around it."""

import cv2
import numpy as np
import pytest
from storybook.painter import paint, subject_mask
from storybook.world import Scene

from framesmooth.generation.subject_layers import Layers
from framesmooth.generation.windmill import find_sails, solid, taken_apart

SIZE = 160


def scene(seed: int, subject: str = "windmill") -> Scene:
    style = ("flat", "oil", "watercolor")[seed % 3]
    return Scene("hills", "noon", subject, None, style, frozenset(), seed)


def layers(seed: int) -> Layers:
    outline = subject_mask(scene(seed), SIZE, SIZE).astype(np.uint8)
    around = cv2.morphologyEx(outline, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)).astype(np.float32)
    return Layers(paint(scene(seed), SIZE, SIZE), around, paint(scene(seed, "none"), SIZE, SIZE))


@pytest.mark.parametrize("seed", range(6))
def test_the_hub_of_a_painted_windmill_is_found(seed: int) -> None:
    outline = subject_mask(scene(seed), SIZE, SIZE)
    found = find_sails(outline)
    assert found is not None
    top, foot = np.flatnonzero(outline.any(axis=1))[[0, -1]]
    left, right = np.flatnonzero(outline.any(axis=0))[[0, -1]]
    assert 0.2 < (found.hub[1] - top) / (foot - top) < 0.65
    assert found.hub[0] == pytest.approx((left + right) / 2, abs=0.12 * (right - left))
    assert found.sure > 0.7


@pytest.mark.parametrize("subject", ["house", "sailboat", "tree", "cat", "castle"])
def test_other_things_have_no_sails(subject: str) -> None:
    assert find_sails(subject_mask(scene(1, subject), SIZE, SIZE)) is None


def test_sails_turn_and_come_round_after_a_quarter() -> None:
    whole = layers(0)
    found = find_sails(solid(whole))
    assert found is not None
    mill = taken_apart(whole, found)
    assert mill.rotor is not None
    first, eighth, quarter = (mill.rotor.turned(mill, turn).subject.astype(int) for turn in (0, 45, 90))
    assert np.abs(first - quarter).mean() < 1
    far = np.hypot(*np.meshgrid(np.arange(SIZE) - found.hub[0], np.arange(SIZE) - found.hub[1]))
    inside = far < found.length
    assert np.abs(first - eighth)[inside].mean() > 8
    assert np.abs(first - whole.subject)[inside].mean() < 0.6 * np.abs(eighth - whole.subject)[inside].mean()
    assert np.abs(first - whole.subject)[far > 1.4 * found.length].mean() < 1
