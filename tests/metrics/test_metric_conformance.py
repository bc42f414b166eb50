"""Every metric against a plain implementation of its definition, and the traps that fool lesser metrics."""

import json
from collections.abc import Callable, Sequence
from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from skimage.metrics import peak_signal_noise_ratio

from framesmooth.errors import MediaError, UsageError
from framesmooth.metrics.measure import flicker_residual_removed, measure
from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.flow.dis import DIS_FINE
from framesmooth.registry import METRICS
from tests.scenes import Frame, add_flicker, moving_scene, texture


@pytest.fixture(scope="module")
def clean() -> list[Frame]:
    return moving_scene(frames=6).frames


@pytest.fixture(scope="module")
def spoiled(clean: list[Frame]) -> list[Frame]:
    return add_flicker(clean, seed=3)


def still(frames: int = 5) -> list[Frame]:
    image = (texture(48, 64) * 255).astype(np.uint8)
    return [image.copy() for _ in range(frames)]


def blur(frames: Sequence[Frame], sigma: float) -> list[Frame]:
    return [np.asarray(cv2.GaussianBlur(frame, (0, 0), sigma), np.uint8) for frame in frames]


def grey(levels: Sequence[float]) -> list[Frame]:
    return [np.full((32, 40, 3), round(level), np.uint8) for level in levels]


def plain_warp(image: NDArray[np.float64], flow: FlowField) -> NDArray[np.float64]:
    """Sample an image (H, W) where the flow points to, by SciPy."""
    rows, columns = np.mgrid[: flow.shape[0], : flow.shape[1]]
    places = [rows + flow[..., 1], columns + flow[..., 0]]
    return np.asarray(ndimage.map_coordinates(image, places, order=1, mode="nearest"))


def plain_valid(forward: FlowField, backward: FlowField) -> NDArray[np.bool_]:
    """Consistent, inside the frame and off motion boundaries, as docs/metrics.md has it."""
    u, v = (np.asarray(forward[..., part], np.float64) for part in (0, 1))
    back_u, back_v = (plain_warp(np.asarray(backward[..., part], np.float64), forward) for part in (0, 1))
    lengths = u**2 + v**2 + back_u**2 + back_v**2
    consistent = (u + back_u) ** 2 + (v + back_v) ** 2 <= 0.01 * lengths + 0.5
    slopes = [slope for part in (u, v) for slope in np.gradient(part)]
    smooth = sum(slope**2 for slope in slopes) <= 0.01 * (u**2 + v**2) + 0.002
    height, width = u.shape
    rows, columns = np.mgrid[:height, :width]
    x, y = columns + u, rows + v
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return np.asarray(consistent & smooth & inside)


def plain_warping_error(frames: Sequence[Frame]) -> list[float]:
    errors = []
    for first, second in pairwise(frames):
        forward, backward = DIS_FINE(first, second), DIS_FINE(second, first)
        valid = plain_valid(forward, backward)
        squares = [
            np.square(first[..., channel] / 255 - plain_warp(second[..., channel] / 255, forward))[valid]
            for channel in range(3)
        ]
        errors.append(1000 * float(np.mean(squares)))
    return errors


def plain_detail_retention(frames: Sequence[Frame], reference: Sequence[Frame]) -> list[float]:
    def high(frame: Frame) -> NDArray[np.float64]:
        image = frame.astype(np.float64) / 255
        return np.asarray(image - ndimage.gaussian_filter(image, (1.5, 1.5, 0), mode="mirror"))

    pairs = [(high(frame), high(ideal)) for frame, ideal in zip(frames, reference, strict=True)]
    return [float((mine * ideal).sum() / (ideal * ideal).sum()) for mine, ideal in pairs]


def plain_flicker_residual(frames: Sequence[Frame], reference: Sequence[Frame]) -> list[float]:
    residual = [frame / 255.0 - ideal / 255.0 for frame, ideal in zip(frames, reference, strict=True)]
    found = []
    for t in range(len(frames) - 1):
        forward = DIS_FINE(reference[t], reference[t + 1])
        valid = plain_valid(forward, DIS_FINE(reference[t + 1], reference[t]))
        change = [
            residual[t][..., channel] - plain_warp(residual[t + 1][..., channel], forward)
            for channel in range(3)
        ]
        found.append(1000 * float(np.sqrt(np.mean(np.square(change)[:, valid]))))
    return found


