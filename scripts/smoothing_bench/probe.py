"""One method on one clip in a process of its own: seconds a frame and peak memory.

    python -m smoothing_bench.probe '{"method": "copy", "height": 480, "width": 480, "frames": 24}'

Frames are read from PNG and written to PNG, as ``framesmooth smooth frames/ -o steady/ --no-measure`` does.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

from framesmooth.frames import Frame
from framesmooth.motion.bidirectional import estimate_bidirectional_flow
from framesmooth.motion.flow.base import load_flow
from framesmooth.streams import prefetch
from framesmooth.video import open_sink, open_source
from smoothing_bench.methods import FLOW, METHODS

COPY, FLOWS_ONLY = "reading and writing", "two flows a pair"


def measured_apart(method: str, *, folder: Path | None = None, **size: int) -> dict[str, float]:
    """Return ``seconds`` a frame and ``peak`` memory (MB) of a method in a new process.

    ``folder`` holds the PNG frames; without one the process makes ``frames`` frames of ``height`` and
    ``width`` as it goes and drops the results.
    """
    request = {"method": method, "folder": None if folder is None else str(folder), **size}
    paths = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-m", "smoothing_bench.probe", json.dumps(request)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _measure(request: dict[str, Any]) -> dict[str, float]:
    method, folder = request["method"], request["folder"]
    if folder is None:
        seconds = _drop(method, _endless(request), request["frames"])
    elif method == FLOWS_ONLY:
        seconds = _flows(list(open_source(Path(folder))))
    else:
        seconds = _through_files(method, Path(folder))
    return {"seconds": seconds, "peak": _peak_memory()}


def _peak_memory() -> float:
    """Return this process's largest resident memory so far, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage's number starts from what the parent process held
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _transform(method: str) -> Any:
    return iter if method == COPY else METHODS[method].make(FLOW)


def _through_files(method: str, folder: Path) -> float:
    source = open_source(folder)
    transform = _transform(method)
    with tempfile.TemporaryDirectory() as scratch:
        began = time.perf_counter()
        count = 0
        with (
            open_sink(f"{scratch}/out/", fps=source.fps, size=source.size) as sink,
            closing(prefetch(source)) as frames,
        ):
            for frame in transform(frames):
                sink.write(frame)
                count += 1
        return (time.perf_counter() - began) / count


def _flows(frames: list[Frame]) -> float:
    estimator = load_flow(FLOW)
    began = time.perf_counter()
    for pair in pairwise(frames):
        estimate_bidirectional_flow(estimator, *pair)
    return (time.perf_counter() - began) / (len(frames) - 1)


def _drop(method: str, frames: Iterable[Frame], count: int) -> float:
    began = time.perf_counter()
    for _ in _transform(method)(frames):
        pass
    return (time.perf_counter() - began) / count


def _endless(request: dict[str, Any]) -> Iterator[Frame]:
    """Yield a flickering pan back and forth over one picture, without holding the clip."""
    import numpy as np

    from tests.scenes import texture

    height, width, swing = request["height"], request["width"], 64
    plane = np.rint(255 * texture(height, width + swing)).astype(np.uint8)
    rng = np.random.default_rng(0)
    for t in range(request["frames"]):
        left = abs((t + swing) % (2 * swing) - swing)
        gain = np.exp(0.05 * rng.standard_normal())
        yield np.ascontiguousarray(np.clip(plane[:, left : left + width] * gain, 0, 255), np.uint8)


if __name__ == "__main__":
    print(json.dumps(_measure(json.loads(sys.argv[1]))))
