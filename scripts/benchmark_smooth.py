"""Inject known flicker into clean clips, smooth it with our smoothers and with peers, and print what is left.

    python scripts/benchmark_smooth.py --data DIR [--width 480] [--frames 20] [--kinds GLTW] [--pictures DIR]

Every cell is: share of the flicker residual removed / detail retained / PSNR in dB / seconds a frame.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path

import av
import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from framesmooth.frames import Frame
from framesmooth.metric import flicker_residual_removed, measure
from framesmooth.report import Strip
from framesmooth.smoother import create_smoother
from framesmooth.video import open_source, write_png
from tests.scenes import add_flicker

Clip = list[Frame]

# Clip, first frame: none of these ranges holds a cut.
SEGMENTS = (
    ("bikes.mp4", 5),
    ("bikes.mp4", 35),
    ("bikes.mp4", 140),
    ("bigbuckbunny.mp4", 0),
    ("bigbuckbunny.mp4", 95),
    ("carphone_pristine.mp4", 0),
    ("carphone_pristine.mp4", 70),
)
METRICS = ("flicker_residual", "detail_retention", "psnr")


def read_segment(path: Path, start: int, count: int, width: int) -> Clip:
    """Return ``count`` frames from ``start``, at most ``width`` pixels wide, with even sides."""
    return [_scaled(frame, width) for frame in islice(open_source(path), start, start + count)]


def _scaled(frame: Frame, width: int) -> Frame:
    if frame.shape[1] <= width:
        return frame
    height = 2 * round(frame.shape[0] * width / frame.shape[1] / 2)
    return np.ascontiguousarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def window_mean(frames: Sequence[Frame], radius: int = 2) -> Clip:
    """Return the plain mean over 2 ``radius`` + 1 frames, clipped at the ends."""
    stack = np.stack(frames).astype(np.float32)
    means = (stack[max(t - radius, 0) : t + radius + 1].mean(axis=0) for t in range(len(frames)))
    return [np.rint(mean).astype(np.uint8) for mean in means]


def ffmpeg_filter(name: str, options: str, delay: int) -> Callable[[Sequence[Frame]], Clip]:
    """Return a function that runs one ffmpeg filter over frames, undoing its ``delay`` in frames."""

    def run(frames: Sequence[Frame]) -> Clip:
        height, width = frames[0].shape[:2]
        graph = av.filter.Graph()
        source = graph.add_buffer(
            width=width, height=height, format=av.VideoFormat("rgb24"), time_base=Fraction(1, 25)
        )
        chain = [source, graph.add(name, options), graph.add("format", "rgb24"), graph.add("buffersink")]
        for first, second in pairwise(chain):
            first.link_to(second)
        graph.configure()
        done: Clip = []
        for number, frame in enumerate([*frames, *[frames[-1]] * delay]):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts = number
            graph.push(picture)
            done += _pull(graph)
        graph.push(None)
        done += _pull(graph)
        return done[delay : delay + len(frames)]

    return run


def _pull(graph: av.filter.Graph) -> Iterator[Frame]:
    while True:
        try:
            picture = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        if isinstance(picture, av.VideoFrame):
            yield np.asarray(picture.to_ndarray(format="rgb24"), np.uint8)


def candidates(strength: float) -> dict[str, Callable[[Sequence[Frame]], Clip]]:
    """Return every method by name, peers first."""
    return {
        "tmix 5": ffmpeg_filter("tmix", "frames=5", 2),
        "deflicker": ffmpeg_filter("deflicker", "size=5:mode=am", 0),
        "window mean 5": window_mean,
        "ema": lambda frames: list(create_smoother("ema", 0.9)(frames)),
        "trajectory": lambda frames: list(create_smoother("trajectory", strength)(frames)),
    }


def main() -> None:
    """Print the table; save a strip of every smoothed clip if asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with the clips")
    parser.add_argument("--width", type=int, default=480)
    parser.add_argument("--frames", type=int, default=20)
    parser.add_argument("--kinds", default="GLTW")
    parser.add_argument("--flicker", type=float, default=1.0, help="strength of the injected flicker")
    parser.add_argument("--strength", type=float, default=0.6, help="strength of the trajectory smoother")
    parser.add_argument("--pictures", type=Path, help="folder for strips of frames")
    options = parser.parse_args()
    sums: dict[str, list[tuple[float, float, float, float]]] = {}
    for seed, (name, start) in enumerate(SEGMENTS):
        clean = read_segment(options.data / name, start, options.frames, options.width)
        spoiled = add_flicker(clean, options.kinds, strength=options.flicker, seed=seed)
        before = measure(spoiled, reference=clean, metrics=METRICS)
        label = f"{Path(name).stem} {start}"
        print(f"{label:22} input {before['detail_retention'].mean:.3f} / {before['psnr'].mean:.2f}")
        for method, smooth in candidates(options.strength).items():
            began = time.perf_counter()
            smoothed = smooth(spoiled)
            seconds = (time.perf_counter() - began) / len(spoiled)
            after = measure(smoothed, reference=clean, metrics=METRICS)
            removed = flicker_residual_removed(before, after) or 0.0
            found = (removed, after["detail_retention"].mean or 0.0, after["psnr"].mean or 0.0, seconds)
            sums.setdefault(method, []).append(found)
            print(f"  {method:20} {_cell(found)}", flush=True)
            if options.pictures and method in ("ema", "trajectory"):
                save_strip(options.pictures / f"{label.replace(' ', '_')}_{method}.png", spoiled, smoothed)
    print("mean")
    for method, rows in sums.items():
        print(f"  {method:20} {_cell(tuple(np.mean(rows, axis=0)))}")


def _cell(found: Sequence[float]) -> str:
    removed, kept, psnr, seconds = found
    return f"{removed:5.0%} / {kept:.3f} / {psnr:.2f} dB / {seconds:.2f} s"


def save_strip(path: Path, before: Sequence[Frame], after: Sequence[Frame]) -> None:
    """Write the strip of both clips' middle frames and their x-t slices."""
    path.parent.mkdir(parents=True, exist_ok=True)
    strip = Strip(start=8, count=4)
    for pair in zip(before, after, strict=True):
        strip.add(*pair)
    write_png(path, strip.draw())


if __name__ == "__main__":
    main()