def test_warping_error_equals_its_definition(spoiled: list[Frame]) -> None:
    series = measure(spoiled, metrics=["warping_error"])["warping_error"]
    expected = plain_warping_error(spoiled)
    np.testing.assert_allclose([value or -1 for value in series.per_frame[1:]], expected, rtol=2e-3)
    assert series.per_frame[0] is None
    assert series.mean == pytest.approx(np.mean(expected), rel=2e-3)
    assert series.p95 == pytest.approx(np.percentile(expected, 95), rel=2e-3)
    assert series.coverage is not None
    assert 0.3 < series.coverage <= 1


def test_detail_retention_equals_its_definition(clean: list[Frame], spoiled: list[Frame]) -> None:
    series = measure(spoiled, reference=clean, metrics=["detail_retention"])["detail_retention"]
    np.testing.assert_allclose(
        np.array(series.per_frame, float), plain_detail_retention(spoiled, clean), rtol=2e-3
    )


def test_flicker_residual_equals_its_definition(clean: list[Frame], spoiled: list[Frame]) -> None:
    series = measure(spoiled, reference=clean, metrics=["flicker_residual"])["flicker_residual"]
    expected = plain_flicker_residual(spoiled, clean)
    np.testing.assert_allclose(np.array(series.per_frame[1:], float), expected, rtol=2e-3)


def test_psnr_agrees_with_scikit_image(clean: list[Frame], spoiled: list[Frame]) -> None:
    series = measure(spoiled, reference=clean, metrics=["psnr"])["psnr"]
    expected = [peak_signal_noise_ratio(ideal, frame) for frame, ideal in zip(spoiled, clean, strict=True)]
    np.testing.assert_allclose(np.array(series.per_frame, float), expected, rtol=1e-4)


def test_identical_clips_score_perfectly(clean: list[Frame]) -> None:
    report = measure(clean, reference=clean)
    assert report["detail_retention"].mean == pytest.approx(1)
    assert report["ssim"].mean == pytest.approx(1)
    assert report["psnr"].mean == 100
    assert report["flicker_residual"].mean == 0


def test_luma_flicker_is_zero_on_a_ramp() -> None:
    report = measure(grey(range(40, 60)), metrics=["luma_flicker"])
    assert report["luma_flicker"].mean == pytest.approx(0, abs=1e-9)


def test_luma_flicker_is_sigma_of_white_flicker() -> None:
    levels = 120 + np.random.default_rng(0).normal(0, 4, 500)
    image = np.random.default_rng(1).normal(0, 20, (16, 16, 3))
    frames = (np.clip(image + level, 0, 255).round().astype(np.uint8) for level in levels)
    assert measure(frames, metrics=["luma_flicker"])["luma_flicker"].mean == pytest.approx(4, rel=0.05)


def test_luma_is_bt601() -> None:
    pattern = [0, 1, 0]
    for channel, weight in enumerate((0.299, 0.587, 0.114)):
        frames = [np.zeros((32, 32, 3), np.uint8) for _ in pattern]
        frames[1][..., channel] = 200
        expected = 2 * 200 * weight / 6**0.5
        assert measure(frames, metrics=["luma_flicker"])["luma_flicker"].mean == pytest.approx(expected)


def test_a_still_clip_has_no_warping_error() -> None:
    report = measure(still())
    assert report["warping_error"].mean == 0
    assert report["luma_flicker"].mean == pytest.approx(0, abs=1e-9)
    assert report["dynamic_degree"].mean == pytest.approx(0, abs=1e-6)
    assert report["coverage"].mean == pytest.approx(100)


def test_the_blur_trap_costs_detail(clean: list[Frame]) -> None:
    blurred = blur(clean, 1.2)
    report = measure(blurred, reference=clean, flow_on="self")
    kept = report["detail_retention"].mean
    assert kept is not None
    assert kept < 0.8
    assert (report["warping_error"].mean or 1) < (measure(clean)["warping_error"].mean or 0)


