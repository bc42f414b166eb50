"""More metrics: known answers, and plain implementations of their definitions."""

import json
import weakref
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity

from framesmooth.metrics.base import Series
from framesmooth.metrics.measure import measure
from framesmooth.motion.bidirectional import BidirectionalFlow, estimate_bidirectional_flow
from framesmooth.motion.flow.dis import DIS_FINE
from framesmooth.motion.warping import backward_warp, inside_frame
from framesmooth.registry import METRICS, load
from tests.scenes import Frame, Scene, add_flicker, moving_scene, texture

BY_MODELS = ("clip_consistency", "dino_consistency", "lpips")
MEASURED = [name for name in METRICS if name not in BY_MODELS]


@pytest.fixture(scope="module")
def scene() -> Scene:
    return moving_scene(frames=6, size=(80, 112))


@pytest.fixture(scope="module")
def clean(scene: Scene) -> list[Frame]:
    return scene.frames


@pytest.fixture(scope="module")
def spoiled(clean: list[Frame]) -> list[Frame]:
    return add_flicker(clean, seed=3)


@pytest.fixture(scope="module")
def motions(spoiled: list[Frame]) -> list[BidirectionalFlow]:
    return [estimate_bidirectional_flow(DIS_FINE, *pair) for pair in pairwise(spoiled)]


def mean(frames: Sequence[Frame], name: str, **options: object) -> float:
    found = measure(frames, metrics=[name], **options)[name].mean  # type: ignore[arg-type]
    assert found is not None
    return found


def as_frame(image: NDArray[Any]) -> Frame:
    """Return levels of 0 to 255 as a frame."""
    return np.asarray(np.clip(image, 0, 255).round(), np.uint8)


def levels(size: tuple[int, int] = (64, 96)) -> NDArray[np.float32]:
    """Return a still picture in levels, away from black and white."""
    return 60 + 130 * texture(*size)


def luma(frame: Frame) -> NDArray[np.float64]:
    return np.asarray(frame @ np.array([0.299, 0.587, 0.114]))


# flicker_score


def test_flicker_score_equals_its_definition(spoiled: list[Frame], motions: list[BidirectionalFlow]) -> None:
    found = measure(spoiled, metrics=["flicker_score"])["flicker_score"]
    expected = []
    for t in range(1, 5):
        back, forth = motions[t - 1], motions[t]
        before, here, after = (frame.astype(np.float64) for frame in spoiled[t - 1 : t + 2])
        valid = back.consistent_backward & forth.valid
        change = here - (backward_warp(before, back.backward) + backward_warp(after, forth.forward)) / 2
        acceleration = forth.forward.astype(np.float64) + back.backward
        slopes = [
            np.dstack(
                [ndimage.sobel(here[..., channel], axis=axis, mode="mirror") / 8 for channel in range(3)]
            )
            for axis in (1, 0)
        ]
        shift = slopes[0] * acceleration[..., :1] + slopes[1] * acceleration[..., 1:]
        expected.append(((change**2)[valid].mean() / 1.5 + (shift**2)[valid].mean() / 6) ** 0.5)
    np.testing.assert_allclose(np.array(found.per_frame[1:5], float), expected, rtol=1e-3)
    assert found.per_frame[0] is None
    assert found.per_frame[5] is None
    assert found.mean == pytest.approx(np.sqrt(np.mean(np.square(expected))), rel=1e-3)


def test_flicker_score_is_sigma_of_white_flicker() -> None:
    draws = np.random.default_rng(0).normal(0, 4, 150)
    frames = [as_frame(levels((32, 48)) + level) for level in draws]
    assert mean(frames, "flicker_score") == pytest.approx(4, rel=0.1)


def test_flicker_score_knows_wobble_that_flow_explains_away() -> None:
    """A picture that jitters by whole shifts of sub-pixel size: the colours change by slope times shift."""
    wide, rng = np.asarray(levels((64, 128)), np.float32), np.random.default_rng(1)
    frames = []
    for shift in rng.normal(0, 0.4, 40):
        matrix = np.array([[1, 0, -shift], [0, 1, 0]], np.float32)
        frames.append(as_frame(cv2.warpAffine(wide, matrix, (128, 64), flags=cv2.INTER_CUBIC)[:, 16:-16]))
    slope = np.gradient(np.asarray(wide[:, 16:-16], np.float64), axis=1)
    expected = 0.4 * float(np.sqrt(np.mean(slope**2)))
    assert mean(frames, "flicker_score") == pytest.approx(expected, rel=0.2)


