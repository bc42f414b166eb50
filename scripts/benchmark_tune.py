"""Measure the tuner against one who knows the clean clip, and what tuning and sweeping cost; write the table.

    python scripts/benchmark_tune.py --data DIR [--width 240] [--frames 24]
    python scripts/benchmark_tune.py                  # scenes that the script makes stand in for clips

Clean clips get known flicker, and the strength that ``tune`` finds without the clean clip is compared with
the best of a grid in steps of 0.05, judged with it. Work is the processor's time of tuning over that of
smoothing the clip once at 0.6; a grid is 21 smoothings, each measured as ``smooth`` does.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from tables import markdown_table, replace_section

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from smoothing_bench.clips import SEGMENTS, read_segment  # noqa: E402

from framesmooth.frames import Frame, FrameList  # noqa: E402
from framesmooth.metrics.detail_retention import DetailRetention  # noqa: E402
from framesmooth.metrics.flicker_residual import FlickerResidual  # noqa: E402
from framesmooth.metrics.measure import measure  # noqa: E402
from framesmooth.motion.bidirectional import estimate_bidirectional_flow  # noqa: E402
from framesmooth.motion.flow.base import load_flow  # noqa: E402
from framesmooth.smoothing.base import create_smoother  # noqa: E402
from framesmooth.smoothing.trajectory.smoother import TrajectorySmoother  # noqa: E402
from framesmooth.tuning.search import Goal, SmootherConfig  # noqa: E402
from framesmooth.tuning.sweep import run_sweep  # noqa: E402
from framesmooth.tuning.sweep_trials import ClipChoice, GridPoint, TrialStore  # noqa: E402
from framesmooth.tuning.tuner import Tuning, tune_clip  # noqa: E402
from framesmooth.video import open_sink, open_source  # noqa: E402
from framesmooth.video.reading import ReadOptions  # noqa: E402
from tests.scenes import add_flicker, moving_scene  # noqa: E402

Figures = NDArray[np.float64]

GRID = tuple(round(0.05 * k, 2) for k in range(21))
FLICKER = (("GLTW", 1.0), ("GLTW", 0.5), ("T", 1.0), ("GL", 1.0), ("W", 1.0))
FLOOR = 0.03
PAGE = ROOT / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Outcome:
    """What the tuner found on one flickering clip, and what was to be found."""

    kinds: str
    kind: str
    strength: float
    best: float
    removed: float
    most: float
    loss: float
    work: float
    of_grid: float

    @property
    def share(self) -> float:
        """Of what the best strength removes."""
        return self.removed / self.most


def clips(data: Path | None, width: int, count: int) -> dict[str, list[Frame]]:
    """Return clean clips by name."""
    if data is None:
        return {
            "pan": moving_scene(frames=count, size=(135, width), pan=(1.5, 0.7), occluder=True).frames,
            "zoom": moving_scene(frames=count, size=(135, width), zoom=1.01, rotation=0.4, seed=3).frames,
        }
    found = {}
    for name, start in SEGMENTS:
        if (data / name).exists():
            found[f"{Path(name).stem} {start}"] = read_segment(data / name, start, count, width)
    return found


def seconds(work: Callable[[], object]) -> float:
    """Return the processor's time that something takes: other programs don't change it much."""
    began = time.process_time()
    work()
    return time.process_time() - began


def tuned(frames: Sequence[Frame]) -> tuple[Tuning, float]:
    """Return what the tuner finds, and its time."""
    found: list[Tuning] = []
    spent = seconds(
        lambda: found.append(
            tune_clip(FrameList(frames), lambda event: None, goal=Goal(), setups=[SmootherConfig()])
        )
    )
    return found[0], spent


def judged(clean: Sequence[Frame], spoiled: Sequence[Frame], kinds: str) -> Outcome:
    """Tune a flickering clip and compare with the grid judged by the clean clip."""
    once = seconds(lambda: list(create_smoother("trajectory", 0.6)(spoiled)))
    measuring = seconds(lambda: measure(spoiled, reference=spoiled, flow_on="self"))
    tuning, spent = tuned(spoiled)
    strength = float(tuning.strength)
    residual, detail = grid_of(clean, spoiled)
    loss = detail[0] - detail
    removed = 1 - residual / residual[0]
    best = int(np.argmax(np.where(loss <= FLOOR + 1e-9, removed, -1)))
    chosen = GRID.index(round(strength, 2))
    return Outcome(
        kinds, tuning.kind, strength, GRID[best], removed[chosen], removed[best], loss[chosen],
        work=(spent + once) / once,
        of_grid=(spent + once + measuring) / (len(GRID) * (once + measuring)),
    )  # fmt: skip


def grid_of(clean: Sequence[Frame], spoiled: Sequence[Frame]) -> tuple[Figures, Figures]:
    """Return flicker residual and detail retention at the strengths of GRID, along the clean motion."""
    flow = load_flow("dis-fine")
    motions = [None, *(estimate_bidirectional_flow(flow, first, second) for first, second in pairwise(clean))]
    meters = [(FlickerResidual(), DetailRetention()) for _ in GRID]
    lanes = TrajectorySmoother().at_strengths(spoiled, GRID)
    for versions, ideal, motion in zip(lanes, clean, motions, strict=True):
        for pair, version in zip(meters, versions, strict=True):
            for metric in pair:
                metric.update(version, ideal, motion)
    residual, detail = (np.array([pair[k].compute().mean for pair in meters], float) for k in (0, 1))
    return residual, detail


def sweep_cost(frames: Sequence[Frame]) -> float:
    """Return the time of sweeping ten strengths, over that of smoothing the clip once, both from a file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mkv"
        size = (frames[0].shape[0], frames[0].shape[1])
        with open_sink(path, fps=Fraction(24), size=size, codec="ffv1", odd="pad") as sink:
            for frame in frames:
                sink.write(frame)
        store = TrialStore(Path(folder) / "cells", ClipChoice.of(path, ReadOptions()))
        spots = [GridPoint(SmootherConfig(), round(0.1 * k, 1)) for k in range(1, 11)]

        def once() -> None:
            smoother, source = create_smoother("trajectory", 0.6), open_source(path)
            with open_sink(Path(folder) / "one.mp4", fps=source.fps, size=source.size, odd="pad") as sink:
                for frame in smoother(source):
                    sink.write(frame)

        return seconds(lambda: run_sweep(spots, store, lambda event: None)) / seconds(once)


