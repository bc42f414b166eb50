"""Flash safety on clips made to the definitions of WCAG 2.3.1 and ITU-R BT.1702."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from framesmooth.metrics.flash_safety import FlashMeter, FlashReport, cell_means
from tests.scenes import Frame, moving_scene

Color = tuple[int, int, int]
FPS = Fraction(24)
BLACK, GREY, WHITE = (0, 0, 0), (128, 128, 128), (255, 255, 255)
RED, DARK_RED, BLUE = (255, 0, 0), (90, 0, 0), (0, 0, 255)


def judge(frames: list[Frame], fps: Fraction = FPS) -> FlashReport:
    meter = FlashMeter(fps)
    for frame in frames:
        meter.update(frame)
    return meter.report()


def flicker(
    hertz: float, first: Color, second: Color, *, share: float = 1.0, seconds: float = 2, fps: float = 24
) -> list[Frame]:
    """A square wave between two colours over the left ``share`` of a grey picture."""
    frames = []
    for t in range(round(seconds * fps)):
        frame = np.full((64, 96, 3), 60, np.uint8)
        frame[:, : round(96 * share)] = first if int(2 * hertz * t / fps) % 2 == 0 else second
        frames.append(frame)
    return frames


@pytest.mark.parametrize("colors", [(BLACK, WHITE), (BLACK, GREY), (BLACK, RED), (RED, BLUE)])
@pytest.mark.parametrize(
    ("hertz", "passed"), [(0, True), (2, True), (3, True), (3.5, False), (4, False), (8, False)]
)
def test_more_than_three_flashes_a_second_fail(
    colors: tuple[Color, Color], hertz: float, passed: bool
) -> None:
    assert judge(flicker(hertz, *colors)).passed is passed


@pytest.mark.parametrize(
    "fps", [10, Fraction(25, 2), Fraction(24000, 1001), 25, Fraction(30000, 1001), 50, 60]
)
def test_the_rate_of_the_clip_does_not_matter(fps: int | Fraction) -> None:
    """Above 3 Hz (BT.1702) a second has a seventh transition: more than three flashes."""
    for hertz, passed in ((2, True), (3, True), (3.4, False), (5, False)):
        frames = flicker(hertz, BLACK, WHITE, fps=float(fps), seconds=4)
        assert judge(frames, Fraction(fps)).passed is passed


@pytest.mark.parametrize(("share", "passed"), [(1 / 12, True), (2 / 12, False), (1, False)])
def test_more_than_a_quarter_of_a_field_of_view_fails(share: float, passed: bool) -> None:
    """A field is a third of the picture's width: a twelfth is a quarter of it."""
    report = judge(flicker(6, BLACK, WHITE, share=share))
    assert report.passed is passed
    assert report.general.share == pytest.approx(min(3 * share, 1))
    assert report.general.area == pytest.approx(share)


@pytest.mark.parametrize(("share", "passed"), [(1 / 12, True), (3 / 12, True), (4 / 12, False)])
def test_broadcast_allows_a_quarter_of_the_whole_screen(share: float, passed: bool) -> None:
    """BT.1702 sets its limit of a quarter on the screen, WCAG on any field of view."""
    report = judge(flicker(6, BLACK, WHITE, share=share))
    assert report.as_dict()["itu_r_bt_1702"] is passed
    assert report.as_dict()["wcag_2_3_1"] is report.passed
    assert ("ITU-R BT.1702" in report.sentence) is (report.passed or not passed)


def test_small_lights_far_apart_pass() -> None:
    frames = [np.full((96, 96, 3), 60, np.uint8) for _ in range(48)]
    for t, frame in enumerate(frames):
        for y, x in ((0, 0), (0, 80), (80, 0), (80, 80)):
            frame[y : y + 16, x : x + 16] = 255 * (t // 2 % 2)
    assert judge(frames).passed
    for t, frame in enumerate(frames):
        frame[40:56, 32:56] = 255 * (t // 2 % 2)
    assert not judge(frames).passed


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (GREY, (140, 140, 140)),  # less than a tenth of full white
        ((235, 235, 235), WHITE),  # the darker state is above 0.8
    ],
)
def test_small_and_bright_changes_are_no_flashes(first: Color, second: Color) -> None:
    report = judge(flicker(8, first, second))
    assert report.passed
    assert report.general.share == 0


def test_red_fails_where_its_luminance_would_pass() -> None:
    report = judge(flicker(6, DARK_RED, BLACK))
    assert report.general.passed
    assert list(report.failures) == ["red"]
    assert "red flashes over 100% of a field of view, 100% of the picture, from 0.0 s on" in report.sentence
    assert judge(flicker(6, DARK_RED, (60, 0, 0))).passed  # one saturated red to another
    assert judge(flicker(6, (90, 60, 60), BLACK)).passed  # a red that isn't saturated


