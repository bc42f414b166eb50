"""Whether a clip is better than another: flicker has to fall without a loss of detail or motion."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from framesmooth import defaults
from framesmooth.errors import GateFailed
from framesmooth.metrics.benefit import adds_ghosts
from framesmooth.metrics.report import Report

LARGEST_DETAIL_LOSS: Final = defaults.MAX_DETAIL_LOSS
LARGEST_MOTION_CHANGE: Final = 0.10
FALLING: Final = ("warping_error", "luma_flicker")
_SAME: Final = 1e-6  # relative: what rounding alone may change
_LABELS: Final = {"warping_error": "warping error", "luma_flicker": "luma flicker"}


@dataclass(frozen=True)
class Verdict:
    """Whether a clip is better than the one before, and why.

    Attributes:
        better: None where something that decides could not be measured.
        reasons: one line each, those that decide.
        flicker_left: of the flicker residual where the clean clip is known, else of the warping error: the
            share of BEFORE's, 1 where nothing changed.
        luma_left: the same of the luma flicker.
        detail_loss: by how much the detail_retention fell, from 1 where it is not known of BEFORE.
        motion_change: relative change of the dynamic degree.
    """

    better: bool | None
    reasons: tuple[str, ...]
    flicker_left: float | None
    luma_left: float | None
    detail_loss: float | None
    motion_change: float | None

    @property
    def label(self) -> str:
        """Return "steadier", "not better" or "no verdict"."""
        return {True: "steadier", False: "not better", None: "no verdict"}[self.better]

    @property
    def sentence(self) -> str:
        """Return the verdict and its reasons on one line."""
        return f"{self.label}: {'; '.join(self.reasons)}"

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON; null where something could not be measured."""
        return {
            "better": self.better,
            "verdict": self.label,
            "reasons": list(self.reasons),
            "flicker_left": self.flicker_left,
            "luma_left": self.luma_left,
            "detail_loss": self.detail_loss,
            "motion_change": self.motion_change,
        }


def judge(before: Report, after: Report, *, true_motion: float | None = None) -> Verdict:
    """Judge ``after`` against ``before``.

    It is better if warping_error and luma_flicker fall, the detail loss is at most 0.03, and the dynamic
    degree stays within 10 % of that of ``before``, of ``true_motion`` (px), that of a clean reference or
    guide, or between them: flicker looks like motion, and a clip that is rid of it must not be taken for a
    frozen one. It is not better where what moved dissolves now, see
    :func:`~framesmooth.metrics.benefit.adds_ghosts`.
    Both reports hold the dynamic degree of the clip's own flow, and the detail_retention against the clean
    reference; without one only that of ``after`` does, against ``before``.
    """
    checks = [_check_fall(name, before, after) for name in FALLING]
    checks += [_check_detail(before, after), _check_motion(before, after, true_motion)]
    checks += _check_ghosts(before, after)
    failures = [reason for passed, reason in checks if passed is False]
    unknown = [reason for passed, reason in checks if passed is None]
    better = False if failures else None if unknown else True
    residual = _left("flicker_residual", before, after)
    return Verdict(
        better=better,
        reasons=tuple(failures or unknown or (reason for _, reason in checks)),
        flicker_left=_left("warping_error", before, after) if residual is None else residual,
        luma_left=_left("luma_flicker", before, after),
        detail_loss=_detail_loss(before, after),
        motion_change=_change(_mean(before, "dynamic_degree"), _mean(after, "dynamic_degree")),
    )


def ranked(verdicts: Mapping[str, Verdict], text: Callable[[float | None], str]) -> list[tuple[str, str]]:
    """Return (rank, name) from best to worst: winners first, then by fewest failures, then by flicker left.

    What was not measured comes last of its kind.

    Clips whose flicker left reads the same in ``text`` share their rank: "2=".
    """

    def group(verdict: Verdict) -> tuple[int, int]:
        failed = verdict.better is False
        return {True: 0, None: 1, False: 2}[verdict.better], len(verdict.reasons) if failed else 0

    def key(name: str) -> tuple[tuple[int, int], bool, float]:
        verdict = verdicts[name]
        return group(verdict), verdict.flicker_left is None, verdict.flicker_left or 0.0

    order = sorted(verdicts, key=key)
    places = [(group(verdicts[name]), text(verdicts[name].flicker_left)) for name in order]
    return [(_rank(places, place), name) for place, name in zip(places, order, strict=True)]


