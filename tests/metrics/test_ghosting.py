"""Ghosting told from motion, light, noise and flicker: known dissolves, and clips without any."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import spearmanr

from framesmooth.metrics.base import Series
from framesmooth.metrics.ghosting import GhostingMeter, small_luma
from framesmooth.metrics.measure import measure
from framesmooth.motion.bidirectional import BidirectionalFlow
from tests.scenes import Frame, add_flicker, moving_scene

SIZE = (80, 112)
FRAMES = 7


def ghosting(frames: list[Frame]) -> Series:
    return measure(frames, metrics=["ghosting"])["ghosting"]


def pan(seed: int, speed: float = 0.0, **motion: Any) -> list[NDArray[np.float32]]:
    clip = moving_scene(frames=FRAMES, size=SIZE, pan=(speed, speed / 3), seed=seed, **motion)
    return [frame.astype(np.float32) for frame in clip.frames]


def faded(speed: float, end: float) -> list[Frame]:
    """A moving picture into which another one, moving alike, is faded up to a mix of ``end``."""
    mixes = np.linspace(0, end, FRAMES)
    pairs = zip(pan(1, speed), pan(7, speed), mixes, strict=True)
    return [np.asarray(np.rint(a + mix * (b - a)), np.uint8) for a, b, mix in pairs]


def test_a_dissolve_is_nearly_all_of_the_change() -> None:
    assert (ghosting(faded(0, 1)).mean or 0) > 50


def test_the_more_of_the_change_dissolves_the_higher_it_is() -> None:
    """Over one motion, and over motions that are ever slower than the same dissolve."""
    over_one = [ghosting(faded(0.8, end)).mean or 0 for end in (0, 0.4, 0.7, 1)]
    assert over_one == sorted(over_one)
    over_slower = [ghosting(faded(speed, 1)).mean or 0 for speed in (3, 1, 0.3, 0)]
    assert spearmanr(over_slower, range(4)).statistic > 0.9


MOTIONS: dict[str, Callable[[], list[NDArray[np.float32]]]] = {
    "still": lambda: pan(1),
    "pan": lambda: pan(1, 2.0),
    "zoom": lambda: pan(1, 0.2, zoom=1.015),
    "turn and occlusion": lambda: pan(1, 0.5, rotation=0.5, occluder=True),
    "fading light": lambda: [frame * (1 - 0.06 * t) for t, frame in enumerate(pan(1, 0.5))],
    "noise": lambda: [
        frame + np.random.default_rng(t).normal(0, 4, frame.shape).astype(np.float32)
        for t, frame in enumerate(pan(1, 0.5))
    ],
    "morph": lambda: [morphed(pan(1)[0], t) for t in range(FRAMES)],
}


def morphed(picture: NDArray[np.float32], t: int) -> NDArray[np.float32]:
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)
    there = x + t * np.sin(y / 18) * np.sin(x / 25), y + t * np.cos(x / 20) * np.sin(y / 30)
    return np.asarray(cv2.remap(picture, *there, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT), np.float32)


@pytest.mark.parametrize("name", MOTIONS)
def test_motion_light_and_noise_are_none(name: str) -> None:
    clip = [np.asarray(np.clip(np.rint(frame), 0, 255), np.uint8) for frame in MOTIONS[name]()]
    assert (ghosting(clip).mean or 0) < 5


def test_flicker_is_none() -> None:
    clean = moving_scene(frames=FRAMES, size=SIZE).frames
    assert (ghosting(add_flicker(clean, seed=3)).mean or 0) < 5


def test_it_is_a_share_and_needs_three_frames() -> None:
    assert ghosting(faded(0, 1)[:2]).mean is None
    per_frame = ghosting(faded(0.3, 1)).per_frame
    assert per_frame[0] is None
    assert per_frame[-1] is None
    assert all(value is not None and 0 <= value <= 100 for value in per_frame[1:-1])


def test_the_map_is_where_it_fades() -> None:
    """A square that fades in on the left of a still picture."""
    base, other, meter = pan(1)[0], pan(7)[0], GhostingMeter()
    nothing = BidirectionalFlow(*(np.zeros((*SIZE, 2), np.float32) for _ in range(2)))
    found = []
    for t in range(4):
        frame = base.copy()
        frame[20:60, 10:50] += t / 4 * (other - base)[20:60, 10:50]
        found.append(meter.update(np.asarray(np.rint(frame), np.uint8), None if t == 0 else nothing))
    assert found[:2] == [None, None]
    assert found[2] is not None
    ghost = found[2].ghost
    assert ghost[20:60, 10:50].sum() > 0.65 * ghost.sum()  # the window spreads it by 6 pixels
    assert ghost.shape == small_luma(np.zeros((*SIZE, 3), np.uint8)).shape
