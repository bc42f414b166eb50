"""Every flow estimator keeps the contract: convention, shape, type, size, untouched input."""

import numpy as np
import pytest

from framesmooth.errors import UsageError
from framesmooth.motion import bidirectional
from framesmooth.motion.bidirectional import estimate_bidirectional_flow
from framesmooth.motion.flow.base import FlowEstimator, load_flow
from framesmooth.motion.flow.dis import DIS_FINE
from framesmooth.registry import FLOWS
from tests.scenes import add_flicker, moving_scene, texture


@pytest.fixture(params=FLOWS)
def estimator(request: pytest.FixtureRequest) -> FlowEstimator:
    return load_flow(request.param)


def test_a_pan_is_found_in_the_convention(estimator: FlowEstimator) -> None:
    scene = moving_scene(frames=2, size=(96, 128), pan=(2.0, -1.0))
    before = [frame.copy() for frame in scene.frames]
    flow = estimator(*scene.frames)
    assert flow.shape == (96, 128, 2)
    assert flow.dtype == np.float32
    error = np.hypot(*(flow - scene.flows[0])[12:-12, 12:-12].transpose(2, 0, 1))
    assert np.median(error) < 0.5
    for frame, original in zip(scene.frames, before, strict=True):
        np.testing.assert_array_equal(frame, original)


def test_a_turn_and_a_zoom_are_found_both_ways(estimator: FlowEstimator) -> None:
    scene = moving_scene(frames=2, size=(96, 128), pan=(0.0, 0.0), zoom=1.03, rotation=2.0)
    for pair, truth in ((scene.frames, scene.flows[0]), (scene.frames[::-1], scene.backward_flows[0])):
        error = np.hypot(*(estimator(*pair) - truth)[12:-12, 12:-12].transpose(2, 0, 1))
        assert np.median(error) < 0.5


def test_the_same_input_gives_the_same_flow(estimator: FlowEstimator) -> None:
    scene = moving_scene(frames=2)
    np.testing.assert_array_equal(estimator(*scene.frames), estimator(*scene.frames))


@pytest.mark.parametrize("size", [(1, 1), (2, 40), (9, 7), (33, 31)])
def test_small_and_odd_frames(estimator: FlowEstimator, size: tuple[int, int]) -> None:
    image = (texture(*size) * 255).astype(np.uint8)
    flow = estimator(image, image)
    assert flow.shape == (*size, 2)
    assert np.isfinite(flow).all()


def test_unknown_flow_offers_the_nearest() -> None:
    with pytest.raises(UsageError, match="dis-fine"):
        load_flow("dis-fin")


def test_the_smoothing_flow_resists_exposure_flicker() -> None:
    scene = moving_scene(frames=2, size=(96, 128), pan=(2.0, -1.0))
    spoiled = add_flicker(scene.frames, "GL", strength=3, seed=4)
    error = np.abs(load_flow("dis-robust")(*spoiled) - scene.flows[0])[12:-12, 12:-12]
    assert np.median(error) < 0.3


def test_metric_flow_has_the_documented_settings() -> None:
    assert (DIS_FINE.finest_scale, DIS_FINE.patch_stride) == (0, 3)
    assert (DIS_FINE.gradient_descent_iterations, DIS_FINE.variational_refinement_iterations) == (25, 10)


def test_motion_covers_a_pan_both_ways() -> None:
    scene = moving_scene(frames=2, size=(96, 128))
    found = estimate_bidirectional_flow(DIS_FINE, *scene.frames)
    assert found.coverage > 0.85
    np.testing.assert_allclose(np.median(found.forward + found.backward, axis=(0, 1)), 0, atol=0.1)


def test_flows_estimated_in_turn_are_those_estimated_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = moving_scene(frames=2).frames
    together = estimate_bidirectional_flow(DIS_FINE, *frames)
    monkeypatch.setattr(bidirectional, "_LARGE", 1)
    in_turn = estimate_bidirectional_flow(DIS_FINE, *frames)
    np.testing.assert_array_equal(in_turn.forward, together.forward)
    np.testing.assert_array_equal(in_turn.backward, together.backward)
