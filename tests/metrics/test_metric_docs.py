"""The worked examples of docs/metrics.md, computed anew, and that it tells of every metric."""

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from framesmooth.metrics.measure import measure
from framesmooth.metrics.warping_error import WarpingError
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.warping import backward_warp
from framesmooth.registry import METRICS, load
from tests.scenes import Frame, Scene, add_flicker, moving_scene

PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")


def written(label: str) -> list[float]:
    """Return the numbers in the line of the page's tables that begins with ``label``."""
    match = re.search(rf"^\| {re.escape(label)} \|(.*)\|$", PAGE, re.MULTILINE)
    assert match, f"docs/metrics.md has no line {label!r}"
    return [float(cell) for cell in re.findall(r"-?[0-9.]+(?=[ ]*(?:\||$))", match[1])]


def found(frames: Sequence[Frame], *names: str, reference: Sequence[Frame] | None = None) -> list[float]:
    report = measure(frames, metrics=names, reference=reference)
    return [report[name].mean or 0.0 for name in names]


@pytest.fixture(scope="module")
def pan() -> Scene:
    return moving_scene(frames=12)


def alternating() -> list[Frame]:
    """A still picture, 4 levels brighter and darker in turns."""
    picture = moving_scene(frames=1).frames[0].astype(int) // 2 + 60
    return [np.asarray(picture + (4 if t % 2 else -4), np.uint8) for t in range(12)]


def lai_2018(frames: Sequence[Frame], forward: NDArray[np.float32], backward: NDArray[np.float32]) -> float:
    """The published code's error of one pair: frame edges replicated, one-sided motion boundaries."""
    returned = backward_warp(backward, forward)
    size = [np.square(flow).sum(axis=-1) for flow in (forward, returned)]
    lost = np.square(forward + returned).sum(axis=-1) > 0.01 * (size[0] + size[1]) + 0.5
    steps = [np.square(np.diff(forward, axis=axis)).sum(axis=-1) for axis in (0, 1)]
    steep = np.pad(steps[0], ((0, 1), (0, 0))) + np.pad(steps[1], ((0, 0), (0, 1)))
    kept = ~(lost | (steep > 0.01 * size[0] + 0.002))
    gap = frames[0] / 255 - backward_warp(frames[1] / 255, forward)
    return float(np.square(gap)[kept].mean())


def test_the_page_tells_of_every_metric() -> None:
    for name in METRICS:
        assert f"`{name}`" in PAGE
        assert load("metric", name).unit in PAGE


def test_one_pair_that_becomes_brighter() -> None:
    frames = [np.full((48, 48, 3), level, np.uint8) for level in (100, 108)]
    difference = (8 / 255) ** 2
    expected = [3000 * difference, 1000 * difference, *found(frames, "warping_error")]
    assert written("grey, 100 to 108 levels") == pytest.approx(expected, abs=0.005)


def test_one_pair_of_a_fast_pan() -> None:
    """All that differs is what enters and leaves at the edges."""
    scene = moving_scene(frames=2, pan=(12.0, 0.0))
    flows = scene.flows[0], scene.backward_flows[0]
    metric = WarpingError()
    metric.update(scene.frames[0])
    metric.update(scene.frames[1], None, BidirectionalFlow(*flows))
    published = 1000 * lai_2018(scene.frames, *flows)
    assert written("pan of 12 pixels, exact flow") == pytest.approx(
        [3 * published, published, metric.compute().mean], abs=0.005
    )


def test_vbench_takes_motion_for_flicker(pan: Scene) -> None:
    names = ("vbench_temporal_flickering", "flicker_score", "luma_flicker")
    assert written("clean pan") == pytest.approx(found(pan.frames, *names), abs=0.006)
    assert written("still, ± 4 levels in turns") == pytest.approx(found(alternating(), *names), abs=0.006)
    differences = [np.abs(a.astype(int) - b).mean() for a, b in pairwise(alternating())]
    assert written("still, ± 4 levels in turns")[0] == pytest.approx(
        1 - np.mean(differences) / 255, abs=0.006
    )


def test_tof_sees_motion_alone(pan: Scene) -> None:
    for label, frames in (
        ("brightness flicker", add_flicker(pan.frames, "G", strength=0.8, seed=2)),
        ("wobble", add_flicker(pan.frames, "W", strength=0.8, seed=2)),
        ("frozen", [pan.frames[0]] * len(pan.frames)),
    ):
        ours = found(frames, "flicker_score")
        assert written(label) == pytest.approx([*found(frames, "tof", reference=pan.frames), *ours], abs=0.02)
