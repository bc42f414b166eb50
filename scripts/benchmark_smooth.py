"""Measure our smoothers against what people use, on flicker that is known, and write docs/benchmarks.md.

    python scripts/benchmark_smooth.py --data DIR
    python scripts/benchmark_smooth.py --quick
    python scripts/benchmark_smooth.py --data DIR --only kinds,ablation

DIR holds any clips; of those whose cuts are known several segments are taken, of every other one the first
stretch without a cut. Without --data the scenes that the script makes stand in for them.

What is done is kept in a JSON file, so a part can be run anew alone; the page then gets that part's table.
"mixed" and "speed" measure time and run one method after the other, the others in --jobs processes.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smoothing_bench import ablation, exact, filtered, forum, kinds, mixed, speed, stress
from smoothing_bench.pictures import draw_crops, draw_scatter
from smoothing_bench.plan import Plan, Row
from tables import replace_section

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Part:
    """One section of the page: how its rows are measured, and the tables made of them."""

    run: Callable[[Plan], list[Row]]
    tables: Callable[[Sequence[Row]], str]


PARTS = {
    "mixed": Part(mixed.run, mixed.tables),
    "kinds": Part(kinds.run, kinds.tables),
    "forum": Part(forum.run, forum.tables),
    "exact": Part(exact.run, exact.tables),
    "filtered": Part(filtered.run, filtered.tables),
    "stress": Part(stress.run, stress.tables),
    "speed": Part(speed.run, speed.tables),
    "ablation": Part(ablation.run, ablation.tables),
}


def main() -> None:
    """Run the parts asked for; write their results, their tables and the pictures."""
    options = _options()
    plan = Plan(options.data, options.frames, options.width, options.jobs, options.quick, options.long)
    for name, reason in plan.missing.items():
        print(f"left out: {name}: {reason}", file=sys.stderr)
    for name in options.only:
        print(name, file=sys.stderr, flush=True)
        began = time.perf_counter()
        rows = PARTS[name].run(plan)
        seconds = time.perf_counter() - began
        _keep(options.results, name, {"rows": rows, "conditions": _conditions(plan, rows, seconds)})
    done = _kept(options.results)
    for name in options.only:
        body = f"{PARTS[name].tables(done[name]['rows'])}\n\n*{done[name]['conditions']}*"
        print(f"\n## {name}\n\n{body}")
        if options.page is not None:
            replace_section(options.page, f"smoothing, {name}", body)
    if options.page is not None and "mixed" in options.only:
        pictures = options.page.parent / "pictures"
        pictures.mkdir(exist_ok=True)
        draw_scatter(done["mixed"]["rows"], pictures / "smoothing-benchmark.png")
        draw_crops(pictures / "smoothing-crops.png")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder with real clips")
    parser.add_argument("--only", type=_parts, default=list(PARTS), help=f"some of {','.join(PARTS)}")
    parser.add_argument("--frames", type=int, default=20, help="frames of a clip  [default: 20]")
    parser.add_argument("--width", type=int, default=480, help="clips are at most so wide  [default: 480]")
    parser.add_argument(
        "--jobs", type=int, default=2, help="processes where no time is measured  [default: 2]"
    )
    parser.add_argument("--quick", action="store_true", help="a third of the clips, fewer scenes and sizes")
    parser.add_argument("--long", action="store_true", help="also the memory that 1,000 frames need")
    parser.add_argument(
        "--results", type=Path, default=ROOT / "build" / "benchmark_smooth.json", help="where rows are kept"
    )
    parser.add_argument(
        "--page",
        type=Path,
        help="whose sections get the tables  [default: docs/benchmarks.md; none if --quick]",
    )
    options = parser.parse_args()
    if options.page is None and not options.quick:
        options.page = ROOT / "docs" / "benchmarks.md"
    return options


def _parts(text: str) -> list[str]:
    chosen = text.split(",")
    unknown = [name for name in chosen if name not in PARTS]
    if unknown:
        raise argparse.ArgumentTypeError(f"no part {', '.join(unknown)}: choose some of {','.join(PARTS)}")
    return chosen


def _kept(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def _keep(path: Path, name: str, part: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_kept(path) | {name: part}, indent=1), encoding="utf-8")


def _conditions(plan: Plan, rows: Sequence[Row], seconds: float) -> str:
    clips = len({row["clip"] for row in rows if "clip" in row})
    of_clips = f"{clips} clips, at most {plan.frames} frames and {plan.width} pixels wide; " if clips else ""
    left_out = f" Left out here: {', '.join(plan.missing)}." if plan.missing else ""
    return f"{of_clips}{seconds:.0f} s on {os.cpu_count()} cores ({platform.machine()}).{left_out}"


if __name__ == "__main__":
    main()
