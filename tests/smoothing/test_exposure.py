"""The tone of a clip follows real changes of light and not flicker, clipped samples among them."""

from fractions import Fraction

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from framesmooth.frames import FrameList
from framesmooth.motion.flow.dis import DIS_ROBUST
from framesmooth.motion.shots import steps
from framesmooth.smoothing.base import create_smoother
from framesmooth.smoothing.exposure import grid_steps, low_pass, tone_gains
from framesmooth.smoothing.loop import looped
from tests.scenes import Frame, moving_scene, texture


def test_the_tone_path_follows_a_fade_and_removes_gain_flicker() -> None:
    image = texture(48, 64) * 120 + 40
    rng = np.random.default_rng(2)
    flicker = rng.normal(0, 0.05, 24)
    fade = np.linspace(0, 0.4, 24)
    frames = [
        np.clip(image * np.exp(f + n), 0, 255).astype(np.uint8) for f, n in zip(fade, flicker, strict=True)
    ]
    gains = np.array([gain for _, gain in tone_gains(grid_steps(steps(frames, DIS_ROBUST)))])
    left = flicker[:, None] + np.log(gains)
    assert left[4:-4].std() < 0.35 * flicker.std()
    ramp = [np.clip(image * np.exp(f), 0, 255).astype(np.uint8) for f in fade]
    followed = [gain for _, gain in tone_gains(grid_steps(steps(ramp, DIS_ROBUST)))]
    np.testing.assert_allclose(followed, 1, atol=0.01)


def test_clipped_samples_do_not_take_on_the_tone_flicker() -> None:
    image = texture(64, 96) * 120 + 40
    rng = np.random.default_rng(4)
    frames = [np.clip(image * np.exp(rng.normal(0, 0.08)), 0, 255).astype(np.uint8) for _ in range(9)]
    for frame in frames:
        frame[:, 70:] = 255
    smoothed = list(create_smoother("trajectory", 0.6)(frames))
    beyond_the_low_band = 70 + 16  # two sigma from the edge, what the unclipped side does is no longer seen
    assert min(frame[:, beyond_the_low_band:].min() for frame in smoothed) >= 254
    means = [np.std([frame[:, :50].mean() for frame in clip]) for clip in (frames, smoothed)]
    assert means[1] < 0.5 * means[0]


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6, 7, 9])
def test_a_ramp_stays_a_ramp_in_shots_of_any_length(count: int) -> None:
    ramp = np.arange(count)[:, None] * np.array([0.1, 0.2, -0.1])
    for centre in range(count):
        np.testing.assert_allclose(low_pass(ramp, centre), ramp[centre], atol=1e-12)


def test_a_path_that_turns_keeps_its_peak() -> None:
    offsets = np.arange(-6, 7)
    peak = (-0.1 * np.abs(offsets))[:, None] * np.ones(3)
    assert low_pass(peak, 6) == pytest.approx(0, abs=1e-9)
    rng = np.random.default_rng(1)
    left = np.array([low_pass(0.05 * rng.standard_normal((13, 3)), 6) for _ in range(2000)]).std() / 0.05
    plain = np.exp(-0.5 * np.square(offsets / 3))
    of_mean = np.sqrt(np.square(plain).sum()) / plain.sum()
    assert left < 1.15 * of_mean  # noise is hardly ever taken for a peak


@pytest.mark.parametrize("kind", ["dusk", "lamp"])
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_a_real_change_of_light_is_followed(kind: str, noise: float) -> None:
    time, rng = np.arange(40.0), np.random.default_rng(3)
    light = -0.15 * np.clip(time - 8, 0, 12) if kind == "dusk" else -0.8 * (time >= 20)
    path = light[:, None] + noise * rng.standard_normal((40, 3))
    window = [(max(t - 6, 0), min(t + 7, 40)) for t in range(40)]
    found = np.array([low_pass(path[first:last], t - first) for t, (first, last) in enumerate(window)])
    off = found - light[:, None]
    assert np.sqrt(np.mean(np.square(off))) < (0.65 * noise if noise else 0.001)
    assert np.abs(off).max() < (4 * noise if noise else 0.006)


