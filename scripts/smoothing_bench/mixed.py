"""All four kinds of flicker at once, timed: the table that matters most."""

import sys
import time
from collections.abc import Sequence

from tables import markdown_table

from smoothing_bench.figures import (
    best_peer,
    columns,
    decibels,
    detail,
    mean,
    methods_of,
    named,
    select,
    share,
    worst,
)
from smoothing_bench.judging import Judge
from smoothing_bench.methods import FLOW, METHODS, OURS, PEERS, TUNED
from smoothing_bench.plan import Case, Plan, Row

SHOWN = ("ffmpeg atadenoise, tuned", "window mean 5", "warped window mean r = 4", "`ema`", OURS)


def run(plan: Plan) -> list[Row]:
    """Smooth every clip by every method, one after the other, so that the seconds mean something."""
    rows: list[Row] = []
    for seed, shot in enumerate(plan.clips()):
        case = Case(shot, tuple(plan.methods), seed=seed)
        clean, spoiled = case.load()
        judge = Judge(clean)
        for name in case.methods:
            began = time.perf_counter()
            smoothed = list(METHODS[name].make(FLOW)(spoiled))
            seconds = (time.perf_counter() - began) / len(spoiled)
            rows.append(case.row(name, judge.score(spoiled, smoothed), seconds=seconds))
        print(f"  {shot.name}", file=sys.stderr, flush=True)
    return rows


def tables(rows: Sequence[Row]) -> str:
    """Return the means over the clips, what they say, and the clips one by one."""
    header = [
        "method",
        "removed",
        "worst clip",
        "detail loss",
        "worst",
        "PSNR gain, dB",
        "worst",
        "s a frame",
    ]
    lines = [[named(name), *_cells(select(rows, method=name))] for name in methods_of(rows)]
    shown = [name for name in SHOWN if name in methods_of(rows)]
    by_clip = [
        [clip, *(_cell(select(rows, method=name, clip=clip)[0]) for name in shown)]
        for clip in columns(rows, "clip")
    ]
    return "\n\n".join(
        [
            markdown_table(header, lines),
            _in_words(rows),
            "Clip by clip: removed / detail loss / PSNR gain. A detail loss below 0 is a gain.",
            markdown_table(["clip", *map(named, shown)], by_clip),
        ]
    )


def _cells(rows: Sequence[Row]) -> list[str]:
    formats = {"removed": share, "loss": detail, "gain": decibels}
    pairs = [write(of(rows, column)) for column, write in formats.items() for of in (mean, worst)]
    return [*pairs, f"{mean(rows, 'seconds'):.3f}"]


def _cell(row: Row) -> str:
    return f"{share(row['removed'])} / {detail(row['loss'])} / {decibels(row['gain'])}"


def _in_words(rows: Sequence[Row]) -> str:
    said = []
    for words, peers in (
        ("At equal detail", PEERS),
        ("Among peers at the settings they come with", [name for name in PEERS if name not in TUNED]),
    ):
        found = best_peer(rows, peers)
        if found is not None:
            said.append(f"{words} the best is {found[0]}: {OURS} removes {found[1]:.1f} times as much.")
    still = [
        clip
        for clip in columns(rows, "clip")
        if (pair := [select(rows, clip=clip, method=name)[0]["gain"] for name in ("window mean 5", OURS)])
        and pair[0] > pair[1]
    ]
    if still:
        said.append(f"A plain window mean ends with a higher PSNR on {', '.join(still)}.")
    else:
        said.append("On no clip does a plain window mean end with a higher PSNR.")
    return " ".join(said)
