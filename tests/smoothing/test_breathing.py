"""Light that swells and fades goes; lamps, lightning, strobes and fades stay."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from smoothing_bench.forum_kinds import FORUM_KINDS

from framesmooth.frames import Frame
from framesmooth.smoothing.base import create_smoother
from framesmooth.smoothing.exposure import BREATHING, low_pass
from tests.scenes import moving_scene

COUNT = 40
TIME = np.arange(COUNT)
Path = NDArray[np.float64]


@pytest.fixture(scope="module")
def clean() -> list[Frame]:
    return moving_scene(frames=COUNT, size=(48, 72), pan=(0.4, 0.2), seed=3).frames


def levels(frames: Sequence[Frame]) -> Path:
    return np.array([np.log(frame[8:-8, 8:-8].mean()) for frame in frames])


def test_breathing_goes_and_nothing_else(clean: list[Frame]) -> None:
    breathing = FORUM_KINDS["breathing"][0](clean, np.random.default_rng(2))
    evened = list(create_smoother("breathing", 0.6)(breathing))
    before, after = (np.diff(levels(clip) - levels(clean)) for clip in (breathing, evened))
    assert np.sqrt(np.mean(after**2)) < 0.15 * np.sqrt(np.mean(before**2))


@pytest.mark.parametrize(
    "light",
    [-0.5 * (TIME < 20), 0.5 * np.isin(TIME, (20, 21)) - 0.5, -0.4 * (TIME % 7 == 3), -0.02 * TIME],
    ids=["lamp", "lightning", "strobe", "fade"],
)
def test_real_light_comes_back(light: Path, clean: list[Frame]) -> None:
    real = [np.asarray(f * np.exp(a), np.uint8) for f, a in zip(clean, light, strict=True)]
    for before, after in zip(real, create_smoother("breathing", 0.6)(real), strict=True):
        error = float(np.mean(np.square(before.astype(float) - after)))
        assert 10 * np.log10(255**2 / max(error, 1e-9)) >= 45


def _evened(path: Path) -> Path:
    radius = BREATHING.radius
    windows = [(max(t - radius, 0), t + radius + 1) for t in range(len(path))]
    return np.array([low_pass(path[a:b], t - a, BREATHING)[0] for t, (a, b) in enumerate(windows)])


@pytest.mark.parametrize("real", [lambda t: 0 * t, lambda t: 0.5 * (t >= 24), lambda t: 0.03 * t])
@pytest.mark.parametrize("period", [10, 16])
def test_the_path_keeps_steps_and_ramps_under_breathing(real: Callable[[Path], Path], period: int) -> None:
    time = np.arange(48.0)
    light, swell = real(time), 0.08 * np.sin(2 * np.pi * (time / period + 0.1))
    left = np.diff(_evened((light + swell)[:, None] * np.ones(3)) - light)
    assert np.sqrt(np.mean(left**2)) < 0.25 * np.sqrt(np.mean(np.diff(swell) ** 2))


@pytest.mark.parametrize(("size", "least", "most"), [(0.003, 0.8, 1.1), (0.03, 0.0, 0.1)])
def test_quick_changes_stay_where_they_are_faint(size: float, least: float, most: float) -> None:
    time = np.arange(64.0)
    swell, quick = 0.08 * np.sin(2 * np.pi * time / 16), size * np.random.default_rng(4).standard_normal(64)
    left = _evened((swell + quick)[:, None] * np.ones(3))
    share = np.diff(left) @ np.diff(quick) / (np.diff(quick) @ np.diff(quick))
    assert least <= share <= most
