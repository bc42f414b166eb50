"""Warps and masks: identities, known answers and a plain implementation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.occlusion import forward_backward_mask, motion_boundary_mask
from framesmooth.motion.warping import backward_warp, inside_frame, splat
from tests.scenes import FlowField, moving_scene, texture


def constant_flow(dx: float, dy: float, size: tuple[int, int] = (20, 30)) -> FlowField:
    return np.broadcast_to(np.array([dx, dy], np.float32), (*size, 2)).copy()


def test_zero_flow_is_the_identity() -> None:
    image = (texture(20, 30) * 255).astype(np.uint8)
    np.testing.assert_array_equal(backward_warp(image, constant_flow(0, 0)), image)


@settings(max_examples=25, deadline=None)
@given(dx=st.integers(-5, 5), dy=st.integers(-5, 5))
def test_whole_pixels_are_a_shift(dx: int, dy: int) -> None:
    image = texture(20, 30)
    warped = backward_warp(image, constant_flow(dx, dy))
    rows, columns = np.clip(np.arange(20) + dy, 0, 19), np.clip(np.arange(30) + dx, 0, 29)
    np.testing.assert_array_equal(warped, image[rows][:, columns])


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_subpixel_warp_is_exactly_bilinear(channels: int) -> None:
    image = texture(20, 30)[..., :channels]
    warped = backward_warp(image, constant_flow(0.41, 0)).reshape(image.shape)
    expected = 0.59 * image[:, :-1] + 0.41 * image[:, 1:]
    np.testing.assert_allclose(warped[:, :-1], expected, atol=1e-6)


def test_flows_of_any_layout_and_precision_warp_alike() -> None:
    image, flow = texture(20, 30), np.random.default_rng(1).normal(0, 4, (20, 30, 2)).astype(np.float32)
    expected = backward_warp(image, flow)
    np.testing.assert_array_equal(backward_warp(image, flow.astype(np.float64)), expected)
    np.testing.assert_array_equal(backward_warp(image, np.dstack([flow, flow])[..., 2:]), expected)
    np.testing.assert_array_equal(backward_warp(image, np.asfortranarray(flow)), expected)


def test_the_result_is_as_large_as_the_flow() -> None:
    image = texture(20, 30)
    np.testing.assert_array_equal(backward_warp(image, constant_flow(4, 2, (10, 12))), image[2:12, 4:16])


def test_inside_frame_counts_the_edge() -> None:
    inside = inside_frame(constant_flow(1, 0, (4, 5)))
    assert inside[:, :4].all()
    assert not inside[:, 4].any()


def test_forward_backward_mask_follows_its_formula() -> None:
    rng = np.random.default_rng(1)
    forward = rng.normal(0, 2, (12, 14, 2)).astype(np.float32)
    backward = -forward + rng.normal(0, 0.6, forward.shape).astype(np.float32)
    expected = np.zeros((12, 14), bool)
    returned = backward_warp(backward, forward)
    for y in range(12):
        for x in range(14):
            f, b = forward[y, x].astype(float), returned[y, x].astype(float)
            expected[y, x] = (f + b) @ (f + b) <= 0.01 * (f @ f + b @ b) + 0.5
    np.testing.assert_array_equal(forward_backward_mask(forward, backward), expected)


def test_motion_boundary_follows_its_formula() -> None:
    flow = constant_flow(1, 0)
    flow[:, 15:, 0] = 4
    expected = np.zeros((20, 30), bool)
    expected[:, 14:16] = True  # central differences see the step from both of its sides
    np.testing.assert_array_equal(motion_boundary_mask(flow), expected)


def test_the_valid_mask_drops_what_the_occluder_hides() -> None:
    scene = moving_scene(frames=2, occluder=True)
    forward, backward = scene.flows[0], scene.backward_flows[0]
    valid = BidirectionalFlow(forward, backward).valid
    assert valid.mean() > 0.6
    assert valid[~scene.visible[0]].mean() < 0.1


def test_exact_flow_warps_the_next_frame_back() -> None:
    scene = moving_scene(frames=2, zoom=1.02, rotation=1.0)
    warped = backward_warp(scene.frames[1], scene.flows[0])
    gap = np.abs(warped.astype(float) - scene.frames[0])[inside_frame(scene.flows[0])]
    assert gap.mean() < 3


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), scale=st.floats(0, 4))
def test_splat_keeps_the_weighted_sum(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    image = rng.random((16, 18, 2)).astype(np.float32)
    weights = np.zeros((16, 18), np.float32)
    weights[6:10, 6:12] = rng.random((4, 6))  # far enough from the edges for nothing to leave
    flow = np.clip(rng.normal(0, scale, (16, 18, 2)), -5, 5).astype(np.float32)
    mean, landed = splat(image, flow, weights)
    assert landed.sum() == pytest.approx(weights.sum(), rel=1e-4)
    total = (mean * landed[..., None]).sum(axis=(0, 1))
    np.testing.assert_allclose(total, (image * weights[..., None]).sum(axis=(0, 1)), rtol=1e-3)


def test_splat_of_a_shift_leaves_a_hole() -> None:
    image = texture(8, 10)
    mean, landed = splat(image, constant_flow(2, 0, (8, 10)), np.ones((8, 10), np.float32))
    np.testing.assert_allclose(mean[:, 2:], image[:, :-2], atol=1e-6)
    assert not landed[:, :2].any()
    np.testing.assert_array_equal(mean[:, :2], 0)
