"""Every smoother keeps the contract, removes flicker and keeps detail; each part has a known answer."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesmooth.errors import MediaError, UsageError
from framesmooth.frames import FrameList
from framesmooth.metrics.measure import flicker_residual_removed, measure
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.flow.dis import DIS_ROBUST
from framesmooth.motion.shots import Step, shot_windows, steps
from framesmooth.registry import SMOOTHERS
from framesmooth.smoothing.base import Smoother, create_smoother
from framesmooth.smoothing.exposure import grid_steps, low_pass, tone_gains
from framesmooth.smoothing.loop import looped
from framesmooth.smoothing.poisson import screened_poisson
from framesmooth.smoothing.trajectory.bilateral import (
    AverageChange,
    Difference,
    Neighbour,
    compare,
    detail_gain,
    diffuse,
    noise_level,
)
from framesmooth.smoothing.trajectory.flow_chains import trajectories
from framesmooth.smoothing.trajectory.pyramid import (
    HALF,
    QUARTER,
    LevelMotion,
    grid_motions,
    join,
    rescaled_flow,
    split,
)
from framesmooth.streams import alongside
from tests.scenes import FlowField, Frame, add_flicker, moving_scene, texture

SPECIAL = ("deflicker", "poisson", "breathing", "banding", "pumping", "dust")
FILTERS = [name for name in SMOOTHERS if name not in SPECIAL]
"""The smoothers that average fine structure too."""


@pytest.fixture(params=SMOOTHERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def clean() -> list[Frame]:
    return moving_scene(frames=12, size=(64, 96), pan=(1.0, 0.5)).frames


@pytest.fixture(scope="module")
def spoiled(clean: list[Frame]) -> list[Frame]:
    return add_flicker(clean, "GLT", seed=5)


def equal(first: list[Frame], second: list[Frame]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_it_is_a_smoother(name: str) -> None:
    smoother = create_smoother(name, 0.5)
    assert isinstance(smoother, Smoother)
    assert smoother.strength == 0.5
    assert name in repr(smoother).lower()


def test_strength_zero_is_the_identity(name: str, spoiled: list[Frame]) -> None:
    result = list(create_smoother(name, 0)(spoiled))
    assert equal(result, spoiled)
    assert not any(np.shares_memory(a, b) for a, b in zip(result, spoiled, strict=True))


def test_frames_come_back_in_number_and_kind_and_the_input_stays(name: str, spoiled: list[Frame]) -> None:
    copies = [frame.copy() for frame in spoiled]
    result = list(create_smoother(name, 1)(iter(spoiled)))
    assert equal(spoiled, copies)
    for frame in result:
        assert frame.shape == (64, 96, 3)
        assert frame.dtype == np.uint8
        assert frame.flags.c_contiguous


def test_lookahead_bounds_what_is_read_ahead(name: str, spoiled: list[Frame]) -> None:
    smoother = create_smoother(name, 0.7)
    long = spoiled * 3
    assert len(list(alongside(long, smoother, smoother.lookahead))) == len(long)


def test_the_bars_of_a_letterbox_stay_black(name: str, spoiled: list[Frame]) -> None:
    for bars in (np.s_[:12], np.s_[-12:], np.s_[:, :16], np.s_[:, -16:]):
        boxed = [frame.copy() for frame in spoiled[:5]]
        for frame in boxed:
            frame[bars] = 0
        assert not any(frame[bars].any() for frame in create_smoother(name, 1)(boxed))


def test_a_list_an_array_and_a_source_are_the_same(name: str, spoiled: list[Frame]) -> None:
    smoother = create_smoother(name, 0.6)
    result = list(smoother(spoiled[:5]))
    assert equal(result, list(smoother(np.stack(spoiled[:5]))))
    assert equal(result, list(smoother(FrameList(spoiled[:5]))))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_short_clips(name: str, count: int, spoiled: list[Frame]) -> None:
    assert len(list(create_smoother(name, 0.8)(spoiled[:count]))) == count


def test_constant_frames_stay(name: str) -> None:
    frames = [np.full((40, 48, 3), (200, 90, 30), np.uint8)] * 6
    assert equal(list(create_smoother(name, 1)(frames)), frames)


def test_shots_do_not_mix(name: str) -> None:
    first = moving_scene(frames=4, seed=1).frames
    second = [255 - frame // 2 for frame in moving_scene(frames=4, seed=90).frames]
    smoother = create_smoother(name, 1)
    assert equal(list(smoother([*first, *second])), [*smoother(first), *smoother(second)])
    ends = [t for t, step in enumerate(steps([*first, *second], DIS_ROBUST)) if step.to_next is None]
    assert ends == [3, 7]


@pytest.mark.parametrize("name", FILTERS)
def test_flicker_falls_and_detail_stays(name: str, clean: list[Frame], spoiled: list[Frame]) -> None:
    smoothed = list(create_smoother(name, 0.6)(spoiled))
    before, after = (measure(clip, reference=clean) for clip in (spoiled, smoothed))
    removed = flicker_residual_removed(before, after)
    assert removed is not None
    assert removed > {"ema": 0.35}.get(name, 0.5)
    assert (after["psnr"].mean or 0) > (before["psnr"].mean or 0) + 1.5
    assert (after["detail_retention"].mean or 0) > {"ema": 0.7}.get(name, 0.88)


def test_poisson_removes_local_flicker_and_keeps_fine_structure(clean: list[Frame]) -> None:
    spoiled = add_flicker(clean, "GL", seed=5)
    smoothed = list(create_smoother("poisson", 0.8)(spoiled))
    before, after = (measure(clip, reference=clean) for clip in (spoiled, smoothed))
    assert (flicker_residual_removed(before, after) or 0) > 0.4
    assert (after["detail_retention"].mean or 0) > (before["detail_retention"].mean or 0) - 0.03


def test_the_screened_poisson_equation_is_solved() -> None:
    """Against the same equations as a sparse matrix."""
    rng = np.random.default_rng(2)
    gap, weight = (rng.random(shape, np.float32) for shape in ((9, 12, 3), (9, 12)))
    weight *= 0.1 * (np.arange(12) > 4)
    size = 9 * 12
    nodes = np.arange(size).reshape(9, 12)
    ends = np.concatenate(
        [
            np.stack([nodes[:-1].ravel(), nodes[1:].ravel()]),
            np.stack([nodes[:, :-1].ravel(), nodes[:, 1:].ravel()]),
        ],
        axis=1,
    )
    gradient = np.zeros((ends.shape[1], size))
    gradient[np.arange(ends.shape[1]), ends[0]], gradient[np.arange(ends.shape[1]), ends[1]] = -1, 1
    matrix = gradient.T @ gradient + np.diag(weight.ravel())
    expected = np.linalg.solve(matrix, (weight[..., None] * gap).reshape(size, 3)).reshape(gap.shape)
    np.testing.assert_allclose(screened_poisson(gap, weight), expected, atol=0.02)


def test_deflicker_removes_gain_and_nothing_else(clean: list[Frame]) -> None:
    smoother = create_smoother("deflicker", 0.6)
    gains = add_flicker(clean, "G", seed=3)
    before, after = (measure(clip, reference=clean) for clip in (gains, list(smoother(gains))))
    assert (flicker_residual_removed(before, after) or 0) > 0.8
    assert (after["detail_retention"].mean or 0) > (before["detail_retention"].mean or 0) - 0.03
    boiling = add_flicker(clean, "T", seed=3)
    for frame, corrected in zip(boiling, smoother(boiling), strict=True):
        assert np.corrcoef(frame.ravel(), corrected.ravel())[0, 1] > 0.999


def test_a_guide_gives_the_motion(name: str, clean: list[Frame], spoiled: list[Frame]) -> None:
    with_own, guided = (
        measure(list(create_smoother(name, 0.6, guide=guide)(spoiled)), reference=clean, metrics=["psnr"])
        for guide in (None, clean)
    )
    assert (guided["psnr"].mean or 0) > (with_own["psnr"].mean or 0) - 0.1
    assert "guide" not in repr(create_smoother(name, 0.6, guide=clean))
    assert create_smoother(name, 0.6, guide=clean) == create_smoother(name, 0.6)


@pytest.mark.parametrize(
    ("guide", "words"),
    [((8, 64, 96), "after 8 frames"), ((14, 64, 96), "longer than the clip"), ((12, 32, 96), "96x32")],
)
def test_a_guide_of_another_shape_is_refused(
    name: str, guide: tuple[int, int, int], words: str, spoiled: list[Frame]
) -> None:
    other = np.zeros((*guide, 3), np.uint8)
    with pytest.raises(MediaError, match=words):
        list(create_smoother(name, 0.6, guide=other)(spoiled))


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_bad_strengths_are_refused(name: str, strength: float) -> None:
    with pytest.raises(UsageError, match="0 to 1"):
        create_smoother(name, strength)


def test_bad_settings_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="sharpness"):
        create_smoother(name, 0.5, sharpness=3)


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
    left = np.array([low_pass(rng.standard_normal((13, 3)), 6) for _ in range(2000)]).std()
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
    assert np.sqrt(np.mean(np.square(off))) < (0.6 * noise if noise else 0.001)
    assert np.abs(off).max() < (4 * noise if noise else 0.006)


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
    left = np.array([low_pass(path, 0) for path in noise]).std()
    lines = np.stack([np.ones(7), np.arange(7)], axis=1)
    extrapolated = np.sqrt(np.linalg.inv(lines.T @ lines)[0, 0])
    assert 1 / np.sqrt(7) < left < 0.8 * extrapolated


def band(seed: int, spread: float = 1.0) -> Any:
    return (spread * np.random.default_rng(seed).standard_normal((24, 32, 3))).astype(np.float32)


def everywhere() -> Any:
    return np.ones((24, 32), np.float32)


def compared(centre: Any, neighbours: list[Neighbour]) -> list[Difference]:
    return [compare(centre, other, window=2) for other in neighbours]


def averaged(
    centre: Any, neighbours: list[Neighbour], *, radius: float, limit: float = 2, window: float = 2
) -> tuple[Any, Any]:
    average = AverageChange(centre.shape[:2], radius=radius, limit=limit, slope_window=2 * window)
    for other in neighbours:
        average.add(compare(centre, other, window=window))
    return average.found()


def test_noise_level_is_its_standard_deviation() -> None:
    others = [Neighbour(k, band(k + 9), everywhere()) for k in (-1, 1)]
    assert noise_level(compared(band(1), others)) == pytest.approx(1, rel=0.06)
    assert noise_level([]) == pytest.approx(1 / 255)


@pytest.mark.parametrize(("before", "after"), [(-1, 1), (1, 1), (-1, 0), (2, -3)], ids=str)
def test_noise_level_does_not_count_what_rises_or_turns(before: float, after: float) -> None:
    sides = {-2: 2 * before, -1: before, 1: after, 2: 2 * after}
    others = [Neighbour(k, band(k + 9) + np.float32(4 * rise), everywhere()) for k, rise in sides.items()]
    found = compared(band(1), others)
    assert noise_level(found) > 2
    assert noise_level(found, beside_trends=True) == pytest.approx(1, rel=0.08)


def test_noise_level_does_not_count_what_stays() -> None:
    first, second = band(1), band(10)
    second[:, 10:] = first[:, 10:]
    gaps = compared(first, [Neighbour(1, second, everywhere())])
    assert noise_level(gaps) == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("name", FILTERS)
def test_boiling_parts_of_a_flat_picture_are_smoothed(name: str) -> None:
    flat = np.full((64, 96, 3), (90, 140, 200), np.uint8)
    flat[:, :30] = (texture(64, 30, 4) * 255).astype(np.uint8)
    boiling = add_flicker([flat] * 9, "T", seed=2)
    for frame in boiling:
        frame[:, 30:] = flat[:, 30:]
    smoothed = list(create_smoother(name, 0.6)(boiling))
    before, after = (
        np.std(np.stack(clip)[2:-2, :, :24].astype(float), axis=0).mean() for clip in (boiling, smoothed)
    )
    assert after < 0.5 * before
    assert all(np.abs(frame[:, 40:].astype(int) - flat[:, 40:]).max() <= 1 for frame in smoothed)


def test_noise_is_averaged_and_strangers_are_ignored() -> None:
    truth = band(0, 5.0)
    noisy = [truth + band(k) for k in range(1, 6)]
    others = [Neighbour(k, image, everywhere()) for k, image in zip((-2, -1, 1, 2), noisy[1:], strict=True)]
    stranger = Neighbour(1, truth + 40, everywhere())
    change, support = averaged(noisy[0], [*others, stranger], radius=3)
    mean = noisy[0] + change
    assert (mean - truth).std() < 0.55
    assert abs(float((mean - truth).mean())) < 0.1
    assert 1 < support.mean() < 4


def test_a_masked_neighbour_changes_nothing() -> None:
    other = Neighbour(1, band(2), np.zeros((24, 32), np.float32))
    change, support = averaged(band(1), [other], radius=2)
    np.testing.assert_allclose(change, 0, atol=1e-6)
    assert not support.any()


def test_corrections_spread_where_support_is_missing() -> None:
    support = everywhere()
    support[8:14, 10:18] = 0
    correction = np.where(support[..., None] > 0, np.float32(0.2), np.float32(0)) * np.ones(3, np.float32)
    np.testing.assert_allclose(diffuse(correction, support, sigma=4), 0.2, atol=1e-3)


def test_detail_gain_returns_lost_contrast_and_no_noise() -> None:
    signal = band(1)
    np.testing.assert_allclose(detail_gain(signal, 0.8 * signal, window=4, limit=1.6), 1.25, rtol=1e-3)
    assert detail_gain(signal, 0.1 * signal, window=4, limit=1.6).max() == pytest.approx(1.6)
    noise = [band(k) for k in range(2, 7)]
    assert detail_gain(noise[0], np.mean(noise, axis=0), window=4, limit=1.6).mean() == pytest.approx(
        1, abs=0.15
    )


@settings(max_examples=30, deadline=None)
@given(shots=st.lists(st.integers(1, 7), min_size=1, max_size=4), radius=st.integers(0, 4))
def test_shot_windows_are_clipped_to_the_shot(shots: list[int], radius: int) -> None:
    motion = BidirectionalFlow(*(np.zeros((1, 1, 2), np.float32),) * 2)

    def stream() -> Iterator[Step]:
        number = 0
        for length in shots:
            for t in range(length):
                frame = np.full((1, 1, 3), number, np.uint8)
                yield Step(frame, motion if t < length - 1 else None)
                number += 1

    shot_of = np.repeat(np.arange(len(shots)), shots)
    numbers = range(len(shot_of))
    expected = [
        ([n for n in numbers if shot_of[n] == shot_of[t] and abs(n - t) <= radius], t) for t in numbers
    ]
    found = [
        ([int(step.frame[0, 0, 0]) for step in window], int(window[centre].frame[0, 0, 0]))
        for window, centre in shot_windows(stream(), radius)
    ]
    assert found == expected


def test_trajectories_chain_flow_and_multiply_trust() -> None:
    def constant(dx: float) -> FlowField:
        return np.broadcast_to(np.array([dx, 0], np.float32), (20, 30, 2)).copy()

    seen = np.ones((20, 30), np.bool_)
    motions = [
        LevelMotion(
            constant(dx).astype(np.float16),
            constant(-dx).astype(np.float16),
            (seen & (np.arange(30) < 30 - dx), seen),
            (seen, seen),
        )
        for dx in (1.5, 0.25)
    ]
    (ahead, free), (behind, _) = (trajectories(motions, centre, 2) for centre in (0, 2))
    np.testing.assert_allclose(ahead[2].flow, constant(1.75), atol=1e-6)
    np.testing.assert_allclose(behind[-2].flow, constant(-1.75), atol=1e-6)
    assert ahead[2].trust[:, :27].min() == 1
    assert not ahead[2].trust[:, 28:].all()
    assert free[2].flow is ahead[2].flow
    assert free[2].trust[:, :28].all()


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


def test_a_steady_change_leaves_no_patch_where_only_one_side_in_time_is_seen() -> None:
    """A ramp over time, half of the picture followed backwards only: both halves stay at their own time."""
    centre = np.full((64, 96, 3), 0.5, np.float32)
    seen = np.ones((64, 96), np.float32)
    half = seen.copy()
    half[:, :48] = 0
    neighbours = [
        Neighbour(k, centre + np.float32(0.01 * k), half if k > 0 else seen) for k in (-3, -2, -1, 1, 2, 3)
    ]
    change, _ = averaged(centre, neighbours, radius=3, limit=0.08, window=4)
    assert np.abs(change).max() < 0.002
