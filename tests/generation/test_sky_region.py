"""The sky of painted scenes is found above what stands before it, and what stands there stays still."""

import numpy as np
import pytest
from storybook.painter import paint, subject_mask
from storybook.world import Scene

from framesmooth.generation.sky_motion import Clouds
from framesmooth.generation.sky_region import sky_in, sky_of
from framesmooth.generation.subject_layers import Layers

SIZE = 160
GROUND = 0.68
"""Share of the height below which the painter paints no sky."""
SUBJECTS = ("castle", "house", "lighthouse", "tree", "mountain")
STYLES = ("flat", "oil", "watercolor")
CASES = [
    (subject, light, STYLES[(one + other) % 3], 10 * one + other)
    for one, light in enumerate(("noon", "sunset", "storm", "night"))
    for other, subject in enumerate(SUBJECTS)
]


def painted(subject: str, light: str, style: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a scene on hills, and the pixels of its subject."""
    scene = Scene("hills", light, subject, None, style, frozenset(), seed)
    return paint(scene, SIZE, SIZE), subject_mask(scene, SIZE, SIZE)


def change(image: np.ndarray, region: np.ndarray) -> np.ndarray:
    """Return by how many levels each pixel changes in a second of drift."""
    later = Clouds(region, -0.1)(image, 1.0)
    return np.asarray(np.abs(later.astype(float) - image).max(axis=2))


@pytest.mark.parametrize(("subject", "light", "style", "seed"), CASES)
def test_neither_subject_nor_ground_drifts_with_the_clouds(
    subject: str, light: str, style: str, seed: int
) -> None:
    image, mask = painted(subject, light, style, seed)
    layers = Layers(image, mask.astype(np.float32), image)
    moved = change(image, sky_of(layers, rests=True))
    assert moved[mask].mean() < 0.3
    assert moved[int(GROUND * SIZE) :].max() == 0


@pytest.mark.parametrize("light", ["noon", "sunset", "night"])
@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_whose_outline_nobody_knows_stays_too(subject: str, light: str) -> None:
    image, mask = painted(subject, light, "oil", 7)
    region = sky_in(image)
    moved = change(image, region)
    assert region.mean() > 0.06
    assert moved[mask].mean() < 1
    assert moved[int(GROUND * SIZE) :].max() == 0


def test_a_sky_that_looks_like_the_subject_is_none() -> None:
    image, mask = painted("castle", "noon", "flat", 0)
    grey = image.copy()
    grey[mask] = sky_colors(image)[mask]
    assert sky_in(image, mask.astype(np.float32)).any()
    assert not sky_in(grey, mask.astype(np.float32)).any()


def sky_colors(image: np.ndarray) -> np.ndarray:
    """Return a picture whose rows have the colour of the left border."""
    return np.asarray(image[:, 2:3].repeat(SIZE, axis=1))


def test_the_sky_fades_out_towards_its_edges() -> None:
    image, _ = painted("castle", "noon", "oil", 7)
    region = sky_in(image)
    steps = max(np.abs(np.diff(region, axis=axis)).max() for axis in (0, 1))
    assert region.max() > 0.95
    assert steps < 0.35
