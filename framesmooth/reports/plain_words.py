"""What the metrics of a clip mean for someone who looks at it: how steady it is, which frames look wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import Final

from framesmooth.metrics.report import Report

STEADY: Final = 2.6
"""Levels of 255 of the flicker score up to which a clip is steady; ``tune`` leaves such clips alone."""
FLICKERING: Final = 6.0
"""Levels of 255 from which on it is said to flicker."""
_TIMES_USUAL: Final = 4.0
"""A frame stands out that deviates so many times as much as the clip's median frame does."""
MOST_SHOWN: Final = 8

_SIGNS: Final = (
    (
        "luma_flicker",
        2.0,
        "it is brighter or darker than the frames beside it, by about {:.0f} of 255 levels",
    ),
    ("flicker_score", 5.0, "its colours or outlines jump, by about {:.0f} of 255 levels"),
    ("ghosting", 30.0, "things fade in or out in it instead of moving: {:.0f} % of what changes"),
    ("sharpness_pumping", 0.15, "it is softer or sharper than the frames beside it, by about {:.0%}"),
)
"""Metrics of single frames, the least value that is worth a look, and what is seen there."""


@dataclass(frozen=True)
class WrongFrame:
    """A frame that stands out, and why."""

    index: int
    why: str

    def at(self, fps: Fraction | None) -> str:
        """Return which frame it is, and when it is seen where the rate is known."""
        return f"frame {self.index}" + ("" if fps is None else f" ({float(self.index / fps):.1f} s)")


def steadiness(before: Report | None, after: Report) -> str:
    """Return how steady a clip is, such as "steady: flicker 0.40 of 255 levels (0.53 before smoothing)"."""
    if "flicker_score" not in after or after["flicker_score"].mean is None:
        reason = after.reason("flicker_score") if "flicker_score" in after else "it was not measured"
        return f"flicker is unknown: {reason}"
    level = after["flicker_score"].mean
    word = "steady" if level <= STEADY else "it still flickers" if level >= FLICKERING else "nearly steady"
    earlier = before["flicker_score"].mean if before is not None and "flicker_score" in before else None
    was = "" if earlier is None else f" ({earlier:.2f} before smoothing)"
    kept = after["detail_retention"].mean if before is not None and "detail_retention" in after else None
    detail = "" if kept is None else f", {kept:.0%} of the detail kept"
    return f"{word}: flicker {level:.2f} of 255 levels{was}{detail}"


def wrong_frames(report: Report) -> list[WrongFrame]:
    """Return the frames that stand out of their clip, in order, each with the strongest reason.

    Those are frames that interrupt a scene, and those whose brightness, colours or sharpness deviate from
    their neighbours' several times as much as is usual in the clip. A frame beside one that deviates more,
    whose deviation it shares, is not listed.
    """
    found = {
        index: f"it shows {_shown(shown)} in the middle of a scene" for index, shown in report.odd.items()
    }
    beside = {index + step for index in found for step in (-1, 1)}
    for name, least, words in _SIGNS:
        for index, value in _peaks(report, name, least):
            if index not in beside:
                found.setdefault(index, words.format(value))
                beside |= {index - 1, index + 1}
    return [WrongFrame(index, found[index]) for index in sorted(found)]


def wrong_words(frames: Sequence[WrongFrame], fps: Fraction | None) -> list[str]:
    """Return a line on each frame that stands out, eight at most and how many more there are."""
    if not frames:
        return ["no frame stands out"]
    lines = [f"look at {frame.at(fps)}: {frame.why}" for frame in frames[:MOST_SHOWN]]
    return lines if len(frames) <= MOST_SHOWN else [*lines, f"and at {len(frames) - MOST_SHOWN} other frames"]


def _shown(shown: str) -> str:
    return shown if shown.startswith("an") else f"a {shown} picture"


def _peaks(report: Report, name: str, least: float) -> Iterator[tuple[int, float]]:
    """Yield (frame, value) where a metric stands out and neither neighbour has more of it."""
    if name not in report:
        return
    values = report[name].per_frame
    known = [value for value in values if value is not None]
    if not known:
        return
    limit = max(least, _TIMES_USUAL * median(known))
    for index, value in enumerate(values):
        around = (other for other in values[max(index - 1, 0) : index + 2] if other is not None)
        if value is not None and value > limit and value >= max(around):
            yield index, value
