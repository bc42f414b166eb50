"""Which clip is better: each rule alone, what is missing, and the order of a leaderboard."""

from dataclasses import replace

import pytest

from framesmooth.errors import GateFailed
from framesmooth.metrics.base import Series
from framesmooth.metrics.report import Report
from framesmooth.metrics.verdict import (
    Verdict,
    judge,
    ranked,
    require_better,
)
from framesmooth.reports.tables import share


def report(**means: float | None) -> Report:
    series = {
        name: Series((None, mean), mean, mean, None, "unit", False, "" if mean is not None else "no flow")
        for name, mean in means.items()
    }
    return Report(series, num_frames=9, cuts=(), settings={})


def clip(warping: float | None, luma: float, motion: float, detail: float | None = None) -> Report:
    more = {} if detail is None else {"detail_retention": detail}
    return report(warping_error=warping, luma_flicker=luma, dynamic_degree=motion, **more)


BEFORE = clip(4.0, 8.0, 3.0)


@pytest.mark.parametrize(
    ("after", "better", "reason"),
    [
        (clip(2.0, 1.0, 3.0, 0.98), True, "warping error −50%"),
        (clip(2.0, 1.0, 3.0, 0.97), True, "detail loss .03"),
        (clip(2.0, 1.0, 2.71, 1.2), True, "motion −10%"),
        (clip(2.0, 1.0, 3.0, 0.88), False, "detail loss .12 > .03 (blur"),
        (clip(5.0, 1.0, 3.0, 1.0), False, "warping error +25%: 4 → 5"),
        (clip(2.0, 8.0, 3.0, 1.0), False, "luma flicker unchanged at 8"),
        (clip(2.0, 1.0, 0.0, 1.0), False, "motion −100%, more than 10% (frozen"),
        (clip(2.0, 1.0, 3.4, 1.0), False, "motion +13%, more than 10% (wobble)"),
        (clip(None, 1.0, 3.0, 1.0), None, "warping_error: no flow"),
        (clip(2.0, 1.0, 3.0), None, "detail_retention was not measured"),
        (clip(None, 9.0, 3.0, 1.0), False, "luma flicker +12%"),
    ],
)
def test_the_rule(after: Report, better: bool | None, reason: str) -> None:
    verdict = judge(BEFORE, after)
    assert verdict.better is better
    assert reason in verdict.sentence
    label = {True: "steadier", False: "not better", None: "no verdict"}[better]
    assert verdict.sentence.startswith(f"{label}: ")
    assert len(verdict.reasons) == (4 if better else 1)


def test_a_clip_in_which_things_dissolve_is_not_better() -> None:
    def with_ghosts(share: float, flicker: float, seen: Report) -> Report:
        return replace(seen, series={**seen.series, **report(ghosting=share, flicker_score=flicker).series})

    before, after = with_ghosts(3, 4, BEFORE), clip(2.0, 1.0, 3.0, 0.98)
    verdict = judge(before, with_ghosts(45, 3, after))
    assert verdict.better is False
    assert verdict.reasons == ("ghosting 3% → 45% (what moved dissolves)",)
    assert judge(before, with_ghosts(45, 1, after)).better is True
    assert judge(before, with_ghosts(3, 3, after)) == judge(BEFORE, after)


def test_a_clip_is_not_better_than_itself() -> None:
    verdict = judge(BEFORE, clip(4.0, 8.0, 3.0, 1.0))
    assert verdict.better is False
    assert verdict.reasons == ("warping error unchanged at 4", "luma flicker unchanged at 8")
    assert (verdict.flicker_left, verdict.detail_loss, verdict.motion_change) == (1, 0, 0)


def test_true_motion_is_no_freeze() -> None:
    after = clip(2.0, 1.0, 1.0, 1.0)
    assert judge(BEFORE, after).better is False
    assert judge(BEFORE, after, true_motion=1.05).better is True
    assert judge(BEFORE, after, true_motion=2.0).better is False
    nearer = judge(BEFORE, clip(2.0, 1.0, 2.0, 1.0), true_motion=1.5)
    assert nearer.better is True
    assert "motion −33%, towards the clean motion" in nearer.reasons
    assert judge(BEFORE, clip(2.0, 1.0, 4.0, 1.0), true_motion=2.0).better is False


def test_detail_that_the_clip_before_lacked_too_is_not_lost() -> None:
    poorer, richer = clip(4.0, 8.0, 3.0, 0.8), clip(2.0, 1.0, 3.0, 0.9)
    verdict = judge(poorer, richer)
    assert verdict.better is True
    assert verdict.detail_loss == pytest.approx(-0.1)
    assert judge(clip(4.0, 8.0, 3.0, 0.9), clip(2.0, 1.0, 3.0, 0.8)).reasons == (
        "detail loss .1 > .03 (blur)",
    )


def test_flicker_left_is_of_the_residual_where_there_is_one() -> None:
    before = report(warping_error=4.0, luma_flicker=8.0, flicker_residual=50.0)
    after = report(warping_error=1.0, luma_flicker=2.0, flicker_residual=5.0)
    assert judge(before, after).flicker_left == pytest.approx(0.1)
    assert judge(before, report(warping_error=1.0, luma_flicker=2.0)).flicker_left == pytest.approx(0.25)
    assert judge(report(warping_error=0.0), report(warping_error=1.0)).flicker_left is None


def verdict(better: bool | None, left: float | None) -> Verdict:
    return Verdict(better, ("why",), left, None, None, None)


def test_a_leaderboard_has_winners_first_and_ties() -> None:
    verdicts = {
        "blurred": verdict(False, 0.01),
        "good": verdict(True, 0.3),
        "same": verdict(True, 0.30004),
        "best": verdict(True, 0.2),
        "unknown": verdict(None, None),
        "still": verdict(False, None),
        "frozen": replace(verdict(False, 0.0), reasons=("why", "and why")),
    }
    assert ranked(verdicts, share) == [
        ("1", "best"),
        ("2=", "good"),
        ("2=", "same"),
        ("4", "unknown"),
        ("5", "blurred"),
        ("6", "still"),
        ("7", "frozen"),
    ]


def test_the_gate_names_all_that_are_not_better() -> None:
    require_better({"a": verdict(True, 0.1)})
    with pytest.raises(GateFailed, match="b is not better, c is no verdict"):
        require_better({"a": verdict(True, 0.1), "b": verdict(False, 1), "c": verdict(None, None)})
