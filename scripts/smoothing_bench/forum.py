"""Kinds of flicker as people ask about them: bands of lamps, breathing, key frames of a codec, dust."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from tables import markdown_table

from framesmooth import defaults
from framesmooth.frames import Frame
from framesmooth.smoothing.base import create_smoother
from smoothing_bench.clips import Shot
from smoothing_bench.figures import columns, detail, mean, named, select, share, worst
from smoothing_bench.forum_kinds import CLEAN, FORUM_KINDS, KEY_EVERY, overlay, titled
from smoothing_bench.judging import Judge, Score
from smoothing_bench.methods import METHODS
from smoothing_bench.plan import Plan, Row
from smoothing_bench.remembered import NAME as REMEMBERED

KINDS: Final = (
    "rolling bands",
    "breathing",
    "codec pumping",
    "dust",
    "overlays",
    "boil on twos",
    "dark noise",
)
SHOWN: Final = (
    "ffmpeg deflicker",
    "ffmpeg atadenoise, tuned",
    "window mean 5",
    "`deflicker`",
    "`trajectory`",
)
OWN: Final = {
    "rolling bands": "banding",
    "breathing": "breathing",
    "codec pumping": "pumping",
    "dust": "dust",
}
"""The smoothers that are made for a kind."""


@dataclass(frozen=True)
class ForumCase:
    """A clean clip, the kind of flicker to put into it, and the methods to take it out by."""

    shot: Shot
    kind: str
    methods: tuple[str, ...]
    seed: int


def run(plan: Plan) -> list[Row]:
    """Smooth every clip with each kind of flicker."""
    methods = tuple(name for name in SHOWN if name in plan.methods)
    cases = [ForumCase(shot, kind, methods, seed) for seed, shot in enumerate(plan.clips()) for kind in KINDS]
    return list(plan.spread(judged, cases))


def judged(case: ForumCase) -> list[Row]:
    """Return a row for every method of a case, and for the smoother that is made for the kind."""
    frames = case.shot.frames()
    clean = CLEAN.get(case.kind, list)(frames)
    spoiled = FORUM_KINDS[case.kind][0](frames, np.random.default_rng(case.seed))
    judge = Judge(clean)
    results = {name: list(METHODS[name].make(REMEMBERED)(spoiled)) for name in case.methods}
    if case.kind in OWN:
        results["made for it"] = list(create_smoother(OWN[case.kind], defaults.STRENGTH)(spoiled))
    rows = []
    for name, smoothed in results.items():
        score = judge.score(spoiled, smoothed)
        residual = score.removed
        if case.kind == "dust":
            score = Score(*specks(clean, spoiled, smoothed), score.gain)
        if case.kind == "overlays":
            score = Score(score.removed, 1 - kept_bits(spoiled, smoothed), score.gain)
        if case.kind == "codec pumping":
            jumps = [judge.jump(each, KEY_EVERY) for each in (spoiled, smoothed)]
            score = Score(1 - jumps[1] / jumps[0], score.loss, score.gain)
        figures = {"removed": score.removed, "loss": score.loss, "gain": score.gain, "residual": residual}
        rows.append({"clip": case.shot.name, "kinds": case.kind, "method": name, **figures})
    return rows


def kept_bits(spoiled: Sequence[Frame], smoothed: Sequence[Frame]) -> float:
    """Return the share of the pixels of logos and subtitles that are those of the input, bit for bit."""
    count = len(spoiled)
    drawn = [overlay(spoiled[0].shape[:2], subtitles=titled(index, count)) > 0 for index in range(count)]
    equal = [(one == other).all(axis=-1) for one, other in zip(spoiled, smoothed, strict=True)]
    return float(np.concatenate([same[mask] for same, mask in zip(equal, drawn, strict=True)]).mean())


def specks(clean: Sequence[Frame], dirty: Sequence[Frame], cleaned: Sequence[Frame]) -> tuple[float, float]:
    """Return the share of the specks of which a third at most is left, and that of other pixels that changed.

    A pixel changed where a channel of it differs by more than 4 levels from the dusty frame.
    """
    gone, changed = list[bool](), list[float]()
    for wanted, before, after in zip(clean, dirty, cleaned, strict=True):
        there, left, moved = (_gap(*pair) for pair in ((before, wanted), (after, wanted), (after, before)))
        near = cv2.dilate((there > 0).astype(np.uint8), np.ones((5, 5), np.uint8))
        count, labels = cv2.connectedComponents(near)
        for at in (labels == label for label in range(1, count)):
            if there[at].max() > 40:
                gone.append(bool(left[at].mean() < there[at].mean() / 3))
        changed.append(float((moved[near == 0] > 4).mean()))
    return float(np.mean(gone)), float(np.mean(changed))


def tables(rows: Sequence[Row]) -> str:
    """Return the mean over the clips for each kind."""
    kinds = columns(rows, "kinds")
    lines = [
        [named(name), *(_cell(select(rows, method=name, kinds=kind)) for kind in kinds)]
        for name in columns(rows, "method")
    ]
    return "\n\n".join(
        [
            "Removed / detail loss, means over the clips; in brackets what is removed on the worst clip. "
            "Of pumping: the share of what the residual at key frames has beyond that at others. "
            "Of dust: the share of specks and hairs that are gone, and that of other pixels that changed by "
            "more than 4 levels. Of overlays, under which places flicker: the share of their pixels that "
            "changed, in place of the detail loss. "
            "Made for it are `banding`, `breathing`, `pumping` and `dust`.",
            markdown_table(["method", *kinds], lines),
        ]
    )


def _cell(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    return f"{share(mean(rows, 'removed'))} / {detail(mean(rows, 'loss'))} ({share(worst(rows, 'removed'))})"


def _gap(first: Frame, second: Frame) -> np.ndarray:
    return np.asarray(cv2.absdiff(first, second).max(axis=-1))
