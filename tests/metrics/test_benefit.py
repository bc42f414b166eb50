"""Whether smoothing was worth it: each rule alone, and shots judged by themselves."""

import pytest

from framesmooth.metrics.base import Series
from framesmooth.metrics.benefit import adds_ghosts, judge_shots, unchanged
from framesmooth.metrics.report import Report

FIGURES = {
    "flicker_score": 8.0,
    "warping_error": 4.0,
    "luma_flicker": 2.0,
    "luma_flicker_local": 3.0,
    "sharpness_pumping": 0.2,
}


def report(*shots: dict[str, float]) -> Report:
    """Return the report of shots of ten frames each, with the same figures at all of their frames."""
    names = [name for name in (*FIGURES, "ghosting") if name in shots[0]]
    values = {name: tuple(shot[name] for shot in shots for _ in range(10)) for name in names}
    series = {
        name: Series(known, sum(known) / len(known), max(known), None, "unit", False)
        for name, known in values.items()
    }
    cuts = tuple(range(10, 10 * len(shots), 10))
    return Report(series, num_frames=10 * len(shots), cuts=cuts, settings={})


def scaled(share: float, **changes: float) -> dict[str, float]:
    return {name: share * value for name, value in FIGURES.items()} | changes


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (scaled(0.7), None),
        (scaled(1.0, luma_flicker=1.9), None),
        (scaled(1.0), "lowers no figure"),
        (scaled(0.99), "lowers no figure"),
        (scaled(0.7, sharpness_pumping=0.21), "pumping of sharpness from 0.2 to 0.21"),
        (scaled(0.7, luma_flicker_local=3.2), "local flicker of brightness from 3 to 3.2"),
        (scaled(0.7, warping_error=4.05), None),  # by 1 %
        (scaled(0.4, sharpness_pumping=0.24), None),  # more than half of the flicker is gone
        (scaled(0.4, sharpness_pumping=0.26), "pumping of sharpness from 0.2 to 0.26"),
        (scaled(1.0, flicker_score=9.0), "raises flicker from 8 to 9"),
    ],
)
def test_what_is_no_help(after: dict[str, float], why: str | None) -> None:
    (shot,) = judge_shots(report(FIGURES), report(after))
    assert (shot.start, shot.stop) == (0, 10)
    assert (shot.unhelpful is None) if why is None else (why in str(shot.unhelpful))


@pytest.mark.parametrize(
    ("flicker", "left", "luma", "fine"),
    [(8.0, 3.0, 0.45, True), (8.0, 3.0, 0.55, False), (8.0, 5.0, 0.45, False), (4.0, 1.0, 0.45, False)],
)
def test_a_small_figure_may_rise_where_much_flicker_goes(
    flicker: float, left: float, luma: float, fine: bool
) -> None:
    before = FIGURES | {"flicker_score": flicker, "luma_flicker": 0.2}
    after = scaled(0.4, flicker_score=left, luma_flicker=luma)
    (shot,) = judge_shots(report(before), report(after))
    assert (shot.unhelpful is None) is fine


def test_each_shot_is_judged_by_itself() -> None:
    before, after = report(FIGURES, FIGURES, FIGURES), report(scaled(0.6), FIGURES, scaled(0.5))
    shots = judge_shots(before, after)
    assert [(shot.start, shot.stop, shot.unhelpful is None) for shot in shots] == [
        (0, 10, True),
        (10, 20, False),
        (20, 30, True),
    ]


@pytest.mark.parametrize(
    ("flicker", "luma", "spared"), [(2.5, 0.4, True), (2.5, 0.6, False), (4.0, 0.4, False)]
)
def test_a_grainy_clip_is_spared_if_that_is_asked(flicker: float, luma: float, spared: bool) -> None:
    grain = scaled(0.1, flicker_score=flicker, luma_flicker=luma)
    less = {name: value / 3 for name, value in grain.items()}
    (shot,) = judge_shots(report(grain), report(less), spare_clean=True)
    assert (shot.unhelpful is not None) is spared
    (shot,) = judge_shots(report(grain), report(less))
    assert shot.unhelpful is None


def test_what_is_left_alone_keeps_its_figures_and_all_detail() -> None:
    before = report(FIGURES)
    after = unchanged(before)
    assert after["detail_retention"].mean == 1
    assert all(after[name] == before[name] for name in FIGURES)


@pytest.mark.parametrize(
    ("ghosting", "flicker_left", "why"),
    [
        ((2, 30), 0.7, "ghosting from 2 to 30 %"),
        ((2, 30), 0.4, None),
        ((2, 11), 0.7, None),
        ((60, 80), 0.7, None),
    ],
)
def test_what_moved_and_now_dissolves_is_no_help(
    ghosting: tuple[float, float], flicker_left: float, why: str | None
) -> None:
    """Unless half of the flicker is gone, which may have hidden the ghosts."""
    before, after = FIGURES | {"ghosting": ghosting[0]}, scaled(flicker_left, ghosting=ghosting[1])
    for shots in (1, 2):  # as a whole, and shot by shot
        for shot in judge_shots(report(*[before] * shots), report(*[after] * shots)):
            assert (shot.unhelpful is None) if why is None else (why in str(shot.unhelpful))


def test_ghosts_count_where_the_flicker_is_unknown() -> None:
    assert adds_ghosts(0, 40, None)
    assert not adds_ghosts(40, 0, None)