def low_passed(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a path (n, m) low-passed at all its frames."""
    return np.array([low_pass(path[max(t - 6, 0) : t + 7], min(t, 6)) for t in range(len(path))])


def eased(time: NDArray[np.float64], first: float, last: float) -> NDArray[np.float64]:
    share = np.clip((time - first) / (last - first), 0, 1)
    return np.asarray(share * share * (3 - 2 * share))


@pytest.mark.parametrize("frames", [7, 9, 12, 23])
@pytest.mark.parametrize("size", [0.1, 0.4, -0.8])
def test_light_that_changes_smoothly_is_made_no_rougher(frames: int, size: float) -> None:
    """As in a travel from dawn to night: the low-pass of a bend would add to its second differences."""
    path = size * eased(np.arange(36.0), 10, 10 + frames)[:, None] * np.array([1.0, 0.9, 0.7])
    rough, left = (np.square(np.diff(np.exp(each), 2, axis=0)).sum() for each in (path, low_passed(path)))
    assert left <= 1.02**2 * rough


@pytest.mark.parametrize(
    "light",
    [
        np.where(np.isin(np.arange(24), (9, 10)), 0.6, 0.0),
        np.where(np.arange(24) == 9, 0.6, 0.0),
        np.where(np.arange(24) % 7 == 3, 0.6, 0.0),
        np.log(np.maximum(1 - np.arange(24) / 20, 0.05)),
        np.log(np.maximum(1 - np.arange(24) / 10, 0.1)),
    ],
    ids=["lightning", "a flash", "strobe", "fade", "fade to black"],
)
def test_real_light_stays(light: NDArray[np.float64]) -> None:
    found = low_passed(light[:, None] * np.ones(3))
    assert np.abs(np.exp(found) - np.exp(light)[:, None]).max() < 0.01


@pytest.mark.parametrize("name", ["trajectory", "deflicker"])
@pytest.mark.parametrize("kind", ["lamp", "lightning", "flash", "fade", "fade to black"])
def test_frames_under_real_light_come_back(name: str, kind: str) -> None:
    """What is shown is nearly still: that light changes doesn't make held frames of it."""
    time = np.arange(16)
    light = {
        "lamp": np.where(time < 8, 0.5, 1.0),
        "lightning": np.where((time == 7) | (time == 8), 1.7, 1.0),
        "flash": np.where(time == 8, 1.8, 1.0),
        "fade": 1 - time / 20,
        "fade to black": np.maximum(1 - time / 10, 0),
    }[kind]
    clean = moving_scene(frames=16, size=(64, 96), pan=(0.25, 0.1), seed=3).frames
    lit = [np.asarray(np.clip(f * g + 0.5, 0, 255), np.uint8) for f, g in zip(clean, light, strict=True)]
    for before, after in zip(lit, create_smoother(name, 0.6)(lit), strict=True):
        error = float(np.mean(np.square(before.astype(float) - after)))
        assert 10 * np.log10(255**2 / max(error, 1e-9)) >= 45


@pytest.mark.parametrize("count", [9, 12, 16])
def test_a_step_is_followed_near_the_ends_of_a_shot_too(count: int) -> None:
    for start in range(1, count):
        light = 0.5 * (np.arange(count) >= start)[:, None] * np.array([1.0, 0.8, -0.5])
        window = [(max(t - 6, 0), min(t + 7, count)) for t in range(count)]
        found = np.array([low_pass(light[first:last], t - first) for t, (first, last) in enumerate(window)])
        inner = np.abs(np.arange(count) - start + 0.5) > 2  # of one or two frames at an end nothing is known
        assert np.abs(found - light)[inner].max(initial=0) < (0.001 if 2 <= start <= count - 2 else 0.06)


def bright_sky(*, pan: float) -> tuple[list[Frame], list[Frame]]:
    """Return a sky that is nearly white over a dark land, and the same with gain flicker that clips it."""
    height, width, rng = 96, 144, np.random.default_rng(5)
    plane = texture(height + 40, width + 60, 3)
    shade = np.linspace(0.93, 0.51, height + 40)[:78, None, None]
    plane[:78] = np.clip(shade * (1 + 0.25 * (plane[:78] - 0.5)), 0, 1)
    plane[78:] *= 0.6
    moves = [np.array([[1, 0, -pan * t - 5], [0, 1, -10]], np.float32) for t in range(14)]
    seen = [cv2.warpAffine(plane, move, (width, height), flags=cv2.INTER_CUBIC) for move in moves]
    clean = [np.asarray((frame * 255).clip(0, 255).round(), np.uint8) for frame in seen]
    gains = np.exp(0.06 * rng.standard_normal(14))
    grain = (rng.normal(0, 0.7, frame.shape) for frame in clean)
    lit = zip(clean, gains, grain, strict=True)
    return clean, [np.asarray((f * g + n).clip(0, 255).round(), np.uint8) for f, g, n in lit]


@pytest.mark.parametrize("pan", [0.0, 1.0])
def test_a_sky_that_flicker_clipped_to_white_comes_back(pan: float) -> None:
    clean, clipped = bright_sky(pan=pan)
    assert np.mean([(frame.max(-1) == 255).mean() for frame in clipped]) > 0.02
    off = {}
    for name in ("deflicker", "trajectory"):
        smoothed = create_smoother(name, 0.6)(clipped)
        gaps = [np.subtract(one, other, dtype=np.float32) for one, other in zip(smoothed, clean, strict=True)]
        off[name] = np.array(gaps)[:, 4:-4, 4:-4]
    assert np.abs(off["trajectory"]).max() <= 12
    assert np.square(off["trajectory"]).mean() < 1.02 * np.square(off["deflicker"]).mean()


def test_a_loop_nearly_keeps_its_lightest_and_darkest_frame() -> None:
    image = texture(48, 64) * 120 + 60
    light = 1 - np.abs(np.arange(24) - 12) / 40
    frames = [np.asarray(image * share, np.uint8) for share in light]
    looped_smoother = looped(create_smoother("trajectory", 0.6), FrameList(frames, Fraction(12)))
    smoothed = [frame.mean() for frame in looped_smoother(frames)]
    for index in (0, 12):
        assert smoothed[index] == pytest.approx(frames[index].mean(), abs=6)


def test_at_the_end_of_a_shot_noise_is_averaged_rather_than_extrapolated() -> None:
    noise = np.random.default_rng(0).standard_normal((2000, 7, 3))
    usual = 0.05  # log-ratios of .3 are lightning
    left = np.array([low_pass(usual * path, 0) for path in noise]).std() / usual
    lines = np.stack([np.ones(7), np.arange(7)], axis=1)
    extrapolated = np.sqrt(np.linalg.inv(lines.T @ lines)[0, 0])
    assert 1 / np.sqrt(7) < left < 0.8 * extrapolated
