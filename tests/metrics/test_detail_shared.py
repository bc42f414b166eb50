"""Detail that smoothing keeps where no clean clip is known: boiling texture is none, blur is a loss."""

import cv2
import numpy as np
import pytest

from framesmooth.frames import Frame
from framesmooth.metrics.measure import measure
from tests.scenes import add_flicker, moving_scene

CLEAN = moving_scene(frames=6, size=(64, 96)).frames


def kept(smoothed: list[Frame], source: list[Frame]) -> float:
    report = measure(smoothed, reference=source, flow_on="self", metrics=["detail_retention"])
    mean = report["detail_retention"].mean
    assert mean is not None
    return mean


def test_texture_that_boiled_is_no_detail() -> None:
    boiling = add_flicker(CLEAN, "T", strength=2.0)
    slope = measure(CLEAN, reference=boiling, metrics=["detail_retention"], is_clean=True)
    assert (slope["detail_retention"].mean or 0) < 0.85
    assert kept(CLEAN, boiling) > 0.97


def test_blur_is_a_loss_and_the_clip_itself_none() -> None:
    assert kept(CLEAN, CLEAN) == 1
    blurred = [np.asarray(cv2.GaussianBlur(frame, (0, 0), 0.8), np.uint8) for frame in CLEAN]
    assert kept(blurred, CLEAN) < 0.5


@pytest.mark.parametrize("count", [1, 2])
def test_clips_without_a_frame_between_two_others_are_compared_with_the_input(count: int) -> None:
    halved = [np.asarray(127 + (frame.astype(float) - 127) / 2, np.uint8) for frame in CLEAN[:count]]
    assert kept(halved, CLEAN[:count]) == pytest.approx(0.5, abs=0.03)