def test_flicker_score_ranks_kinds_and_strengths_of_flicker() -> None:
    """Over moving clips, flicker of every kind is in order; neighbour differences see the motion instead."""
    truths, scores, published = [], [], []
    for pan, seed in (((1.5, 0.75), 0), ((3.0, 1.0), 3), ((0.4, 0.2), 5)):
        scene = moving_scene(frames=5, pan=pan, seed=seed)
        for kind in "GLTW":
            for strength in (0.25, 0.5, 1.0, 2.0):
                frames = add_flicker(scene.frames, kind, strength=strength, seed=1)
                residual = [
                    frame / 255 - ideal / 255 for frame, ideal in zip(frames, scene.frames, strict=True)
                ]
                changes = [
                    np.square(residual[t] - backward_warp(residual[t + 1], flow))[inside_frame(flow)].mean()
                    for t, flow in enumerate(scene.flows)
                ]
                truths.append(np.sqrt(np.mean(changes) / 2))
                report = measure(frames, metrics=["flicker_score", "vbench_temporal_flickering"])
                scores.append(report["flicker_score"].mean)
                published.append(1 - (report["vbench_temporal_flickering"].mean or 0))
    ours, theirs = (float(spearmanr(truths, found).statistic) for found in (scores, published))
    assert ours > 0.95
    assert theirs < 0.8


# luma_flicker_local


