"""What each step of the default smoother buys: one at a time is turned off."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tables import markdown_table

from framesmooth import defaults
from framesmooth.smoothing.base import create_smoother
from smoothing_bench.figures import columns, decibels, detail, mean, select, share, worst
from smoothing_bench.judging import Judge
from smoothing_bench.methods import OURS
from smoothing_bench.plan import KINDS, MIXED, Case, Plan, Row
from smoothing_bench.remembered import NAME as REMEMBERED
from smoothing_bench.variants import VARIANTS

_FRAMES = 14
_SMALL_FRAMES, _SMALL_WIDTH = 12, 320
_NAMES = tuple(variant.name for variant in VARIANTS)


@dataclass(frozen=True)
class Ablated:
    """A case and where it stands in the table: among the clips, or under one kind."""

    case: Case
    group: str


def run(plan: Plan) -> list[Row]:
    """Smooth all clips with mixed flicker, and every other one, smaller, with each kind, by every variant."""
    clips = [Ablated(Case(shot, _NAMES, seed=seed), "clips") for seed, shot in enumerate(plan.clips(_FRAMES))]
    small = replace(plan, width=min(plan.width, _SMALL_WIDTH)).clips(_SMALL_FRAMES)
    by_kind = [
        Ablated(Case(shot, _NAMES, kind, seed=seed), kind)
        for seed, shot in enumerate(small[1::2])
        for kind in KINDS
    ]
    return list(plan.spread(_varied, [*clips, *by_kind]))


def _varied(task: Ablated) -> list[Row]:
    clean, spoiled = task.case.load()
    judge = Judge(clean)
    rows = []
    for variant in VARIANTS:
        settings = {"flow": REMEMBERED, **variant.settings}
        try:
            with variant.applied():
                smoothed = list(create_smoother("trajectory", defaults.STRENGTH, **settings)(spoiled))
        except (AttributeError, TypeError) as error:
            print(f"  {variant.name}: {error}", file=sys.stderr)
            continue
        score = judge.score(spoiled, smoothed)
        rows.append(task.case.row(variant.name, score, group=task.group))
    return rows


def tables(rows: Sequence[Row]) -> str:
    """Return a line for every variant."""
    kinds = [group for group in columns(rows, "group") if group in KINDS]
    header = [
        OURS,
        "removed",
        "worst clip",
        "detail loss",
        "worst",
        "PSNR gain, dB",
        *(KINDS[kind] for kind in kinds),
    ]
    lines = [
        [name, *_cells(select(rows, method=name), kinds)]
        if select(rows, method=name)
        else [name, *["–"] * (len(header) - 1)]
        for name in _NAMES
    ]
    clips = len(columns(select(rows, group="clips"), "clip"))
    return "\n\n".join(
        [
            f"Columns 2 to 6: mixed flicker on {clips} clips. The others: what is removed of one kind, on "
            "every other clip at no more than 320 pixels in width. – stands where that step isn't part of "
            "the smoother any more.",
            markdown_table(header, lines),
        ]
    )


def _cells(rows: Sequence[Row], kinds: Sequence[str]) -> list[str]:
    clips = select(rows, group="clips", kinds=MIXED)
    return [
        share(mean(clips, "removed")),
        share(worst(clips, "removed")),
        detail(mean(clips, "loss")),
        detail(worst(clips, "loss")),
        decibels(mean(clips, "gain")),
        *(share(mean(select(rows, group=kind), "removed")) for kind in kinds),
    ]
