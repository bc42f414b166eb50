"""The outline of a subject is sought again before the scene that is behind it."""

import cv2
import numpy as np
import pytest

from framesmooth.generation.subject_layers import hole_of, layers_of
from framesmooth.generation.subject_outline import refined_outline
from tests.scenes import texture

SIZE = 128


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    picture = np.asarray(texture(SIZE, SIZE, seed=2) * 12 + 90, np.uint8)
    picture[:64, :, 2] += 90  # a blue sky
    picture[64:, :, 1] += 60  # above green ground
    return picture


@pytest.fixture(scope="module")
def table() -> np.ndarray:
    """A top on two legs, across the horizon."""
    mask = np.zeros((SIZE, SIZE), np.uint8)
    mask[40:56, 36:92] = 1
    mask[56:100, 40:50] = mask[56:100, 78:88] = 1
    return mask > 0


def with_subject(scene: np.ndarray, mask: np.ndarray, color: tuple[int, int, int]) -> np.ndarray:
    return np.where(mask[..., None], np.array(color, np.uint8), scene)


def coarse(mask: np.ndarray) -> np.ndarray:
    """The outline with what is between the legs, and a rim of the scene."""
    closed = cv2.morphologyEx(np.pad(mask, 40).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((41, 41), np.uint8))
    grown = cv2.dilate(closed[40:-40, 40:-40], np.ones((7, 7), np.uint8))
    return np.asarray(cv2.GaussianBlur(grown.astype(np.float32), (0, 0), 1), np.float32)


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


def test_the_scene_between_its_legs_is_no_part_of_a_subject(scene: np.ndarray, table: np.ndarray) -> None:
    image, first = with_subject(scene, table, (190, 60, 40)), coarse(table)
    assert overlap(first > 0.5, table) < 0.6
    found = layers_of(image, first, scene)
    assert overlap(found.alpha > 0.5, table) > 0.85
    assert not found.alpha[70:95, 55:73].any()
    assert np.array_equal(found.scene, layers_of(image, first, scene).scene)


def test_a_scene_that_was_drawn_a_little_elsewhere_is_known_again(
    scene: np.ndarray, table: np.ndarray
) -> None:
    image = with_subject(scene, table, (190, 60, 40))
    found = layers_of(image, coarse(table), np.roll(scene, 3, axis=0))
    assert overlap(found.alpha > 0.5, table) > 0.85


def test_a_part_that_is_unlike_all_around_it_stays(scene: np.ndarray, table: np.ndarray) -> None:
    """Its own colours are in the picture elsewhere, and GrabCut's model of the background has them."""
    elsewhere = scene.copy()
    elsewhere[104:] = (120, 110, 60)
    image = with_subject(elsewhere, table, (190, 60, 40))
    image[70:100, 40:50] = image[70:100, 78:88] = (122, 110, 62)
    found = layers_of(image, coarse(table), elsewhere)
    assert (found.alpha > 0.5)[72:98, 42:48].mean() > 0.9


def test_a_subject_that_looks_as_its_scene_keeps_its_first_outline(
    scene: np.ndarray, table: np.ndarray
) -> None:
    first = coarse(table)
    assert np.array_equal(refined_outline(scene, first, scene, hole_of(first) > 0), first)
    none = np.zeros_like(first)
    assert np.array_equal(refined_outline(scene, none, scene, none > 0), none)


def test_a_large_picture_has_the_outline_of_a_small_one(scene: np.ndarray, table: np.ndarray) -> None:
    def large(image: np.ndarray) -> np.ndarray:
        return np.asarray(cv2.resize(image, None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST))

    image, first = with_subject(scene, table, (190, 60, 40)), coarse(table)
    found = layers_of(large(image), large(first), large(scene)).alpha
    assert found.shape == (4 * SIZE, 4 * SIZE)
    assert overlap(found > 0.5, large(table.astype(np.uint8)) > 0) > 0.85