def plain_cell_means(image: NDArray[np.float64], valid: NDArray[np.bool_]) -> list[float]:
    found = []
    rows, columns = ([side * cell // 8 for cell in range(9)] for side in image.shape)
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            inside = valid[top:bottom, left:right]
            if inside.mean() >= 0.25:
                found.append(float(image[top:bottom, left:right][inside].mean()))
    return found


def test_luma_flicker_local_equals_its_definition(
    spoiled: list[Frame], motions: list[BidirectionalFlow]
) -> None:
    found = measure(spoiled, metrics=["luma_flicker_local"])["luma_flicker_local"]
    expected = []
    for t in range(1, 5):
        back, forth = motions[t - 1], motions[t]
        before = backward_warp(luma(spoiled[t - 1]), back.backward)
        after = backward_warp(luma(spoiled[t + 1]), forth.forward)
        bends = plain_cell_means(
            before - 2 * luma(spoiled[t]) + after, back.consistent_backward & forth.valid
        )
        expected.append(float(np.sqrt(np.mean(np.square(bends)) / 6)))
    np.testing.assert_allclose(np.array(found.per_frame[1:5], float), expected, rtol=1e-3)


def test_luma_flicker_local_sees_what_the_mean_hides() -> None:
    """Halves that flicker against each other: sigma in each, nothing on the whole."""
    draws = np.random.default_rng(2).normal(0, 4, 150)
    side = np.where(np.arange(64) < 32, 1.0, -1.0)[None, :, None]
    frames = [as_frame(levels((32, 64)) + level * side) for level in draws]
    report = measure(frames, metrics=["luma_flicker", "luma_flicker_local"])
    assert report["luma_flicker_local"].mean == pytest.approx(4, rel=0.1)
    assert (report["luma_flicker"].mean or 0) < 0.3


def test_luma_flicker_local_is_zero_on_a_ramp_and_low_on_a_pan(clean: list[Frame]) -> None:
    ramp = [as_frame(levels() - 40 + 2.0 * t) for t in range(8)]
    assert mean(ramp, "luma_flicker_local") < 0.1
    assert mean(clean, "luma_flicker_local") < 0.3


# sharpness_pumping


def test_sharpness_pumping_is_sigma_of_a_white_log_energy() -> None:
    """Contrast that jitters by s in the logarithm: energy goes with its square."""
    picture = levels((48, 64))
    gains = np.exp(np.random.default_rng(3).normal(0, 0.05, 200))
    frames = [as_frame(picture.mean() + (picture - picture.mean()) * gain) for gain in gains]
    assert mean(frames, "sharpness_pumping") == pytest.approx(0.1, rel=0.1)


def test_sharpness_pumping_sees_blur_that_comes_and_goes(clean: list[Frame]) -> None:
    blurred = [np.asarray(cv2.GaussianBlur(frame, (0, 0), 0.8), np.uint8) for frame in clean]
    pumping = [frames[t % 2] for t, frames in enumerate(zip(clean, blurred, strict=True))]
    assert mean(pumping, "sharpness_pumping") > 10 * mean(blurred, "sharpness_pumping")
    assert mean([np.full((32, 32, 3), 9, np.uint8)] * 3, "sharpness_pumping") == 0


# warping_error_long


def test_warping_error_long_sees_drift_that_neighbours_hide(clean: list[Frame]) -> None:
    drifting = [as_frame(frame * 0.8 + 4.0 * t) for t, frame in enumerate(clean)]
    report = measure(drifting, metrics=["warping_error", "warping_error_long"])
    expected = [1000 * (4 * t / 255) ** 2 for t in range(1, 6)]
    np.testing.assert_allclose(
        np.array(report["warping_error_long"].per_frame[1:], float), expected, rtol=0.1
    )
    assert (report["warping_error"].mean or 9) < 1.3 * expected[0]


def test_warping_error_long_of_two_frames_is_the_short_one(spoiled: list[Frame]) -> None:
    short, long = mean(spoiled[:2], "warping_error"), mean(spoiled[:2], "warping_error_long")
    assert long == pytest.approx(short)


def test_warping_error_long_follows_the_true_motion(scene: Scene) -> None:
    """Chained exact flows: what is left is interpolation, and what left the frame does not count."""
    metric = load("metric", "warping_error_long")()
    metric.update(scene.frames[0])
    for frame, forward, backward in zip(scene.frames[1:], scene.flows, scene.backward_flows, strict=True):
        metric.update(frame, None, BidirectionalFlow(forward, backward))
    series: Series = metric.compute()
    height, width = scene.frames[0].shape[:2]
    shares = [(width - t * 1.5) * (height - t * 0.75) / (width * height) for t in range(1, 6)]
    assert series.coverage == pytest.approx(np.mean(shares), abs=0.015)
    assert max(value for value in series.per_frame if value is not None) < 0.2


def test_warping_error_long_stops_below_a_tenth_and_begins_anew_at_cuts() -> None:
    fast = moving_scene(frames=5, size=(64, 96), pan=(24.0, 0.0))
    metric = load("metric", "warping_error_long")()
    metric.update(fast.frames[0])
    for frame, forward, backward in zip(fast.frames[1:], fast.flows, fast.backward_flows, strict=True):
        metric.update(frame, None, BidirectionalFlow(forward, backward))
    assert [value is None for value in metric.compute().per_frame] == [True, False, False, False, True]
    metric.update(fast.frames[0], cut=True)
    metric.update(fast.frames[1], None, BidirectionalFlow(fast.flows[0], fast.backward_flows[0]))
    assert metric.compute().per_frame[5] is None
    assert metric.compute().per_frame[6] == pytest.approx(metric.compute().per_frame[1])


# published definitions


def test_vbench_temporal_flickering_is_as_published(spoiled: list[Frame]) -> None:
    differences = [
        float(np.mean(cv2.absdiff(first.astype(np.float32), second.astype(np.float32))))
        for first, second in pairwise(spoiled)
    ]
    expected = (255.0 - float(np.mean(differences))) / 255.0
    assert mean(spoiled, "vbench_temporal_flickering") == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("pan", "word"), [((0.3, 0.0), "static"), ((1.5, 0.0), "moves")])
def test_vbench_temporal_flickering_states_its_static_gate(pan: tuple[float, float], word: str) -> None:
    """The gate is 3/256 of the shorter side: 0.75 pixels of 64."""
    frames = moving_scene(frames=6, pan=pan).frames
    series = measure(frames, metrics=["vbench_temporal_flickering"])["vbench_temporal_flickering"]
    assert series.note.startswith(word)
    assert series.mean is not None


def test_tof_is_as_published(clean: list[Frame], spoiled: list[Frame]) -> None:
    expected = []
    for t in range(1, len(clean)):
        flows = []
        for frames in (clean, spoiled):
            greys = [np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)) for frame in frames[t - 1 : t + 1]]
            start = np.zeros((*greys[0].shape, 2), np.float32)
            flow = cv2.calcOpticalFlowFarneback(greys[0], greys[1], start, 0.5, 3, 15, 3, 5, 1.2, 0)
            flows.append(np.asarray(flow)[8:72, 8:104])
        expected.append(float(np.sqrt(np.square(flows[0] - flows[1]).sum(axis=-1)).mean()))
    assert mean(spoiled, "tof", reference=clean) == pytest.approx(np.mean(expected), rel=1e-5)
    assert mean(clean, "tof", reference=clean) == 0
    tiny = [frame[:40, :40] for frame in clean]
    assert "48 pixels" in measure(tiny, reference=tiny, metrics=["tof"])["tof"].note


