"""A thing that fades in beside another is named with its frames; what moves is not."""

import numpy as np
import pytest

from framesmooth.frames import Frame, FrameList
from framesmooth.metrics.measure import measure
from framesmooth.runs.record import BadFrame
from framesmooth.workflows.generate.ghosts import as_bad_frames, ghosting_frames, notice_of
from tests.scenes import moving_scene

FADES = range(10, 16)


def clip(*, fading: bool) -> list[Frame]:
    """Return a slow pan; in FADES another picture fades in over it in a corner."""
    here, other = (moving_scene(frames=24, size=(64, 96), pan=(0.5, 0), seed=seed).frames for seed in (1, 7))
    frames = [frame.astype(np.float32) for frame in here]
    for index, frame in enumerate(frames if fading else []):
        mix = np.clip((index - FADES.start + 1) / len(FADES), 0, 1)
        part = slice(12, 60), slice(20, 76)
        frame[part] += 0.6 * mix * (other[index].astype(np.float32)[part] - frame[part])
    return [np.asarray(np.rint(frame), np.uint8) for frame in frames]


def found(frames: list[Frame]) -> list[int]:
    return ghosting_frames(measure(frames, metrics=["ghosting"]), FrameList(frames))


def test_frames_in_which_something_fades_in_are_named() -> None:
    named = found(clip(fading=True))
    assert set(named) <= set(range(FADES.start - 1, FADES.stop + 1))
    assert len(named) >= len(FADES) - 2
    for bad in as_bad_frames(named):
        assert BadFrame(**bad.as_record()).fault == "ghosting"


def test_a_picture_that_comes_out_of_the_dark_is_none_of_two() -> None:
    still = np.asarray(clip(fading=False)[0], np.float32)
    opening = [np.asarray(np.rint(share * still), np.uint8) for share in (0, 0.2, 0.4, 0.6, 0.8, 1)]
    assert found(opening) == []


def test_what_moves_is_not_named_and_neither_is_what_was_not_measured() -> None:
    moving = clip(fading=False)
    assert found(moving) == []
    assert ghosting_frames(measure(moving, metrics=["luma_flicker"]), FrameList(moving)) == []


@pytest.mark.parametrize(
    ("frames", "told"),
    [
        ([3], "frames 3:"),
        ([3, 4, 6, 20], "frames 3 to 6, 20:"),
        (range(0, 100, 9), "frames 0, 9, 18 and 9 more"),
    ],
)
def test_the_notice_tells_runs_of_frames(frames: list[int], told: str) -> None:
    notice = notice_of(frames)
    assert notice.warning
    assert notice.message.startswith(told)
