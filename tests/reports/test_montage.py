"""Clips shown together: where each picture lies, and what is written on it."""

import numpy as np
import pytest

from framesmooth.reports.montage import (
    label,
    running_means,
    side_by_side,
    side_by_side_size,
    wipe,
)
from tests.scenes import Frame


def flat(value: int, size: tuple[int, int] = (40, 60)) -> Frame:
    return np.full((*size, 3), value, np.uint8)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7])
def test_every_picture_is_in_the_sheet_once(count: int) -> None:
    sheet = side_by_side([flat(50 + 20 * index) for index in range(count)])
    assert sheet.shape[:2] == side_by_side_size((40, 60), count)
    for index in range(count):
        assert np.count_nonzero((sheet == 50 + 20 * index).all(-1)) == 40 * 60


def test_a_wipe_sweeps_from_one_clip_to_the_other() -> None:
    first, second = flat(10), flat(200)
    shares = []
    for seconds in np.linspace(0, 3, 13):
        picture = wipe(first, second, float(seconds))
        assert (picture[:, 0] == 10).all()
        assert (picture[:, -1] == 200).all()
        assert (np.diff(np.unique(picture[0, :, 0], return_index=True)[1]) != 0).all()
        shares.append((picture == 10).mean())
    assert shares[0] == pytest.approx(shares[-1], abs=0.02)
    assert max(shares) > 0.9
    assert min(shares) < 0.1


@pytest.mark.parametrize("size", [(16, 16), (120, 60), (300, 480)])
def test_labels_stay_at_the_top_and_leave_the_input_alone(size: tuple[int, int]) -> None:
    picture = flat(120, size)
    lines = (("a very long name of a clip.mp4",), ("warping error 1.23 ×10⁻³", "1.23"))
    labelled = label(picture, lines, lines)
    assert (picture == 120).all()
    assert labelled.shape == picture.shape
    assert not (labelled == 120).all()
    if size[0] > 100:
        assert (labelled[size[0] // 2 :] == 120).all()


def test_two_labels_stand_left_and_right() -> None:
    picture = flat(0, (100, 300))
    left, both = label(picture, (("name",),), ()), label(picture, (("name",),), (("name",),))
    np.testing.assert_array_equal(left[:, :150], both[:, :150])
    assert left[:, 150:].max() == 0
    assert both[:, 150:].max() > 200


def test_running_means() -> None:
    assert list(running_means([None, 2.0, None, 4.0])) == [None, 2.0, 2.0, 3.0]
