"""One kind of flicker at a time."""

from collections.abc import Sequence

from tables import markdown_table

from smoothing_bench.figures import columns, detail, grid, mean, share, worst
from smoothing_bench.plan import KINDS, Case, Plan, Row, judged


def run(plan: Plan) -> list[Row]:
    """Smooth every clip with each kind of flicker."""
    cases = [
        Case(shot, tuple(plan.methods), kinds, seed=seed)
        for seed, shot in enumerate(plan.clips())
        for kinds in KINDS
    ]
    return list(plan.spread(judged, cases))


def tables(rows: Sequence[Row]) -> str:
    """Return the mean over the clips for each kind."""
    kinds = columns(rows, "kinds")
    header = ["method", *(KINDS[kind] for kind in kinds)]
    return "\n\n".join(
        [
            "Removed / detail loss, means over the clips; in brackets what is removed on the worst clip.",
            markdown_table(header, grid(rows, kinds, "kinds", _cell)),
        ]
    )


def _cell(rows: Sequence[Row]) -> str:
    return f"{share(mean(rows, 'removed'))} / {detail(mean(rows, 'loss'))} ({share(worst(rows, 'removed'))})"
