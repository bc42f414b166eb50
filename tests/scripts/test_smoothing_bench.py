"""The peers of the benchmark do what their names say, and its figures are what they are called."""

import numpy as np
import pytest
from smoothing_bench.ffmpeg import FilterMissing, ffmpeg_filter
from smoothing_bench.figures import best_peer
from smoothing_bench.judging import Judge
from smoothing_bench.methods import OURS
from smoothing_bench.peers import warped_ema, warped_window_mean, window_mean

from framesmooth.frames import Frame
from tests.scenes import add_flicker, moving_scene

STILL = moving_scene(frames=9, size=(48, 64), pan=(0, 0)).frames


def flashes(count: int = 9, at: int = 4) -> list[Frame]:
    """Return grey frames of which one is brighter by 100 levels."""
    return [np.full((16, 24, 3), 180 if t == at else 80, np.uint8) for t in range(count)]


def levels(frames: list[Frame]) -> list[int]:
    return [round(float(frame.mean())) for frame in frames]


def test_window_mean_is_centred_and_shorter_at_the_ends() -> None:
    assert levels(list(window_mean(flashes()))) == [80, 80, 100, 100, 100, 100, 100, 80, 80]
    assert levels(list(window_mean(flashes(3, at=0)))) == [113, 113, 113]
    assert levels(list(window_mean(flashes(1, at=0)))) == [180]


def test_tmix_without_its_delay_is_the_window_mean() -> None:
    clip = add_flicker(moving_scene(frames=9, size=(48, 64)).frames, seed=3)
    mixed = list(ffmpeg_filter("tmix", "frames=5", pixels="gbrp", delay=2)(clip))
    assert len(mixed) == len(clip)
    for ours, theirs in zip(list(window_mean(clip))[2:-2], mixed[2:-2], strict=True):
        assert np.abs(ours.astype(int) - theirs).max() <= 1


def test_deflicker_looks_ahead_and_has_no_delay() -> None:
    """Every frame gets the mean brightness of itself and the four after it."""
    even = list(ffmpeg_filter("deflicker", "size=5", pixels="yuv444p")(flashes()))
    assert np.abs(np.subtract(levels(even), [100] * 5 + [80] * 4)).max() <= 1


def test_a_filter_that_nobody_has_is_reported() -> None:
    with pytest.raises(FilterMissing, match="no_such_filter"):
        ffmpeg_filter("no_such_filter", "", pixels="rgb24")


def test_along_no_motion_the_warped_averages_are_plain_ones() -> None:
    rng = np.random.default_rng(0)
    noisy = [np.clip(frame + rng.normal(0, 4, frame.shape), 0, 255).astype(np.uint8) for frame in STILL]
    mean = np.mean(noisy, axis=0)
    past = noisy[0].astype(np.float64)
    for frame in noisy[1:]:
        past += 0.2 * (frame - past)
    middle, last = (
        list(warped_window_mean(noisy, flow="dis-robust"))[4],
        list(warped_ema(noisy, flow="dis-robust"))[-1],
    )
    for found, expected in ((middle, mean), (last, past)):
        assert np.median(np.abs(found - expected)) < 2


def test_the_warped_window_mean_follows_motion() -> None:
    clean = moving_scene(frames=9, size=(64, 96), pan=(2.0, 1.0)).frames
    judge = Judge(clean)
    kept = [
        judge.mean("detail_retention", list(average))
        for average in (window_mean(clean, 4), warped_window_mean(clean, flow="dis-robust"))
    ]
    assert kept[0] < 0.3
    assert kept[1] > 0.8


def test_the_clean_clip_scores_everything_and_the_input_nothing() -> None:
    clean = moving_scene(frames=5, size=(48, 64)).frames
    spoiled = add_flicker(clean, "GLT", seed=1)
    judge = Judge(clean)
    unchanged, half = (
        judge.score(spoiled, spoiled),
        [
            np.asarray(np.rint((one.astype(float) + other) / 2), np.uint8)
            for one, other in zip(clean, spoiled, strict=True)
        ],
    )
    assert (unchanged.removed, unchanged.loss, unchanged.gain) == (0, 0, 0)
    assert judge.score(spoiled, half).removed == pytest.approx(0.5, abs=0.02)
    assert judge.score(spoiled, half).gain == pytest.approx(6.02, abs=0.2)


def test_the_best_peer_is_the_best_of_those_that_keep_detail() -> None:
    figures = {
        OURS: (0.7, -0.02),
        "window mean 5": (0.8, 0.3),
        "ffmpeg hqdn3d": (0.2, 0.03),
        "ffmpeg deflicker": (0.1, 0),
    }
    rows = [{"method": name, "removed": removed, "loss": loss} for name, (removed, loss) in figures.items()]
    found = best_peer(rows)
    assert found is not None
    assert found[0] == "ffmpeg hqdn3d"
    assert found[1] == pytest.approx(3.5)
    assert best_peer(rows, ["window mean 5"]) is None
