"""How much longer ``measure`` takes than its own flow and decoding, both timed in one process.

    python scripts/benchmark_measure.py CLIP [--frames 24] [--rounds 5] [--metric NAME ...]

Prints the median seconds a frame of decoding plus flow (both ways, every pair), of measuring, and the ratio.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from itertools import islice, pairwise
from pathlib import Path

from framesmooth.frames import frame_slice
from framesmooth.metrics.measure import measure
from framesmooth.motion.bidirectional import estimate_bidirectional_flow
from framesmooth.motion.flow.base import load_flow
from framesmooth.streams import prefetch
from framesmooth.video import open_source


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds ``work`` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def decode_and_follow(path: Path, num_frames: int) -> None:
    """Decode the clip and estimate the motion of every pair, as ``measure`` does, and nothing else."""
    estimator = load_flow("dis-fine")
    with closing(prefetch(islice(open_source(path), num_frames))) as frames:
        for first, second in pairwise(frames):
            estimate_bidirectional_flow(estimator, first, second)


def main() -> None:
    """Time both in turns and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clip", type=Path)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--metric", action="append", help="only this one  [default: those of measure]")
    options = parser.parse_args()
    source = frame_slice(open_source(options.clip), 0, options.frames)
    frames = sum(1 for _ in source)
    base, whole = [], []
    for _ in range(options.rounds):
        base.append(timed(lambda: decode_and_follow(options.clip, frames)))
        whole.append(timed(lambda: measure(source, metrics=options.metric, fps=source.fps)))
    height, width = source.size
    flow, measured = (statistics.median(seconds) / frames for seconds in (base, whole))
    print(f"{options.clip.name}: {frames} frames of {width}x{height}, median of {options.rounds}")
    print(f"decoding and flow  {flow:.3f} s a frame")
    print(f"measure            {measured:.3f} s a frame")
    print(f"ratio              {measured / flow:.2f}")


if __name__ == "__main__":
    main()
