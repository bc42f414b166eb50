"""Single frames that don't belong, strobes, and flashing that goes on for long."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from framesmooth.cli.main import cli
from framesmooth.frames import Frame
from framesmooth.metrics.flash_safety import FlashMeter, FlashReport
from framesmooth.metrics.measure import measure
from framesmooth.motion.scene_cuts import is_blank
from framesmooth.smoothing.base import create_smoother
from tests.scenes import moving_scene
from tests.video.test_held_frames import SIZE, compressed, held, mean, psnr, write_clip


@pytest.fixture(scope="module")
def clean() -> list[Frame]:
    return moving_scene(frames=20, size=SIZE, pan=(2, 1)).frames


@pytest.fixture(scope="module")
def elsewhere() -> list[Frame]:
    return moving_scene(frames=20, size=SIZE, pan=(2, 1), seed=9).frames


def with_frames(frames: Sequence[Frame], places: Sequence[int], level: int) -> list[Frame]:
    """Return the frames, those at some places all of one grey level."""
    return [np.full_like(frame, level) if index in places else frame for index, frame in enumerate(frames)]


def smoothed(frames: Sequence[Frame], **choices: object) -> tuple[list[int], list[Frame]]:
    """Return which frames were replaced, and the smoothed clip."""
    replaced: list[int] = []
    smoother = create_smoother("trajectory", 0.7, on_replaced=replaced.append, **choices)
    return replaced, list(smoother(frames))


@pytest.mark.input_table(
    "Held frames and flashes",
    "one black or white frame in a scene",
    "counted as flicker, not as two cuts; smoothing replaces it",
)
@pytest.mark.parametrize(("level", "kind"), [(0, "black"), (255, "white"), (128, "one colour")])
@pytest.mark.parametrize("lossy", [False, True])
def test_a_single_blank_frame_is_flicker_and_no_cut(
    level: int, kind: str, lossy: bool, clean: list[Frame]
) -> None:
    clip = with_frames(clean, [9], level)
    report = measure(compressed(clip) if lossy else clip)
    assert (report.cuts, dict(report.odd)) == ((), {9: kind})
    assert report.as_dict()["odd_frames"] == {"9": kind}
    levels = report["flicker_score"].per_frame
    assert max(range(1, 19), key=lambda index: levels[index] or 0) == 9
    assert mean(report, "flicker_score") > 5 * mean(measure(clean), "flicker_score")
    assert mean(report, "luma_flicker") > 0.2


def test_a_single_frame_of_another_scene_is_no_shot(clean: list[Frame], elsewhere: list[Frame]) -> None:
    report = measure([*clean[:9], elsewhere[9], *clean[10:]])
    assert (report.cuts, dict(report.odd)) == ((), {9: "another picture"})


def test_shots_and_what_comes_out_of_black_are_as_before(clean: list[Frame], elsewhere: list[Frame]) -> None:
    report = measure([*clean[:6], *elsewhere[:4], *clean[6:12]])
    assert (report.cuts, dict(report.odd)) == ((6, 10), {})
    report = measure(with_frames(clean, [0, 1, 2], 0))
    assert (report.cuts, dict(report.odd)) == ((3,), {})
    report = measure([*clean[:6], *with_frames(clean[6:9], [0, 1, 2], 0), *elsewhere[:6]])
    assert dict(report.odd) == {}


@pytest.mark.input_table(
    "Held frames and flashes", "a strobe", "one shot with very much flicker, and all figures"
)
@pytest.mark.parametrize("period", [1, 2, 3])
@pytest.mark.parametrize("level", [0, 255, None])
def test_a_strobe_is_one_shot_with_all_figures(period: int, level: int | None, clean: list[Frame]) -> None:
    clip = [
        frame if index // period % 2 == 0 else 255 - frame if level is None else np.full_like(frame, level)
        for index, frame in enumerate(clean)
    ]
    report = measure(clip[: 4 * period * (18 // (4 * period)) + period])
    assert report.cuts == ()
    assert all(series.mean is not None for series in report.values())
    assert mean(report, "flicker_score") > 30


def test_what_shows_nothing_is_blank(clean: list[Frame]) -> None:
    assert all(is_blank(np.full((64, 64, 3), level, np.uint8)) for level in (0, 90, 255))
    assert not is_blank(clean[0])
    assert not is_blank(clean[0] // 4)


@pytest.mark.parametrize("level", [0, 255, 128, 110])
def test_smoothing_puts_what_lies_between_in_place_of_a_single_odd_frame(
    level: int, clean: list[Frame]
) -> None:
    replaced, found = smoothed(with_frames(clean, [9], level))
    assert replaced == [9]
    assert psnr(found[9], clean[9]) > 32
    report = measure(found)
    assert mean(report, "flicker_score") < 1
    replaced, found = smoothed(compressed(with_frames(clean, [9], level)))
    assert replaced == [9]
    assert psnr(found[9], clean[9]) > 25


def test_the_bars_around_an_odd_frame_stay_black(clean: list[Frame]) -> None:
    clip = [frame.copy() for frame in with_frames(clean, [9], 255)]
    for frame in clip:
        frame[:16] = 0
    clip[9][:] = 0
    replaced, found = smoothed(clip)
    assert replaced == [9]
    assert found[9][16:].mean() > 50
    assert not any(frame[:16].any() for frame in found)


@pytest.mark.input_table(
    "Held frames and flashes", "lightning over several frames, a strobe to be smoothed", "it stays as it is"
)
def test_light_and_strobes_stay(clean: list[Frame]) -> None:
    for places in ([9, 10], [5, 9, 13], [4, 8], list(range(1, 20, 2))):
        clip = with_frames(clean, places, 255)
        replaced, found = smoothed(clip)
        assert replaced == []
        assert all(found[place].min() > 240 for place in places)
    flash = [np.asarray(np.clip(frame * 1.6 + 30, 0, 255), np.uint8) for frame in clean]
    replaced, found = smoothed([*clean[:9], flash[9], *clean[10:]])
    assert replaced == []
    assert smoothed(held(with_frames(clean, [9], 255), 2))[0] == []


def test_an_odd_frame_stays_where_nothing_is_smoothed(clean: list[Frame]) -> None:
    clip = with_frames(clean, [9], 0)
    lanes = list(create_smoother("trajectory", 0.7).at_strengths(clip, (0.0, 0.7)))  # type: ignore[attr-defined]
    assert all(np.array_equal(first, frame) for (first, _), frame in zip(lanes, clip, strict=True))
    assert lanes[9][1].mean() > 50
    for name in ("ema", "poisson", "deflicker"):
        assert not list(create_smoother(name, 0.7)(clip))[9].any()


def test_a_guide_tells_of_motion_and_the_clip_of_odd_frames(clean: list[Frame]) -> None:
    replaced, found = smoothed(with_frames(clean, [9], 0), guide=clean)
    assert replaced == [9]
    assert psnr(found[9], clean[9]) > 32


def test_smooth_says_what_it_replaced(tmp_path: Path, clean: list[Frame]) -> None:
    source = write_clip(tmp_path / "in.mkv", with_frames(clean[:16], [9], 0))
    result = CliRunner().invoke(
        cli, ["smooth", source, "-o", str(tmp_path / "out.mkv")], catch_exceptions=False
    )
    assert (
        "single frames unlike both neighbours, which are alike: 9; replaced" in result.output + result.stderr
    )
    result = CliRunner().invoke(cli, ["measure", source], catch_exceptions=False)
    assert "frames that interrupt a scene (black): 9" in result.output
    assert "new shots begin" not in result.output


def flashing(rate: float, seconds: float, fps: Fraction | int = 25, *, share: float = 1.0) -> FlashReport:
    """Judge a second of grey, white flashes at a rate in a share of the width, and grey again."""
    meter = FlashMeter(Fraction(fps))
    for index in range(int((seconds + 2) * fps)):
        frame, time = np.full((48, 48, 3), 20, np.uint8), index / float(fps) - 1
        if 0 <= time < seconds and int(2 * rate * time + 1e-9) % 2 == 0:
            frame[:, : int(48 * share)] = 200
        meter.update(frame)
    return meter.report()


@pytest.mark.parametrize("fps", [24, 25, 30, Fraction(30000, 1001), 60])
@pytest.mark.parametrize(
    ("rate", "seconds", "passed"),
    [
        (2, 6, False),
        (2.5, 6, False),
        (3, 5.6, False),
        (2, 5, True),
        (3, 4.5, True),
        (1.7, 8, True),
        (1, 8, True),
    ],
)
def test_two_flashes_a_second_for_more_than_5_s_are_extended(
    fps: Fraction | int, rate: float, seconds: float, passed: bool
) -> None:
    report = flashing(rate, seconds, fps)
    assert report.passed
    assert report.extended_passed is passed
    assert report.as_dict()["passed"] is True
    assert report.as_dict()["extended"]["passed"] is passed
    assert ("extended flashing" in report.sentence) is not passed


def test_extended_flashing_is_told_with_its_place() -> None:
    found = flashing(2, 7).extended_general
    assert found.start == pytest.approx(1, abs=0.05)
    assert found.seconds == pytest.approx(6.75, abs=0.1)
    assert (found.share, found.area) == (1, 1)
    assert not flashing(4, 6).passed
    assert not flashing(4, 6).extended_passed


@pytest.mark.input_table(
    "Held frames and flashes",
    "2 flashes a second for more than 5 s",
    "passes WCAG; extended flashing is told apart",
)
def test_extended_flashing_counts_from_a_quarter_of_a_field_of_view() -> None:
    assert flashing(2.5, 7, share=1 / 12).extended_passed
    assert not flashing(2.5, 7, share=1 / 3).extended_passed


def test_red_flashing_may_be_extended_too() -> None:
    meter = FlashMeter(Fraction(24))
    for index in range(24 * 7):
        meter.update(np.full((24, 24, 3), (255, 0, 0) if index % 10 < 5 else (0, 60, 60), np.uint8))
    assert not meter.report().extended_red.passed


def test_flashes_with_a_pause_are_not_extended() -> None:
    meter = FlashMeter(Fraction(24))
    for index in range(24 * 9):
        bright = index % 8 < 4 and not 4 * 24 <= index < 5 * 24 + 12
        meter.update(np.full((24, 24, 3), 200 if bright else 20, np.uint8))
    assert meter.report().extended_passed