@pytest.mark.parametrize(
    ("first", "second", "passed"),
    [
        (GREY, (152, 152, 152), True),  # luminance 0.216 to 0.314: a change below 0.1
        (GREY, (153, 153, 153), False),  # to 0.319
        ((232, 232, 232), WHITE, True),  # the darker state is 0.807: the change of 0.193 doesn't count
        ((231, 231, 231), WHITE, False),  # 0.799
    ],
)
def test_general_flashes_at_their_limits(first: Color, second: Color, passed: bool) -> None:
    linear = [((color[0] / 255 + 0.055) / 1.055) ** 2.4 for color in (first, second)]
    assert (linear[1] - linear[0] < 0.1 or linear[0] >= 0.8) is passed
    assert judge(flicker(6, first, second)).general.passed is passed


def test_three_flashes_in_any_second_pass_and_a_fourth_fails() -> None:
    """Single frames of white, as close together as can be: each is two transitions."""
    for flashes, passed in ((3, True), (4, False)):
        frames = [np.full((16, 16, 3), 60, np.uint8) for _ in range(72)]
        for flash in range(flashes):
            frames[30 + 4 * flash][:] = 255
        assert judge(frames).passed is passed
    spread = [np.full((16, 16, 3), 255 if t % 8 == 0 else 60, np.uint8) for t in range(72)]
    assert judge(spread).passed  # three in every second, for three seconds


@pytest.mark.parametrize(
    ("first", "second", "passed"),
    [
        ((200, 0, 0), (120, 0, 0), False),  # 320 R falls from 185 to 60; its luminance by 0.083 only
        ((100, 0, 0), (84, 0, 0), True),  # by 12 of 320: less than 20
        ((100, 0, 0), (71, 0, 0), False),  # by 20.6
        ((90, 60, 60), (20, 20, 20), True),  # neither state is a saturated red
        (BLACK, (70, 0, 0), False),  # by 19.6, but far away in u'v', where black lies with white
    ],
)
def test_red_flashes_by_either_rule(first: Color, second: Color, passed: bool) -> None:
    report = judge(flicker(6, first, second))
    assert report.general.passed
    assert report.red.passed is passed


def test_a_triple_flash_and_a_change_of_scene_pass() -> None:
    """Three flashes are allowed; a change that nothing undoes within a second is none."""
    levels = [255] * 30 + [60] * 40 + [255, 60] * 3 + [255] * 40
    assert judge([np.full((16, 16, 3), level, np.uint8) for level in levels]).passed
    assert not judge([np.full((16, 16, 3), level, np.uint8) for level in (*levels[:77], *[60] * 40)]).passed


@pytest.mark.parametrize("fps", [24, 25, 60])
def test_a_sine_wave_is_judged_as_its_rate_says(fps: int) -> None:
    for hertz, passed in ((3, True), (3.4, False)):
        light = 0.5 + 0.5 * np.sin(2 * np.pi * hertz * np.arange(4 * fps) / fps)
        frames = [np.full((16, 16, 3), round(255 * x ** (1 / 2.2)), np.uint8) for x in light]
        assert judge(frames, Fraction(fps)).passed is passed


def test_slow_fades_count_once_each_way() -> None:
    """Three and five triangle waves a second, all in steps below a tenth."""
    for waves, passed in ((3, True), (5, False)):
        level = np.abs((np.arange(240) * waves / 120 * 2) % 2 - 1)
        frames = [np.full((16, 16, 3), round(255 * x ** (1 / 2.2)), np.uint8) for x in level]
        assert judge(frames, Fraction(120)).passed is passed


def test_one_bright_cut_and_common_motion_pass() -> None:
    assert judge([np.full((16, 16, 3), 255 * (t > 20), np.uint8) for t in range(48)]).passed
    assert judge(moving_scene(frames=24, size=(48, 64), pan=(2.0, 1.0)).frames).passed


def test_the_worst_second_is_where_it_flashes() -> None:
    still = [np.full((64, 96, 3), 60, np.uint8)] * 48
    report = judge([*still, *flicker(6, BLACK, WHITE, seconds=1), *still])
    assert report.general.start == pytest.approx(2, abs=0.5)
    assert report.as_dict()["general"] == {
        "passed": False,
        "share": 1.0,
        "area": 1.0,
        "worst_second": report.general.start,
    }
    assert report.as_dict()["worst_second"] == report.general.start
    assert judge(still).as_dict()["worst_second"] is None


@pytest.mark.parametrize(
    "make", [lambda: np.zeros((1, 1, 3), np.uint8), lambda: np.zeros((5, 700, 3), np.uint8)]
)
def test_frames_of_any_size_and_clips_of_any_length(make: Callable[[], Frame]) -> None:
    assert judge([]).passed
    assert judge([make()] * 3, Fraction(1, 2)).passed


def test_cells_are_means_of_linear_light() -> None:
    frame = np.zeros((48, 48, 3), np.uint8)
    frame[::2] = 255
    np.testing.assert_allclose(cell_means(frame), 0.5, atol=1e-6)
    np.testing.assert_allclose(cell_means(np.full((9, 9, 3), 188, np.uint8)), 0.503, atol=2e-3)