def report(rows: Sequence[tuple[str, Outcome]], clean: Sequence[tuple[str, Tuning]], sweep: float) -> str:
    """Return the section of the page."""
    shares = [outcome.share for _, outcome in rows]
    table = markdown_table(
        ["clip", "flicker", "chosen", "best of the grid", "removes", "the best removes", "share",
         "true detail loss", "work", "of the grid's time"],
        [
            [name, outcome.kinds, f"{outcome.strength:g}", f"{outcome.best:g}", f"{outcome.removed:.1%}",
             f"{outcome.most:.1%}", f"{outcome.share:.1%}", f"{outcome.loss:+.3f}", f"{outcome.work:.1f}",
             f"{outcome.of_grid:.0%}"]
            for name, outcome in rows
        ],
    )  # fmt: skip
    left = markdown_table(
        ["clean clip", "strength", "verdict"],
        [[name, f"{tuning.strength:g}", tuning.kind] for name, tuning in clean],
    )
    reached = sum(share >= 0.97 for share in shares)
    work, of_grid = ([getattr(outcome, name) for _, outcome in rows] for name in ("work", "of_grid"))
    return "\n\n".join(
        [
            f"Share of what the best strength removes: mean {np.mean(shares):.1%}, median "
            f"{np.median(shares):.1%}, least {min(shares):.1%}; at least 97 % on {reached} of {len(shares)}. "
            f"Work {np.mean(work):.1f} smoothings (most {max(work):.1f}), {np.mean(of_grid):.0%} of the "
            f"grid's time (most {max(of_grid):.0%}). A sweep over ten strengths, with its small videos and "
            f"figures, takes {sweep:.1f} times one smoothing.",
            table,
            left,
        ]
    )


def main() -> None:
    """Measure, print, and write the section."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder with the clips")
    parser.add_argument("--width", type=int, default=240)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--page", type=Path, default=PAGE, help="where the section is written")
    options = parser.parse_args()
    rows, left = [], []
    sweep = []
    for seed, (name, clean) in enumerate(clips(options.data, options.width, options.frames).items()):
        left.append((name, tuned(clean)[0]))
        print(f"{name:22} clean: {left[-1][1].verdict}", flush=True)
        for kinds, amount in FLICKER:
            spoiled = add_flicker(clean, kinds, strength=amount, seed=seed)
            told = kinds if amount == 1 else f"{kinds}, {amount:g}"
            outcome = judged(clean, spoiled, told)
            rows.append((name, outcome))
            print(
                f"{name:22} {told:10} {outcome.strength:g} {outcome.share:.1%} {outcome.work:.1f}", flush=True
            )
        sweep.append(sweep_cost(add_flicker(clean, seed=seed)))
        print(f"{name:22} sweep {sweep[-1]:.2f}", flush=True)
    section = report(rows, left, float(np.mean(sweep)))
    print(section)
    replace_section(options.page, "tune", section)


if __name__ == "__main__":
    main()
