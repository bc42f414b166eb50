"""What passes too fast to be followed is not averaged with what is elsewhere."""

import cv2
import numpy as np
import pytest

from framesmooth.events import Event, Notice
from framesmooth.frames import Frame
from framesmooth.smoothing.base import create_smoother
from framesmooth.workflows.smooth import smooth
from tests.scenes import add_flicker, moving_scene

STRENGTH = 0.6


def _passing(frames: int = 9) -> list[Frame]:
    """Return a still wall of blurred texture, and a pale bar that is somewhere else in every frame."""
    wall = moving_scene(frames=1, size=(96, 160), seed=5).frames[0]
    clip = []
    for at in range(frames):
        picture = cv2.GaussianBlur(wall // 2, (0, 0), 1.5)
        left = (37 * at) % 130
        picture[:, left : left + 24] = 190
        clip.append(np.ascontiguousarray(cv2.GaussianBlur(picture, (0, 0), 1.0), np.uint8))
    return clip


def _psnr(clean: list[Frame], made: list[Frame]) -> float:
    error = np.mean([np.square(a.astype(np.float64) - b).mean() for a, b in zip(clean, made, strict=True)])
    return float(10 * np.log10(255**2 / error))


@pytest.fixture(scope="module")
def passing() -> tuple[list[Frame], list[Frame]]:
    """A clean clip with things that move too fast, and the same with flicker."""
    clean = _passing()
    return clean, add_flicker(clean, "GLT", seed=2)


def test_what_moves_too_fast_ends_no_worse_than_with_its_tone_evened(
    passing: tuple[list[Frame], list[Frame]],
) -> None:
    clean, spoiled = passing
    whole, tone = (list(create_smoother(name, STRENGTH)(spoiled)) for name in ("trajectory", "deflicker"))
    assert _psnr(clean, whole) >= max(_psnr(clean, spoiled), _psnr(clean, tone))


def test_frames_that_cannot_be_followed_are_told(passing: tuple[list[Frame], list[Frame]]) -> None:
    told: list[Event] = []
    smooth(passing[1], smooth_strength=STRENGTH, on_event=told.append, measure=False)
    notices = [event.message for event in told if isinstance(event, Notice)]
    assert any("motion can't be followed in a large part of" in text for text in notices)


def test_a_clip_that_is_followed_is_not_told_of() -> None:
    frames = add_flicker(moving_scene(frames=7, size=(96, 160), seed=1).frames, seed=3)
    lost: list[int] = []
    list(create_smoother("trajectory", STRENGTH, on_lost=lost.append)(frames))
    assert lost == []
