"""What moves by itself is found in a picture, or named where it isn't."""

import numpy as np
import pytest

from framesmooth.generation.fire_and_smoke import Gone
from framesmooth.generation.subject_layers import Layers
from framesmooth.generation.surroundings import surroundings
from framesmooth.generation.word_maps import Map
from framesmooth.timeline.ambient_words import told_ambient
from tests.generation.test_sky_motion import picture

TOLD = told_ambient("a tower, clouds drifting, smoke rising, flames flickering")


def nowhere(_word: str) -> Map:
    return np.zeros((8, 8), np.float32)


def test_what_is_there_moves_and_what_is_not_is_told() -> None:
    image = picture()
    tower = np.zeros(image.shape[:2], np.float32)
    tower[50:141, 20:35] = 1
    layers = Layers(image, tower, image)
    gone = Gone(lambda _seconds: (0.0, 0.0))
    found = surroundings(TOLD, layers, nowhere, gone, speed=1.0, period=None)
    assert found.missing == ("no motion of flames: no flame was found in the picture; try another --seed",)
    moved = found.moved(layers, 1.0)
    assert np.array_equal(moved.subject, image)
    assert np.abs(moved.scene.astype(int) - image).mean() > 0.2
    assert np.array_equal(moved.scene[110:], image[110:])
    smoke_only = np.abs(found.over(image, 1.0).astype(int) - image).max(axis=2)
    assert smoke_only[:50].max() > 5
    assert smoke_only[70:].max() == 0
    assert found.region is not None
    assert found.region[:40].mean() > 0.5


@pytest.mark.parametrize("kind", ["smoke", "fire"])
def test_a_picture_without_anything_stays(kind: str) -> None:
    blank = np.full((64, 64, 3), 90, np.uint8)
    layers = Layers(blank, np.zeros((64, 64), np.float32), blank)
    told = [one for one in TOLD if one.kind == kind]
    found = surroundings(told, layers, nowhere, Gone(lambda _: (0.0, 0.0)), speed=1.0, period=None)
    assert len(found.missing) == 1
    assert found.region is None
    assert found.moved(layers, 1.0).scene is blank
