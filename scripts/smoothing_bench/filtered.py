"""Flicker that filters, compression and worn film bring about, judged by the motion of their source."""

from collections.abc import Sequence
from dataclasses import dataclass

from tables import markdown_table

from framesmooth import defaults
from framesmooth.smoothing.base import create_smoother
from smoothing_bench.clips import Shot
from smoothing_bench.effects import EFFECTS
from smoothing_bench.figures import columns, detail, methods_of, named, select, share
from smoothing_bench.judging import Judge
from smoothing_bench.methods import METHODS, OURS
from smoothing_bench.plan import Plan, Row
from smoothing_bench.remembered import NAME as REMEMBERED

GUIDED = f"{OURS} with `--guide`"
UNSTEADIED = f"{OURS} without undoing wobble"
_FRAMES = 14


@dataclass(frozen=True)
class Filtered:
    """A clean clip and the name of what is done to it."""

    shot: Shot
    effect: str
    methods: tuple[str, ...]


def run(plan: Plan) -> list[Row]:
    """Smooth every other clip after each effect."""
    chosen = plan.clips(_FRAMES)[1::2]
    tasks = [Filtered(shot, effect, tuple(plan.methods)) for shot in chosen for effect in EFFECTS]
    return list(plan.spread(_smoothed, tasks))


def _smoothed(task: Filtered) -> list[Row]:
    clean = task.shot.frames()
    spoiled = EFFECTS[task.effect](clean)
    judge = Judge(clean)
    source, before = judge.mean("warping_error", clean), judge.mean("warping_error", spoiled)
    results = {name: list(METHODS[name].make(REMEMBERED)(spoiled)) for name in task.methods}
    for name, setting in ((GUIDED, {"guide": clean}), (UNSTEADIED, {"steady": False})):
        smoother = create_smoother("trajectory", defaults.STRENGTH, flow=REMEMBERED, **setting)
        results[name] = list(smoother(spoiled))
    return [
        {
            "clip": task.shot.name,
            "effect": task.effect,
            "method": name,
            "source": source,
            "before": before,
            "after": judge.mean("warping_error", frames),
            "kept": judge.mean("detail_retention", frames, reference=spoiled),
        }
        for name, frames in results.items()
    ]


def tables(rows: Sequence[Row]) -> str:
    """Return the warping error that is gone and the detail that is kept, for each effect."""
    effects = columns(rows, "effect")
    methods = [*methods_of(rows), *(name for name in (UNSTEADIED, GUIDED) if select(rows, method=name))]
    errors = [
        [
            "*its warping error, ×10⁻³*",
            *(_range(select(rows, effect=effect), "before") for effect in effects),
        ],
        ["*of the source*", *(_range(select(rows, effect=effect), "source") for effect in effects)],
    ]
    lines = [
        [named(name), *(_cell(select(rows, method=name, effect=effect)) for effect in effects)]
        for name in methods
    ]
    by_clip = [
        [
            clip,
            named(name),
            *(_cell(select(rows, clip=clip, effect=effect, method=name)) for effect in effects),
        ]
        for clip in columns(rows, "clip")
        for name in (OURS, UNSTEADIED)
    ]
    return "\n\n".join(
        [
            "Warping error that is gone / detail kept, both against the flickering clip, means over "
            f"{' and '.join(columns(rows, 'clip'))}; detail below 0.96 in brackets.",
            markdown_table(["method", *effects], [*errors, *lines]),
            "Clip by clip:",
            markdown_table(["clip", "method", *effects], by_clip),
        ]
    )


def _cell(rows: Sequence[Row]) -> str:
    gone = sum(1 - row["after"] / row["before"] for row in rows) / len(rows)
    kept = sum(row["kept"] for row in rows) / len(rows)
    cell = f"{share(gone)} / {detail(kept)}"
    return cell if kept >= 0.96 else f"({cell})"


def _range(rows: Sequence[Row], column: str) -> str:
    values = sorted({row[column] for row in rows})
    return "–".join(f"{value:.2f}" for value in (values[:1] if len(values) == 1 else [values[0], values[-1]]))
