"""Every smoother keeps the contract, removes flicker and keeps detail."""

import numpy as np
import pytest

from framesmooth.errors import MediaError, UsageError
from framesmooth.frames import FrameList
from framesmooth.metrics.measure import flicker_residual_removed, measure
from framesmooth.motion.flow.dis import DIS_ROBUST
from framesmooth.motion.shots import steps
from framesmooth.registry import SMOOTHERS, load
from framesmooth.smoothing.base import Smoother, create_smoother
from framesmooth.streams import alongside
from tests.scenes import Frame, add_flicker, moving_scene, texture

SPECIAL = ("deflicker", "poisson", "breathing", "banding", "pumping", "dust")
FILTERS = [name for name in SMOOTHERS if name not in SPECIAL]
"""The smoothers that average fine structure too."""
SELECTIVE = [name for name in SMOOTHERS if load("smoother", name).selective]


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


@pytest.mark.parametrize("kinds", ["", "G", "GLT", "W"])
@pytest.mark.parametrize("name", SELECTIVE)
def test_clips_without_the_kind_of_a_selective_smoother_stay(
    name: str, kinds: str, clean: list[Frame]
) -> None:
    other = add_flicker(clean, kinds, seed=5) if kinds else clean
    assert equal(list(create_smoother(name, 1)(other)), other)


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
