"""FFmpeg's transitions: each takes the frames it should, and leads from one shot to the other."""

import numpy as np
import pytest

from framesmooth.video.xfade import XFADES, xfade

OLD = [np.full((24, 32, 3), (200, 150, 100), np.uint8)] * 4
NEW = [np.full((24, 32, 3), (20, 60, 90), np.uint8)] * 4
THROUGH_BLACK = {"circlecrop", "rectcrop", "fadeblack", "fadewhite"}


@pytest.mark.parametrize("name", XFADES)
def test_every_transition(name: str) -> None:
    made = list(xfade(OLD, NEW, name, 4))
    assert len(made) == 4
    assert {(frame.shape, frame.dtype.name) for frame in made} == {((24, 32, 3), "uint8")}
    old = [np.abs(frame.astype(int) - OLD[0]).mean() for frame in made]
    new = [np.abs(frame.astype(int) - NEW[0]).mean() for frame in made]
    if name not in THROUGH_BLACK:
        assert old == sorted(old), "ever further from the old shot"
        assert new == sorted(new, reverse=True), "ever nearer to the new one"
    assert min(old[-1], new[0]) > 0 or name in ("distance", "zoomin", "circleopen")


def test_one_frame_is_halfway() -> None:
    (made,) = xfade(OLD[:1], NEW[:1], "wipeleft", 1)
    assert np.abs(made[:, :14].astype(int) - OLD[0][:, :14]).max() <= 1
    assert np.abs(made[:, 18:].astype(int) - NEW[0][:, 18:]).max() <= 1