def require_better(verdicts: Mapping[str, Verdict]) -> None:
    """Raise GateFailed unless every clip is better."""
    failed = [f"{name} is {verdict.label}" for name, verdict in verdicts.items() if not verdict.better]
    if failed:
        raise GateFailed(f"gate: {', '.join(failed)}")


def _rank(places: Sequence[object], place: object) -> str:
    return f"{places.index(place) + 1}{'=' if places.count(place) > 1 else ''}"


Check = tuple[bool | None, str]
"""Passed or not, None where that is unknown, and what to say about it."""


def _check_fall(name: str, before: Report, after: Report) -> Check:
    first, second = _mean(before, name), _mean(after, name)
    if first is None or second is None:
        return _missing(name, before, after)
    if abs(second - first) <= _SAME * max(first, second):
        return False, f"{_LABELS[name]} unchanged at {first:.4g}"
    change = _percent(second / first - 1) if first > 0 else "up"
    if second > first:
        return False, f"{_LABELS[name]} {change}: {first:.4g} → {second:.4g}"
    return True, f"{_LABELS[name]} {change}"


def _check_detail(before: Report, after: Report) -> Check:
    loss = _detail_loss(before, after)
    if loss is None:
        return _missing("detail_retention", after)
    if loss <= LARGEST_DETAIL_LOSS + _SAME:
        return True, f"detail {'gain' if loss < 0 else 'loss'} {_decimal(abs(loss))}"
    cause = "blur" if _mean(before, "detail_retention") is not None else "blur, or texture that flickered"
    return False, f"detail loss {_decimal(loss)} > {_decimal(LARGEST_DETAIL_LOSS)} ({cause})"


def _detail_loss(before: Report, after: Report) -> float | None:
    """Return how much less detail there is; before has all of it where nothing else is known."""
    retained, earlier = _mean(after, "detail_retention"), _mean(before, "detail_retention")
    return None if retained is None else (1 if earlier is None else earlier) - retained


def _check_motion(before: Report, after: Report, true_motion: float | None) -> Check:
    first, second = _mean(before, "dynamic_degree"), _mean(after, "dynamic_degree")
    if first is None or second is None:
        return _missing("dynamic_degree", before, after)
    changes = [_change(wanted, second) for wanted in (first, true_motion) if wanted is not None]
    known = [change for change in changes if change is not None]
    if not known:
        return False, f"motion where there was none: {second:.3g} px"
    said = f"motion {_percent(known[0])}"
    kept = [abs(change) <= LARGEST_MOTION_CHANGE + _SAME for change in known]
    if any(kept):
        return True, said if kept[0] else f"{said}, as the clean motion"
    if min(known) < 0 < max(known):  # between what it was and what it should be
        return True, f"{said}, towards the clean motion"
    cause = "frozen, or flicker that passed for motion" if known[0] < 0 else "wobble"
    return False, f"{said}, more than {LARGEST_MOTION_CHANGE:.0%} ({cause})"


def _check_ghosts(before: Report, after: Report) -> list[Check]:
    """Return what fails: ghosting that rises. It is no reason for a clip, so without it there is none."""
    first, second = _mean(before, "ghosting"), _mean(after, "ghosting")
    if (
        first is None
        or second is None
        or not adds_ghosts(first, second, _left("flicker_score", before, after))
    ):
        return []
    return [(False, f"ghosting {first:.3g}% → {second:.3g}% (what moved dissolves)")]


def _missing(name: str, *reports: Report) -> Check:
    for report in reports:
        if name not in report:
            return None, f"{name} was not measured"
        if report[name].mean is None:
            return None, f"{name}: {report.reason(name)}"
    raise AssertionError(f"{name} is there")


def _mean(report: Report, name: str) -> float | None:
    return report[name].mean if name in report else None


def _left(name: str, before: Report, after: Report) -> float | None:
    """Return the share of what ``before`` had that is left, None where that is unknown or it had none."""
    first, second = _mean(before, name), _mean(after, name)
    return None if not first or second is None else second / first


def _change(first: float | None, second: float | None) -> float | None:
    """Return the relative change, 0 from nothing to nothing, None where it cannot be told."""
    if first is None or second is None:
        return None
    return second / first - 1 if first > 0 else 0.0 if second == 0 else None


def _percent(change: float) -> str:
    """Return a relative change as "+12%"."""
    text = f"{change:+.0%}".replace("-", "−")
    return "±0%" if text[1:] == "0%" else text


def _decimal(value: float) -> str:
    """Return a share as ".12"."""
    return f"{value:.3g}".replace("0.", ".", 1) if abs(value) >= 5e-4 else "0"
