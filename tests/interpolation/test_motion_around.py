"""Motion between two keyframes: what those around tell of it, what is revealed, what is left to align."""

import numpy as np
import pytest

from framesmooth.interpolation.alignment import aligned
from framesmooth.interpolation.frame_pair import prepare_pair
from framesmooth.interpolation.leaving_motion import flow_leaving
from framesmooth.interpolation.quadratic_motion import curves_of
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.flow.dis import DIS_FINE
from framesmooth.motion.warping import backward_warp
from tests.scenes import Frame, texture

SIZE = (48, 64)


def everywhere(dx: float, dy: float = 0.0) -> FlowField:
    return np.full((*SIZE, 2), (dx, dy), np.float32)


def even_motion(dx: float, dy: float = 0.0) -> BidirectionalFlow:
    return BidirectionalFlow(everywhere(dx, dy), everywhere(-dx, -dy))


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [((1, 0), (5, 0), 0.8), ((1, 0), (1, 0), 0.0), ((1, 0), (3, 2), 0.5)],
    ids=["even acceleration", "a shake", "unrelated accelerations"],
)
def test_points_bend_as_far_as_both_sides_agree(
    before: tuple[float, float], after: tuple[float, float], share: float
) -> None:
    curves = curves_of(even_motion(3), even_motion(*before), even_motion(*after))
    assert curves is not None
    np.testing.assert_allclose(curves[0][16:32, 20:40], everywhere(share)[16:32, 20:40], atol=0.02)


def test_what_leaves_the_image_goes_on_as_it_came() -> None:
    """Everything slows down from 10 to 8 pixels to the right; flow finds nothing at the right border."""
    motion, before = even_motion(8), even_motion(10)
    motion.forward[:, -8:] = 0
    flow, known = flow_leaving(np.zeros((*SIZE, 3), np.uint8), motion, before)
    np.testing.assert_allclose(flow[8:-8, -7:], everywhere(8)[8:-8, -7:], atol=0.1)
    assert known[8:-8, -7:].all()
    np.testing.assert_array_equal(flow[:, :-8], motion.forward[:, :-8])


def test_nothing_goes_on_without_an_earlier_keyframe() -> None:
    motion = even_motion(8)
    flow, known = flow_leaving(np.zeros((*SIZE, 3), np.uint8), motion, None)
    np.testing.assert_array_equal(flow, motion.forward)
    np.testing.assert_array_equal(known, motion.consistent)


def test_what_is_revealed_shows_no_ghost() -> None:
    """A square goes right by its half: the ground behind it is in the second keyframe alone."""
    ground = (texture(72, 112, 3) * 160).astype(np.uint8)
    square = (255 * texture(32, 32, 7)).astype(np.uint8) | np.array([192, 0, 0], np.uint8)

    def at(x: int) -> Frame:
        frame = ground.copy()
        frame[20:52, x : x + 32] = square
        return frame

    made = prepare_pair(at(40), at(56), flow=DIS_FINE).frame_at(0.5)
    for bared in (slice(40, 47), slice(81, 88)):
        assert np.abs(made[22:50, bared].astype(int) - ground[22:50, bared]).mean() < 12


def test_warped_keyframes_are_aligned() -> None:
    """Paths that are a pixel short are made longer, by the share of either side."""
    plane = (texture(72, 130, 5) * 255).astype(np.uint8)
    first, second = plane[:, 9:-9], plane[:, 6:-12]
    short = np.zeros((*first.shape[:2], 2), np.float32)
    short[..., 0] = 2
    seen = np.ones(first.shape[:2], np.float32)
    paths = aligned((first, second), (np.float32(-0.25) * short, np.float32(0.75) * short), 0.25, seen)
    np.testing.assert_allclose(np.median(paths[0], axis=(0, 1)), [-0.75, 0], atol=0.1)
    np.testing.assert_allclose(np.median(paths[1], axis=(0, 1)), [2.25, 0], atol=0.1)
    warped = [
        backward_warp(image, path).astype(int)[8:-8, 8:-8]
        for image, path in zip((first, second), paths, strict=True)
    ]
    assert np.abs(warped[0] - warped[1]).mean() < 4
