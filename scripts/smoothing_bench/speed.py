"""Seconds and memory, each method in a process of its own, reading and writing PNG included."""

import sys
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from tables import markdown_table

from framesmooth.video import open_sink
from smoothing_bench.clips import Shot, fitted
from smoothing_bench.figures import columns, named, select
from smoothing_bench.methods import OURS
from smoothing_bench.plan import Plan, Row
from smoothing_bench.probe import COPY, FLOWS_ONLY, measured_apart
from tests.scenes import add_flicker

# Height, width, frames: enough of them to fill the windows, so that the memory is that of a long clip.
SIZES = ((480, 480, 30), (1080, 1920, 28))
TIMED = (FLOWS_ONLY, COPY, "ffmpeg tmix 5", "warped EMA 0.8", "`deflicker`", "`ema`", OURS)
_ROUNDS = 2


def run(plan: Plan) -> list[Row]:
    """Time every method in turns; the quicker of two rounds counts."""
    clips = plan.clips()
    largest = max(clips, key=lambda shot: _area(Shot(shot.name, 1, shot.path, shot.start, 1920)))
    rows: list[Row] = []
    for height, width, frames in SIZES[: 1 if plan.quick else None]:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "frames"
            shot = Shot(largest.name, frames, largest.path, largest.start, 1920)
            _write(folder, shot, height, width)
            rounds = _ROUNDS if height < 1000 else 1
            for name in TIMED:
                found = [measured_apart(name, folder=folder) for _ in range(rounds)]
                rows.append(
                    {
                        "size": f"{width} × {height}",
                        "method": name,
                        "seconds": min(each["seconds"] for each in found),
                        "peak": max(each["peak"] for each in found),
                    }
                )
                print(f"  {width}x{height} {name}", file=sys.stderr, flush=True)
    return rows


def _area(shot: Shot) -> int:
    return shot.frames()[0].size


def _write(folder: Path, shot: Shot, height: int, width: int) -> None:
    frames = list(fitted(shot.frames(), height, width))
    with open_sink(f"{folder}/", fps=Fraction(25), size=(height, width)) as sink:
        for frame in add_flicker(frames, seed=1):
            sink.write(frame)


def tables(rows: Sequence[Row]) -> str:
    """Return seconds a frame, the same in units of the two flows, and peak memory, for each size."""
    sizes = columns(rows, "size")
    titles = [title for size in sizes for title in (f"{size}: s a frame", "× two flows", "peak, MB")]
    lines = [
        [named(name), *(cell for size in sizes for cell in _cells(rows, size, name))]
        for name in columns(rows, "method")
    ]
    return markdown_table(["method", *titles], lines)


def _cells(rows: Sequence[Row], size: str, name: str) -> list[str]:
    found, flows = (select(rows, size=size, method=method)[0] for method in (name, FLOWS_ONLY))
    ratio = found["seconds"] / flows["seconds"]
    return [f"{found['seconds']:.3f}", f"{ratio:.1f}", f"{found['peak']:.0f}"]