def test_ssim_agrees_with_scikit_image_channel_by_channel(clean: list[Frame], spoiled: list[Frame]) -> None:
    expected = [
        structural_similarity(
            frame[..., channel] / 255, ideal[..., channel] / 255,
            gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1.0,
        )
        for frame, ideal in zip(spoiled, clean, strict=True)
        for channel in range(3)
    ]  # fmt: skip
    assert mean(spoiled, "ssim", reference=clean) == pytest.approx(np.mean(expected), rel=1e-4)


def test_detail_retention_agrees_with_scipy(clean: list[Frame], spoiled: list[Frame]) -> None:
    def high(frame: Frame) -> NDArray[np.float64]:
        image = frame.astype(np.float64)
        return np.asarray(image - ndimage.gaussian_filter(image, (1.5, 1.5, 0), mode="mirror"))

    slopes = [
        np.vdot(high(frame), high(ideal)) / np.vdot(high(ideal), high(ideal))
        for frame, ideal in zip(spoiled, clean, strict=True)
    ]
    assert mean(spoiled, "detail_retention", reference=clean) == pytest.approx(np.mean(slopes), rel=0.01)


# every metric


@pytest.mark.parametrize("name", MEASURED)
@pytest.mark.parametrize("value", [np.nan, 1e4])
def test_flow_that_leads_nowhere_gives_no_number(name: str, value: float, clean: list[Frame]) -> None:
    nowhere = BidirectionalFlow(*(np.full((*clean[0].shape[:2], 2), value, np.float32) for _ in range(2)))
    metric = load("metric", name)()
    metric.update(clean[0], clean[0])
    for frame in clean[1:4]:
        metric.update(frame, frame, nowhere)
    series = metric.compute()
    json.dumps([series.summary(), series.per_frame], allow_nan=False)
    if name in ("flicker_score", "warping_error", "warping_error_long", "luma_flicker_local"):
        assert series.mean is None
        assert "needs" in series.note


@pytest.mark.parametrize("count", [1, 2])
def test_short_clips_have_words_for_what_they_lack(count: int) -> None:
    frames = [as_frame(levels())] * count
    report = measure(frames, reference=frames, metrics=MEASURED)
    json.dumps(report.as_dict(), allow_nan=False)
    for name in ("flicker_score", "luma_flicker_local", "sharpness_pumping"):
        assert "three frames" in report[name].note
    if count == 1:
        for name in ("warping_error_long", "vbench_temporal_flickering", "tof"):
            assert "two frames" in report[name].note


def test_measuring_holds_a_few_frames_however_long_the_clip_is() -> None:
    alive, most = 0, 0

    def gone() -> None:
        nonlocal alive
        alive -= 1

    def stream() -> Iterator[Frame]:
        nonlocal alive, most
        for level in range(40):
            frame = as_frame(levels((32, 40)) + level)
            weakref.finalize(frame, gone)
            alive += 1
            most = max(most, alive)
            yield frame

    measure(stream(), metrics=[name for name in MEASURED if not load("metric", name).needs_reference])
    assert most <= 8


def test_only_headline_metrics_are_measured_unless_others_are_named(clean: list[Frame]) -> None:
    assert set(measure(clean[:3])) == {
        "flicker_score", "warping_error", "luma_flicker", "luma_flicker_local", "sharpness_pumping",
        "coverage", "dynamic_degree", "ghosting",
    }  # fmt: skip
