"""Rows that lamps make lighter and darker are evened out; real light and clean clips stay."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from framesmooth.frames import Frame
from framesmooth.metrics.measure import flicker_residual_removed, measure
from framesmooth.motion.flow.dis import DIS_ROBUST
from framesmooth.smoothing.banding import RowEvenFlow
from framesmooth.smoothing.base import create_smoother
from tests.scenes import moving_scene, texture

SIZE = 96, 144


def lit(frames: Sequence[Frame], gains: Sequence[float | np.ndarray]) -> list[Frame]:
    return [
        np.asarray((frame * gain).clip(0, 255).round(), np.uint8)
        for frame, gain in zip(frames, gains, strict=True)
    ]


def rolling(count: int, *, phases: Sequence[float] = (0, 0, 0), pace: float = 0.37) -> list[np.ndarray]:
    """Return gains (rows, 1, 3) of bands, 2.3 in the height, that roll by ``pace`` periods a frame."""
    rows = np.arange(SIZE[0])[:, None, None] / SIZE[0]
    return [
        np.exp(0.07 * np.sin(2 * np.pi * (2.3 * rows + 0.2 + pace * t + np.array(phases))))
        for t in range(count)
    ]


def psnr(first: Sequence[Frame], second: Sequence[Frame]) -> float:
    error = [np.mean(np.square(a.astype(float) - b)) for a, b in zip(first, second, strict=True)]
    return float(10 * np.log10(255**2 / max(np.max(error), 1e-9)))


@pytest.mark.parametrize(
    ("pan", "phases", "pace", "least"),
    [((0.0, 0.0), (0, 0, 0), 0.37, 0.9), ((1.2, 0.6), (0, 0.05, 0.1), 0.2, 0.86)],
    ids=["still", "panned, in colours"],
)
def test_rolling_bands_go_and_detail_stays(
    pan: tuple[float, float], phases: Sequence[float], pace: float, least: float
) -> None:
    clean = moving_scene(frames=14, size=SIZE, pan=pan, seed=3).frames
    banded = lit(clean, rolling(14, phases=phases, pace=pace))
    evened = list(create_smoother("banding", 0.6)(banded))
    before, after = (measure(clip, reference=clean) for clip in (banded, evened))
    assert (flicker_residual_removed(before, after) or 0) > least
    assert (after["detail_retention"].mean or 0) >= 0.98


@pytest.mark.parametrize(
    "camera",
    [{"pan": (2.0, 1.0), "occluder": True}, {"pan": (1.7, 0.75)}, {"zoom": 1.01, "rotation": 0.6}],
    ids=["occluder", "pan", "zoom and turn"],
)
def test_texture_under_a_moving_camera_is_no_light(camera: dict[str, Any]) -> None:
    clean = moving_scene(frames=8, size=SIZE, seed=5, **camera).frames
    assert psnr(clean, list(create_smoother("banding", 1.0)(clean))) >= 55


def test_a_lamp_that_is_switched_on_and_a_fade_come_back() -> None:
    clean = moving_scene(frames=16, size=SIZE, pan=(0.8, 0.3), seed=7).frames
    lamp = lit(clean, [0.6 if t < 8 else 1.0 for t in range(16)])
    fade = lit(clean, [1 - 0.04 * t for t in range(16)])
    for real in (lamp, fade):
        assert psnr(real, list(create_smoother("banding", 0.6)(real))) >= 45


def test_bands_that_roll_over_a_still_picture_are_no_motion() -> None:
    """Where there is little else to see, the plain flow follows the bands."""
    still = np.asarray(120 + 6 * texture(*SIZE, 2), np.float32)
    first, second = (
        np.asarray((still * gain).round(), np.uint8) for gain in (rolling(2, pace=0.25)[at] for at in (0, 1))
    )
    plain, even = (np.abs(flow(first, second)).mean() for flow in (DIS_ROBUST, RowEvenFlow(DIS_ROBUST)))
    assert even < 1
    assert even < plain / 5
