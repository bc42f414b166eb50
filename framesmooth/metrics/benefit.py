"""Whether smoothing a clip, or a shot of it, was worth it, by the figures before and after."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from framesmooth.metrics.base import Series
from framesmooth.metrics.report import Report
from framesmooth.metrics.second_difference import root_mean_square

LEAST_CHANGE: Final = 0.02
"""Relative: less is no difference."""

CLEAN_FLICKER: Final = 2.6
CLEAN_LUMA: Final = 0.5
"""Levels of flicker that can be removed, and of the mean luma's: a clip with no more is clean, or grainy."""

# What clips that may be called clean have of other figures at most (levels, and ln).
_CLEAN: Final = {"luma_flicker": CLEAN_LUMA, "luma_flicker_local": 1.0, "sharpness_pumping": 0.1}
ROUNDING: Final = {
    "flicker_score": 0.02,
    "warping_error": 0.002,
    "luma_flicker": 0.02,
    "luma_flicker_local": 0.02,
    "sharpness_pumping": 5e-4,
}
"""The figures of flicker: a rise by less (levels, ×10⁻³, ln) can neither be seen nor told from rounding."""

_WORDS: Final = {
    "flicker_score": "flicker",
    "warping_error": "the warping error",
    "luma_flicker": "flicker of brightness",
    "luma_flicker_local": "local flicker of brightness",
    "sharpness_pumping": "pumping of sharpness",
}
# Where half of a flicker of so many levels goes, the clip is steadier even if another figure rises a little:
# by a quarter, or to what is hardly seen.
_GREAT_FALL, _MUCH_FLICKER = 0.5, 6.0
_LITTLE_MORE: Final = 1.25
_HARDLY_SEEN: Final = _CLEAN | {"sharpness_pumping": 0.2}
# Percent of the change, and a factor. Smoothing clips without ghosts raised it by 9 at most: less flicker
# hides less of what fades, and makes the rest a larger share of a smaller change.
_MORE_GHOSTS: Final = 10.0
_TIMES_GHOSTS: Final = 1.5
# Level of 255: flicker of deeper frames by less hardly shows in 8 bits.
_LEAST_SHOWN: Final = 1.0


@dataclass(frozen=True)
class Shot:
    """Frames ``start`` to ``stop`` of a clip, and why smoothing doesn't help there; None where it does."""

    start: int
    stop: int
    unhelpful: str | None


def judge_shots(
    before: Report, after: Report, *, spare_clean: bool = False, deep: bool = False
) -> list[Shot]:
    """Judge each shot of a smoothed clip; the clip as a whole where smoothing changed where shots begin.

    Smoothing is no help where a figure rises by more than 2 %, unless half of more than 6 levels of flicker
    goes and the figure rises by less than a quarter or stays small; where ghosting rises by 10 points and by
    half, unless the flicker falls by half; or where no figure falls by 2 %; with ``spare_clean`` also where
    there was no more flicker than film grain has. Figures are those of 8 bits: they don't judge ``deep``
    frames that flicker by less than a level.
    """
    if before.cuts != after.cuts or before.num_frames != after.num_frames:
        edges = [0, after.num_frames]
    else:
        edges = [0, *before.cuts, after.num_frames]
    return [
        Shot(start, stop, _unhelpful(before, after, slice(start, stop), spare_clean=spare_clean, deep=deep))
        for start, stop in pairwise(edges)
    ]


def unchanged(before: Report) -> Report:
    """Return the report of the clip that ``before`` describes as the result of leaving it as it is."""
    kept = (1.0,) * before.num_frames
    detail = Series(kept, 1.0, 1.0, None, "share", True)
    series = {**before.series, "detail_retention": detail}
    settings = {**before.settings, "reference": True}
    return Report(series, before.num_frames, before.cuts, settings, before.flashes, before.held, before.odd)


def adds_ghosts(before: float, after: float, flicker_left: float | None) -> bool:
    """Tell whether smoothing dissolves what moved, by the ghosting before and after in percent.

    ``flicker_left`` is the share of the flicker score that is left, None where it is unknown. Where half of
    it went, nothing can be said: flicker hides ghosts that were there before.
    """
    if flicker_left is not None and flicker_left <= _GREAT_FALL:
        return False
    return after > max(before + _MORE_GHOSTS, _TIMES_GHOSTS * before)


def _unhelpful(before: Report, after: Report, part: slice, *, spare_clean: bool, deep: bool) -> str | None:
    figures = dict(_figures(before, after, part))
    if not figures or (deep and "flicker_score" in figures and figures["flicker_score"][0] < _LEAST_SHOWN):
        return None
    if spare_clean and _is_clean(figures):
        removed = _removed(*figures["flicker_score"])
        return f"clean: {removed:.1f} levels of flicker could be removed, no more than film grain has"
    changes = {name: second / first - 1 if first > 0 else 0.0 for name, (first, second) in figures.items()}
    flicker = changes.get("flicker_score", 0.0)
    for name, (first, second) in figures.items():
        if second > first * (1 + LEAST_CHANGE) + ROUNDING[name] and not _may_rise(name, figures):
            return f"smoothing raises {_WORDS[name]} from {first:.3g} to {second:.3g}"
    ghosts = _figure("ghosting", before, after, part)
    if ghosts is not None and adds_ghosts(*ghosts, 1 + flicker):
        return f"smoothing raises ghosting from {ghosts[0]:.3g} to {ghosts[1]:.3g} % of the change"
    if min(changes.values()) > -LEAST_CHANGE:
        return f"smoothing lowers no figure of flicker by {LEAST_CHANGE:.0%}"
    return None


def _may_rise(name: str, figures: Mapping[str, tuple[float, float]]) -> bool:
    """Tell whether a figure may be higher after smoothing: much flicker went, and the figure rises little."""
    flicker, left = figures.get("flicker_score", (0.0, 0.0))
    before, after = figures[name]
    much_went = flicker > _MUCH_FLICKER and left <= _GREAT_FALL * flicker
    return much_went and after <= max(_LITTLE_MORE * before, _HARDLY_SEEN.get(name, 0.0))


def _figures(before: Report, after: Report, part: slice) -> Iterator[tuple[str, tuple[float, float]]]:
    """Yield the figures of flicker in a part of the clip, before and after, by name."""
    for name in ROUNDING:
        found = _figure(name, before, after, part)
        if found is not None:
            yield name, found


def _figure(name: str, before: Report, after: Report, part: slice) -> tuple[float, float] | None:
    """Return a metric in a part of the clip, before and after; None where either wasn't measured."""
    if name not in before or name not in after:
        return None
    if part == slice(0, after.num_frames):
        first, second = before[name].mean, after[name].mean
        return None if first is None or second is None else (first, second)
    pairs = zip(before[name].per_frame[part], after[name].per_frame[part], strict=True)
    known = [(first, second) for first, second in pairs if first is not None and second is not None]
    if not known:
        return None
    return root_mean_square([p[0] for p in known]), root_mean_square([p[1] for p in known])


def _is_clean(figures: dict[str, tuple[float, float]]) -> bool:
    if any(name not in figures or figures[name][0] > limit for name, limit in _CLEAN.items()):
        return False
    return "flicker_score" in figures and _removed(*figures["flicker_score"]) <= CLEAN_FLICKER


def _removed(first: float, second: float) -> float:
    return float(max(first**2 - second**2, 0.0) ** 0.5)