def test_the_freeze_trap_costs_motion(clean: list[Frame]) -> None:
    frozen = [clean[0]] * len(clean)
    moving, standing = measure(clean)["dynamic_degree"].mean, measure(frozen)["dynamic_degree"].mean
    assert moving is not None
    assert moving > 1.4
    assert standing == pytest.approx(0, abs=1e-6)


def test_a_pan_is_not_flicker(clean: list[Frame], spoiled: list[Frame]) -> None:
    pan, flicker = measure(clean)["warping_error"].mean, measure(spoiled)["warping_error"].mean
    assert pan is not None
    assert flicker is not None
    assert flicker > 5 * pan


def test_nothing_is_compared_across_a_cut() -> None:
    shots = [*moving_scene(frames=4, seed=1).frames, *moving_scene(frames=4, seed=40).frames]
    shots[4:] = [np.clip(frame.astype(int) + 60, 0, 255).astype(np.uint8) for frame in shots[4:]]
    report = measure(shots)
    assert report.cuts == (4,)
    assert report["warping_error"].per_frame[4] is None
    assert report["luma_flicker"].per_frame[3:5] == (None, None)
    assert (report["luma_flicker"].mean or 9) < 2
    assert report["coverage"].per_frame[4] == 0
    alone = measure(shots, metrics=["luma_flicker"])
    assert alone.cuts == (4,)
    assert alone["luma_flicker"] == report["luma_flicker"]


def test_residual_removed_by_a_perfect_smoother_is_all(clean: list[Frame], spoiled: list[Frame]) -> None:
    before, after = measure(spoiled, reference=clean), measure(clean, reference=clean)
    assert flicker_residual_removed(before, after) == 1
    assert flicker_residual_removed(before, before) == 0


@pytest.mark.parametrize("count", [1, 2])
def test_short_clips_get_a_word_and_never_nan(count: int) -> None:
    report = measure(still(count), reference=still(count))
    assert report["luma_flicker"].mean is None
    assert "three frames" in report["luma_flicker"].note
    json.dumps(report.as_dict(), allow_nan=False)
    if count == 1:
        assert "two frames" in report["warping_error"].note


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_keeps_the_contract(name: str, clean: list[Frame], spoiled: list[Frame]) -> None:
    copies = [frame.copy() for frame in spoiled]
    done: list[int] = []
    report = measure(iter(spoiled), reference=iter(clean), metrics=[name], on_frame=done.append)
    assert list(report) == [name]
    series = report[name]
    assert len(series.per_frame) == len(spoiled)
    assert series.unit
    if series.mean is None:
        assert name in ("clip_consistency", "dino_consistency", "lpips"), "these alone need what isn't here"
        assert series.note.startswith("skipped: ")
    assert report == measure(spoiled, reference=clean, metrics=[name])
    assert done == [1, 2, 3, 4, 5, 6]
    assert all(np.array_equal(frame, copy) for frame, copy in zip(spoiled, copies, strict=True))
    expected = {"metrics", "per_frame", "num_frames", "cuts", "held_frames", "odd_frames", "settings"}
    assert set(report.as_dict()) == expected


def test_metrics_of_a_clean_reference_are_left_out_where_there_is_none(clean: list[Frame]) -> None:
    assert "psnr" not in measure(clean, reference=clean, flow_on="self")
    assert "detail_retention" in measure(clean, reference=clean, flow_on="self")
    assert "detail_retention" not in measure(clean)


@pytest.mark.parametrize(
    ("call", "error", "word"),
    [
        (lambda: measure([]), MediaError, "no frames"),
        (lambda: measure(still(3), reference=still(2)), MediaError, "reference ends first, after 2"),
        (lambda: measure(still(2), reference=still(3)), MediaError, "clip ends first, after 2"),
        (lambda: measure(still(2), reference=grey([1, 2])), MediaError, "scale"),
        (lambda: measure(still(2), metrics=["psnr"]), UsageError, "needs a reference"),
        (lambda: measure(still(2), metrics=["luma_fliker"]), UsageError, "luma_flicker"),
        (lambda: measure(still(2), flow_on="reference"), UsageError, "reference"),
    ],
)
def test_errors_say_what_to_do(call: Callable[[], object], error: type[Exception], word: str) -> None:
    with pytest.raises(error, match=word):
        call()
