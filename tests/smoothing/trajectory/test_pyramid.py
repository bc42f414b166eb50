"""Bands make up the frame again, and each has the motion on its own grid."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.smoothing.trajectory.pyramid import (
    HALF,
    QUARTER,
    grid_motions,
    in_light,
    join,
    rescaled_flow,
    split,
)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 9))
@settings(max_examples=30, deadline=None)
def test_bands_of_any_size_make_up_the_frame_again(height: int, width: int, seed: int) -> None:
    image = np.random.default_rng(seed).random((height, width, 3), np.float32)
    bands = split(image)
    assert [band.shape[0] for band in bands] == [height, -(-height // 2), -(-height // 4)]
    np.testing.assert_allclose(join(*bands), image, atol=1e-5)


def test_every_band_has_the_motion_on_its_grid_and_trusts_it_as_far_as_it_needs_to() -> None:
    forward = np.broadcast_to(np.array([3, 1], np.float32), (40, 60, 2)).copy()
    grids = grid_motions(BidirectionalFlow(forward, -forward))
    np.testing.assert_allclose(grids[HALF].forward, [[[1.5, 0.5]] * 30] * 20)
    np.testing.assert_allclose(grids[QUARTER].forward, [[[0.75, 0.25]] * 15] * 10)
    np.testing.assert_allclose(rescaled_flow(grids[HALF].forward.astype(np.float32), (40, 60)), forward)
    for grid, (down, right) in zip(grids, ((19, 28), (9, 14)), strict=True):
        for mask in grid.masks:
            assert mask[:down, :right].all()
            assert not mask[:, -1].any()  # it leads out of the frame
    returned = -forward
    returned[:20] += 1.2  # 0.6 pixels of the half grid in x and in y
    fine, mid = grid_motions(BidirectionalFlow(forward, returned))[HALF].masks
    assert not fine[:9].any()
    assert mid[:9, :28].all()
    returned[:20] += 9
    half, quarter = grid_motions(BidirectionalFlow(forward, returned))
    assert not half.masks[1][:9].any()
    assert quarter.masks[0][:9, :14].all()


def test_light_is_a_factor_of_each_channel() -> None:
    image = np.random.default_rng(1).normal(0, 1, (5, 7, 3)).astype(np.float32)
    gains = np.array([0.97, 1, 1.3], np.float32)
    np.testing.assert_array_equal(in_light(image, gains), image * gains)
