"""Specks that one frame shows are filled from its neighbours; what moves, recurs or is large stays."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from smoothing_bench.forum_kinds import FORUM_KINDS

import framesmooth as fs
from framesmooth.frames import Frame
from framesmooth.smoothing.base import create_smoother
from framesmooth.smoothing.specks import filled, find_specks, find_things, without_moving_things
from tests.scenes import add_flicker, moving_scene, texture

SIZE = 120, 176


@pytest.fixture(scope="module")
def clean() -> list[Frame]:
    return moving_scene(frames=8, size=(180, 264), pan=(2.5, 1.0), occluder=True, seed=4).frames


def gaps(first: Frame, second: Frame) -> NDArray[np.int64]:
    return np.asarray(np.abs(first.astype(int) - second).max(axis=-1))


def share_gone(clean: Sequence[Frame], dirty: Sequence[Frame], cleaned: Sequence[Frame]) -> float:
    """Return the share of the specks of which no more than a third is left."""
    gone = list[bool]()
    for wanted, before, after in zip(clean, dirty, cleaned, strict=True):
        there, left = gaps(before, wanted), gaps(after, wanted)
        count, labels = cv2.connectedComponents(cv2.dilate((there > 8).astype(np.uint8), np.ones((3, 3))))
        specks = (labels == label for label in range(1, count))
        gone += [left[at].mean() < there[at].mean() / 3 for at in specks if there[at].max() > 40]
    return float(np.mean(gone))


@pytest.mark.parametrize("flicker", ["", "GL"])
def test_specks_go_and_the_rest_stays(flicker: str, clean: list[Frame]) -> None:
    lit = add_flicker(clean, flicker, seed=2) if flicker else clean
    dirty = FORUM_KINDS["dust"][0](lit, np.random.default_rng(1))
    cleaned = list(create_smoother("dust", 0.6)(dirty))
    assert share_gone(lit, dirty, cleaned) >= 0.8
    others = [gaps(before, wanted) == 0 for before, wanted in zip(dirty, lit, strict=True)]
    changed = [gaps(a, b)[at] > 4 for a, b, at in zip(cleaned, dirty, others, strict=True)]
    assert np.concatenate(changed).mean() < 0.01


def test_a_clip_without_dust_stays(clean: list[Frame]) -> None:
    for before, after in zip(clean, create_smoother("dust", 0.6)(clean), strict=True):
        assert (gaps(before, after) > 4).mean() < 5e-4


@pytest.mark.parametrize("step", [(13.0, 4.0), (-9.0, 7.0), (4.0, 0.0)])
def test_a_small_thing_that_flies_is_not_eaten_and_one_that_blinks_is(step: tuple[float, float]) -> None:
    scene = moving_scene(frames=9, size=SIZE, pan=(0.7, 0.2), seed=6).frames
    starts = (30 if step[0] > 0 else 140, 30)
    for index, frame in enumerate(scene):
        place = (round(starts[0] + step[0] * index), round(starts[1] + step[1] * index))
        cv2.circle(frame, place, 3, (250, 250, 250), -1, cv2.LINE_AA)
    blinking = [frame.copy() for frame in scene]
    cv2.circle(blinking[4], (90, 100), 3, (250, 250, 250), -1, cv2.LINE_AA)
    for index, (wanted, after) in enumerate(zip(scene, create_smoother("dust", 0.6)(blinking), strict=True)):
        assert gaps(wanted, after).max() < 25, index


def test_what_stays_at_its_place_and_what_is_large_stays() -> None:
    scene = moving_scene(frames=7, size=SIZE, pan=(2.0, 0.0), seed=8).frames
    for frame in scene:
        frame[:, 60] = 255  # a scratch that runs through the film
    scene[3][40:75, 100:135] = 20
    for before, after in zip(scene, create_smoother("dust", 1.0)(scene), strict=True):
        np.testing.assert_array_equal(before[:, 58:63], after[:, 58:63])
        np.testing.assert_array_equal(before[44:71, 104:131], after[44:71, 104:131])


def test_a_speck_is_measured_and_what_is_behind_it_comes_back() -> None:
    behind = np.asarray(texture(*SIZE, 3) * 255, np.float32)
    plain = behind.round().astype(np.uint8)
    frame = plain.copy()
    frame[50:55, 80:86] = (behind[50:55, 80:86] / 4).astype(np.uint8)
    (speck,) = find_specks(frame, [behind, behind], threshold=16)
    np.testing.assert_allclose(speck.centre, (82.5, 52), atol=0.5)
    assert 24 <= speck.area <= 30
    np.testing.assert_allclose(speck.colour, frame[50:55, 80:86].mean((0, 1)), atol=6)
    assert gaps(filled(frame, [speck]), plain).max() <= 8
    assert find_specks(frame, [behind], threshold=16) == []
    assert find_specks(plain, [behind, behind], threshold=16) == []
    assert find_specks(frame, [frame.astype(np.float32), behind], threshold=16) == []


def test_three_frames_at_an_even_pace_are_a_thing_that_moves() -> None:
    behind = np.full((*SIZE, 3), 90, np.float32)

    def showing(*places: tuple[int, int]) -> Frame:
        frame = behind.astype(np.uint8)
        for x, y in places:
            frame[y : y + 4, x : x + 4] = 230
        return frame

    plain, diagonal = behind.astype(np.uint8), float(np.hypot(*SIZE))
    flying = {-2: (20, 20), -1: (32, 26), 0: (44, 32), 1: (56, 38), 2: (68, 44)}
    specks = find_specks(showing(flying[0], (100, 90)), [behind, behind], threshold=16)
    things = {
        k: find_things(plain, showing(place).astype(np.float32), threshold=16) for k, place in flying.items()
    }
    for run in ((-2, -1), (-1, 1), (1, 2)):
        (dust,) = without_moving_things(specks, {k: things[k] for k in run}, diagonal)
        np.testing.assert_allclose(dust.centre, (101.5, 91.5), atol=0.1)
    apart = {-1: things[-1], 1: things[2]}
    assert len(without_moving_things(specks, apart, diagonal)) == 2


def test_no_figure_of_flicker_keeps_the_specks(clean: list[Frame]) -> None:
    dirty = [frame[:72, :104].copy() for frame in clean[:5]]
    dirty[2][30:34, 40:44] = 255
    made = fs.smooth(dirty, smoother="dust")
    assert made.left is None
    assert gaps(list(made.frames)[2], clean[2][:72, :104])[30:34, 40:44].max() < 40


@pytest.mark.parametrize("name", ["dust", "banding", "breathing"])
def test_sixteen_bits_come_back_as_sixteen(name: str, clean: list[Frame]) -> None:
    kind = {"banding": "rolling bands"}.get(name, name)
    spoiled = FORUM_KINDS[kind][0]([frame[:72, :104].copy() for frame in clean[:5]], np.random.default_rng(3))
    deep = [np.asarray(frame.astype(np.uint16) * 257, np.uint16) for frame in spoiled]
    smoother = create_smoother(name, 0.6)
    for shallow, found in zip(smoother(spoiled), smoother(deep), strict=True):
        assert found.dtype == np.uint16
        assert np.abs(found / 257 - shallow).max() < 1.6
