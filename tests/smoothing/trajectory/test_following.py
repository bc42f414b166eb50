"""What moves too fast to be followed is not averaged with what is elsewhere, and is told of."""

import cv2
import numpy as np
import pytest

from framesmooth.events import Event, Notice
from framesmooth.frames import Frame
from framesmooth.smoothing.base import create_smoother
from framesmooth.smoothing.trajectory.bilateral import Difference
from framesmooth.smoothing.trajectory.following import Following
from framesmooth.workflows.smooth import smooth
from tests.scenes import add_flicker, moving_scene, texture

STRENGTH = 0.6
SIZE = (96, 160)
METHODS = ("deflicker", "trajectory")


def _passing_bar(leap: int, width: int, light: float, seed: int) -> list[Frame]:
    """Return a still wall with a blurred bar of so many levels before it that leaps so far every frame."""
    wall = cv2.GaussianBlur(moving_scene(frames=1, size=SIZE, seed=seed).frames[0], (0, 0), 1.5)
    clip = []
    for at in range(9):
        bar = np.zeros(SIZE, np.float32)
        left = leap * at % 140
        bar[:, left : left + width] = 1
        share = cv2.GaussianBlur(bar, (0, 0), 5)[..., None]
        clip.append(np.asarray(wall * (1 - share) + np.float32(light) * share, np.uint8))
    return clip


def _boiling(frames: int = 9) -> list[Frame]:
    """Return a still texture whose lower third is another one in every frame, as spray."""
    still = moving_scene(frames=1, size=SIZE, seed=5).frames[0]
    clip = []
    for seed in range(frames):
        frame = still.copy()
        frame[-36:] = 255 * texture(36, SIZE[1], 100 + seed)
        clip.append(frame)
    return add_flicker(clip, "GLT", seed=2)


def _psnr(clean: list[Frame], made: list[Frame]) -> float:
    error = np.mean([np.square(a.astype(np.float64) - b).mean() for a, b in zip(clean, made, strict=True)])
    return float(10 * np.log10(255**2 / error))


@pytest.mark.parametrize(
    ("leap", "width", "light", "seed"), [(23, 30, 120, 5), (41, 30, 230, 5), (53, 20, 200, 7)]
)
def test_what_moves_too_fast_ends_no_worse_than_by_evening_out_tone(
    leap: int, width: int, light: float, seed: int
) -> None:
    clean = _passing_bar(leap, width, light, seed)
    spoiled = add_flicker(clean, "GLT", seed=2)
    lost: list[int] = []
    evened, smoothed = (
        _psnr(clean, list(create_smoother(name, STRENGTH, on_lost=lost.append)(spoiled))) for name in METHODS
    )
    assert smoothed > max(_psnr(clean, spoiled), evened)
    assert lost or leap < width


@pytest.mark.parametrize("workers", [1, 2])
def test_frames_that_cannot_be_followed_are_told(workers: int) -> None:
    told: list[Event] = []
    smooth(_boiling(), smooth_strength=STRENGTH, on_event=told.append, measure=False, workers=workers)
    notices = [event.message for event in told if isinstance(event, Notice)]
    expected = "motion can't be followed in part of 9 frames (0, 1, 2, 3, 4, 5, 6, 7 and others)"
    assert f"{expected}: only tone was evened there" in notices


def test_a_clip_that_can_be_followed_is_not_told_of() -> None:
    frames = add_flicker(moving_scene(frames=7, size=SIZE, seed=1).frames, seed=3)
    lost: list[int] = []
    list(create_smoother("trajectory", STRENGTH, on_lost=lost.append)(frames))
    assert lost == []


@pytest.mark.parametrize(
    ("gap", "share"),
    [
        (0.0, 1.0),
        (0.02, 1.0),  # D = 2 s^2, as noise makes it
        (0.02 * np.sqrt(2 * 1.25), np.exp(-0.375 - 0.375**2)),  # D / (2 (2 s)^2) = 5/8
    ],
)
def test_other_bands_trust_what_the_mid_band_shows(gap: float, share: float) -> None:
    noise = np.full((8, 8), 0.01 * np.sqrt(2), np.float32)
    here, zeros = np.zeros((8, 8, 3), np.float32), np.zeros((8, 8), np.float32)

    def difference(distance: int) -> Difference:
        return Difference(distance, here, zeros, zeros + np.float32(gap**2), zeros + 1, 1.0)

    following = Following(here)
    list(following.seen([difference(2)], noise))
    near, far, other_side = following.trusted([difference(1), difference(5), difference(-2)])
    assert far.trust == pytest.approx(share, abs=2e-3)
    assert np.array_equal(near.trust, zeros + 1)  # nothing was seen as near as that
    assert np.array_equal(other_side.trust, zeros + 1)
    assert not following.is_lost


def test_flat_places_have_no_structure_to_lose() -> None:
    noise = np.full((32, 32), 0.01, np.float32)
    here = np.zeros((32, 32, 3), np.float32)
    here[:, :8] = 1000 * np.random.default_rng(1).standard_normal(
        (32, 8, 3)
    )  # leaves remainders in running sums
    gap = np.where(here != 0, -1.5 * here, 1e-6).astype(np.float32)
    other = Difference(1, gap, np.square(gap).sum(axis=-1), np.zeros_like(noise), noise + 1, 1.0)
    following = Following(here)
    following.confirm([other])
    found = [*following.seen([other], noise), *following.trusted_in_fine([other], here, noise)]
    assert all(np.isfinite(each.trust).all() for each in found)
    assert found[0].trust[:, -8:] == pytest.approx(noise[:, -8:] + 1)
