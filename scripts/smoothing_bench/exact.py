"""Scenes whose motion is known exactly, with flicker of every kind at three strengths."""

from collections.abc import Sequence

from tables import markdown_table

from smoothing_bench.figures import columns, decibels, detail, grid, mean, select, share
from smoothing_bench.methods import OURS
from smoothing_bench.plan import KINDS, MIXED, Case, Plan, Row, judged

STRENGTHS = (0.5, 1.0, 2.0)


def run(plan: Plan) -> list[Row]:
    """Smooth every scene with each kind of flicker, and with all of them, at each strength."""
    cases = [
        Case(shot, tuple(plan.methods), kinds, strength, seed)
        for seed, shot in enumerate(plan.scenes())
        for kinds in (*KINDS, MIXED)
        for strength in ((1.0,) if plan.quick else STRENGTHS)
    ]
    return list(plan.spread(judged, cases))


def tables(rows: Sequence[Row]) -> str:
    """Return what each method does to mixed flicker at each strength, then ours by kind and by scene."""
    strengths, mixed = columns(rows, "strength"), select(rows, kinds=MIXED)
    ours = select(rows, method=OURS)
    titles = [f"σ × {strength:g}" for strength in strengths]
    by_kind = [
        [
            KINDS.get(kinds, "mixed"),
            *(_cell(select(ours, kinds=kinds, strength=strength)) for strength in strengths),
        ]
        for kinds in columns(rows, "kinds")
    ]
    by_scene = [
        [
            scene,
            *(_cell(select(ours, kinds=kinds, strength=1.0, clip=scene)) for kinds in columns(rows, "kinds")),
        ]
        for scene in columns(rows, "clip")
    ]
    kinds_header = [KINDS.get(kinds, "mixed") for kinds in columns(rows, "kinds")]
    return "\n\n".join(
        [
            "Mixed flicker at each strength, means over the scenes: removed / detail loss / PSNR gain in dB.",
            markdown_table(["method", *titles], grid(mixed, strengths, "strength", _cell)),
            f"{OURS} by kind, means over the scenes:",
            markdown_table(["kind", *titles], by_kind),
            f"{OURS} by scene, at σ × 1:",
            markdown_table(["scene", *kinds_header], by_scene),
        ]
    )


def _cell(rows: Sequence[Row]) -> str:
    removed, loss, gain = (mean(rows, column) for column in ("removed", "loss", "gain"))
    return f"{share(removed)} / {detail(loss)} / {decibels(gain)}"
