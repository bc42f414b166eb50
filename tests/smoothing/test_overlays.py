"""Logos and subtitles stay to the last bit while what is around them is smoothed; nothing else is one."""

from collections.abc import Sequence

import numpy as np
import pytest
from smoothing_bench.forum_kinds import breathing, global_gain, overlaid

from framesmooth.frames import Frame
from framesmooth.smoothing.base import create_smoother
from framesmooth.smoothing.overlays import SHORTEST, find_overlays
from tests.scenes import moving_scene

SIZE, COUNT = (120, 176), 16


@pytest.fixture(scope="module")
def clean() -> list[Frame]:
    return moving_scene(frames=COUNT, size=SIZE, pan=(1.2, 0.5), seed=4).frames


@pytest.fixture(scope="module")
def titled(clean: list[Frame]) -> list[Frame]:
    return overlaid(clean, np.random.default_rng(1))


def drawn_on(frames: Sequence[Frame]) -> list[np.ndarray]:
    """Return where a logo and subtitles are, known because they are drawn on black as well."""
    black = [np.zeros_like(frame) for frame in frames]
    return [frame.max(axis=-1) > 0 for frame in overlaid(black, np.random.default_rng(1))]


def masks(frames: Sequence[Frame]) -> list[np.ndarray]:
    none = np.zeros(frames[0].shape[:2], np.bool_)
    return [none if mask is None else mask for _, mask in find_overlays(frames, lambda frame: frame)]


def test_logos_and_subtitles_are_found_and_little_else(titled: list[Frame]) -> None:
    wanted, found = np.array(drawn_on(titled)), np.array(masks(titled))
    assert (found & wanted).sum() > 0.99 * wanted.sum()
    assert (found & ~wanted).sum() < 0.05 * wanted.sum()


@pytest.mark.parametrize("name", ["trajectory", "ema"])
def test_they_stay_to_the_last_bit_and_the_rest_is_smoothed(name: str, titled: list[Frame]) -> None:
    smoothed = list(create_smoother(name, 0.6)(titled))
    assert np.abs(np.subtract(titled, smoothed, dtype=np.float32)).mean() > 0.5
    for before, after, mask in zip(titled, smoothed, drawn_on(titled), strict=True):
        assert (before[mask] == after[mask]).all(axis=-1).mean() > 0.99


def test_nothing_is_an_overlay_in_a_clip_without(clean: list[Frame]) -> None:
    rng = np.random.default_rng(3)
    still = [clean[0]] * COUNT
    noisy = [np.asarray((f + rng.normal(0, 1.5, f.shape)).clip(0, 255).round(), np.uint8) for f in still]
    for frames in (clean, still, noisy, global_gain(still, rng), breathing(still, rng)):
        assert np.mean(masks(frames)) < 0.001


def test_what_stands_still_for_a_short_time_is_none(titled: list[Frame]) -> None:
    assert not np.any(masks(titled[: SHORTEST - 1]))
    assert np.any(masks(titled[-SHORTEST - 2 : -2]))
