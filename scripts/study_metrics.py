"""How well each metric ranks clips by the flicker that was put into them.

    python scripts/study_metrics.py [--frames 10] [--seeds 2] [--data DIR]

Synthetic clips whose motion is known exactly get known flicker: four kinds and all of them at once, at four
strengths. The truth is what the flicker changes along the true motion. Writes ``docs/metrics-study.md`` (rank
correlations, the traps, how size and rate change the numbers) and ``docs/pictures/metrics-study.png``.
``--data`` adds real clips, the same as in ``benchmark_smooth.py``.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path

from metrics_study.clips import (
    KINDS,
    SIZE,
    STRENGTHS,
    Row,
    floor,
    gives_itself_away,
    injected,
    real_scenes,
    row,
    scenes,
    trapped,
)
from metrics_study.report import correlation_table, dependence_table, draw

from tests.scenes import Scene, add_flicker

DOCS = Path(__file__).resolve().parent.parent / "docs"
TRAP_STRENGTHS = (0.5, 2.0)


def study(clean: Mapping[str, Scene], seeds: int, *, traps: bool) -> tuple[list[Row], dict[str, list[bool]]]:
    """Return every clip's row, and for each trap whether each of its clips gave itself away."""
    rows: list[Row] = []
    exposed: dict[str, list[bool]] = {"blur": [], "freeze": []}
    for name, scene in clean.items():
        for kind, strength, seed in product(KINDS, STRENGTHS, range(seeds)):
            spoiled = add_flicker(scene.frames, kind, strength=strength, seed=seed)
            truth = injected(scene, spoiled)
            rows.append(row(name, scene, kind, spoiled, truth))
            if traps and seed == 0 and strength in TRAP_STRENGTHS and rows[-1].moves:
                for trap, frames in trapped(spoiled).items():
                    rows.append(row(name, scene, kind, frames, truth, trap))
                    exposed[trap].append(gives_itself_away(spoiled, frames))
        print(f"{name}: {len(rows)} clips so far", file=sys.stderr, flush=True)
    return rows, exposed


PAGE = """# How well the metrics tell flicker

*Written by `scripts/study_metrics.py`; what the numbers mean is in [metrics.md](metrics.md).*

{scenes} synthetic scenes whose motion is known exactly (pans, a zoom, a turn, an occluder, paintings, two of
them still), {frames} frames of {width} × {height} each, got seeded flicker of four kinds and of all at once,
at four strengths, with {seeds} seeds: {clips} clips. The truth is the standard deviation of what the flicker
changes along the true motion. The table holds Spearman's rank correlation with it: over all moving clips,
over the still ones, then over the moving clips with one kind of flicker. Motion is estimated on the
flickering clip itself, except in the lines "true flow", where flicker cannot hide in the motion (warping
error is then all but the truth itself). Before any flicker is put in, `flicker_score` is {floor} levels.

{correlations}

![Four metrics against the flicker put in](pictures/metrics-study.png)

## The traps

A blurred and a frozen copy of a moving clip lower every number without taking out any flicker. "With traps"
adds {traps} such copies, which count as what they were made from: no number for flicker is proof against
them. The rule "detail falls by at most 0.03, and dynamic degree changes by at most 10 %" gives away {blur}
blurred and {freeze} frozen copies.
{real}
## Size and rate

One flickering pan of 120 frames, shrunk to half its size, and with every second frame left out (which leaves
half as many draws of the flicker):

{dependence}
"""

REAL = """
## Real clips

The same flicker on {scenes} segments of real clips, {frames} frames of at most 240 pixels in width: {clips}
clips. No one knows their true motion; the flow of the clean clip stands for it. Real motion accelerates, and
the clean clips have flicker, noise and compression of their own, which the truth does not count: before any
is put in, `flicker_score` is {floor} levels.

{correlations}
"""


def main() -> None:
    """Run the study and write its page and its picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--data", type=Path, help="folder with real clips")
    options = parser.parse_args()
    clean = scenes(options.frames)
    rows, exposed = study(clean, options.seeds, traps=True)
    plain = [each for each in rows if not each.trap]
    draw(rows, DOCS / "pictures" / "metrics-study.png")
    page = PAGE.format(
        scenes=_count(rows),
        frames=options.frames,
        width=SIZE[1],
        height=SIZE[0],
        seeds=options.seeds,
        clips=len(plain),
        floor=floor(clean),
        correlations=correlation_table(rows),
        traps=len(rows) - len(plain),
        real="" if options.data is None else _real_section(options.data, options.frames),
        dependence=dependence_table(),
        **{trap: f"{sum(found)} of {len(found)}" for trap, found in exposed.items()},
    )
    (DOCS / "metrics-study.md").write_text(page, encoding="utf-8")
    print(page)


def _real_section(folder: Path, num_frames: int) -> str:
    clean = real_scenes(folder, num_frames)
    rows, _ = study(clean, 1, traps=False)
    return REAL.format(
        scenes=_count(rows),
        frames=num_frames,
        clips=len(rows),
        floor=floor(clean),
        correlations=correlation_table(rows),
    )


def _count(rows: Sequence[Row]) -> int:
    return len({each.scene for each in rows})


if __name__ == "__main__":
    main()
