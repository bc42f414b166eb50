"""Compares upscalers: on painted scenes, and on clips that are reduced and enlarged again.

Prints PSNR and SSIM against the large frames, the share of their fine detail, how much more the result
flickers than the large frames do, and seconds a frame, side by side in one run.

Example::

    python scripts/benchmark_upscale.py --data DIR
"""

import sys
import time
from collections.abc import Callable, Iterable
from itertools import islice, pairwise
from pathlib import Path

import click
import cv2
import numpy as np
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from storybook.clips import paint_clip
from storybook.motion import FRAME_RATE, clip_at

from framesmooth.errors import FramesmoothError
from framesmooth.frames import Frame, as_float, as_uint8
from framesmooth.metrics.measure import measure
from framesmooth.motion.bidirectional import estimate_bidirectional_flow
from framesmooth.motion.flow.base import load_flow
from framesmooth.motion.warping import backward_warp
from framesmooth.upscaling.base import Enlarging, create_upscaler
from framesmooth.upscaling.steady import steadily
from framesmooth.video import open_source

FIRST = 12_000_000
Enlarge = Callable[[list[Frame]], list[Frame]]


def painted(count: int, frames: int) -> Iterable[tuple[str, list[Frame]]]:
    """Moving scenes that training hasn't seen, 512x512."""
    for k in range(count):
        moments = [(t - frames / 2) / FRAME_RATE for t in range(frames)]
        yield f"painted {k}", list(paint_clip(clip_at(FIRST + k), moments, 512, 512)[0])


def filmed(folder: Path, frames: int) -> Iterable[tuple[str, list[Frame]]]:
    """The first frames of the clips in a folder, cropped to even sides."""
    for path in sorted(path for path in folder.iterdir() if path.suffix in (".mp4", ".webm", ".mkv")):
        kept = [frame for frame, _ in zip(open_source(path), range(frames), strict=False)]
        height, width = (side // 2 * 2 for side in kept[0].shape[:2])
        yield path.stem, [np.ascontiguousarray(frame[:height, :width]) for frame in kept]


def recurrent(small: list[Frame], enlarging: Enlarging, strength: float) -> list[Frame]:
    """The other way to steadiness: the whole last large frame is warped, not what was added to it."""
    flow, made = load_flow("dis-medium"), [enlarging(small[0])]
    for before, frame in pairwise(small):
        motion = estimate_bidirectional_flow(flow, frame, before)
        error = np.abs(backward_warp(as_float(before), motion.forward) - as_float(frame)).mean(axis=-1)
        trust = np.asarray(motion.consistent * np.exp(-error / 0.03), np.float32)
        height, width = enlarging.size
        scale = np.array([width / frame.shape[1], height / frame.shape[0]], np.float32)
        large = np.asarray(cv2.resize(motion.forward * scale, (width, height)), np.float32)
        share = strength * cv2.resize(trust, (width, height))[..., None]
        warped = backward_warp(as_float(made[-1]), large, interpolation=cv2.INTER_CUBIC)
        own = as_float(enlarging(frame))
        made.append(as_uint8(np.clip(own + share * (warped - own), 0, 1)))
    return made


def enlarger(name: str, steady: float, size: tuple[int, int]) -> Enlarge:
    """What enlarges a clip to (height, width); a negative ``steady`` is that of ``recurrent``."""
    if name == "bicubic":
        return lambda small: [
            np.asarray(cv2.resize(frame, size[::-1], interpolation=cv2.INTER_CUBIC), np.uint8)
            for frame in small
        ]
    enlarging, flow = Enlarging(create_upscaler(name, "cpu"), size), load_flow("dis-medium")
    if steady < 0:
        return lambda small: recurrent(small, enlarging, -steady)
    return lambda small: list(steadily(small, enlarging, flow, steady))


def detail(frames: list[Frame]) -> float:
    """Energy of what is finer than 1.5 pixels."""
    gray = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32) for frame in frames]
    return float(np.mean([np.square(one - cv2.GaussianBlur(one, (0, 0), 1.5)).mean() for one in gray]))


def flickering(frames: list[Frame]) -> float:
    """The clip's flicker score; NaN where there are too few frames to tell."""
    found = measure(frames)["flicker_score"].mean
    return float("nan") if found is None else found


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Folder of clips."
)
@click.option("--scenes", default=6, help="Painted scenes.")
@click.option("--frames", default=12, help="Frames of each clip.")
@click.option("--clips", default=100, help="Clips of the folder, at most.")
@click.option(
    "--network",
    type=click.Path(exists=True, dir_okay=False),
    help="A network in safetensors to compare with, as scripts/ncnn_weights.py writes it.",
)
def main(data: Path | None, scenes: int, frames: int, clips: int, network: str | None) -> None:
    """Prints one table for painted scenes and one for clips."""
    ways = [("bicubic", 0.0), ("lanczos", 0.0), ("acnet", 0.0), ("storybook-x2", 0.0)]
    ways += [("storybook-x2", 0.5), ("storybook-x2", -0.5)]
    ways += [] if network is None else [(network, 0.0), (network, 0.5)]
    sources = [
        ("painted", painted(scenes, frames)),
        *([("filmed", islice(filmed(data, frames), clips))] if data else []),
    ]
    for title, shown in sources:
        rows: dict[str, list[list[float]]] = {}
        for _, large in shown:
            size = large[0].shape[:2]
            small = [
                np.asarray(
                    cv2.resize(one, (size[1] // 2, size[0] // 2), interpolation=cv2.INTER_AREA), np.uint8
                )
                for one in large
            ]
            before = flickering(large)
            for name, steady in ways:
                try:
                    enlarge = enlarger(name, steady, size)
                except FramesmoothError as error:
                    click.echo(f"{name}: {error}", err=True)
                    continue
                start = time.perf_counter()
                made = enlarge(small)
                seconds = (time.perf_counter() - start) / len(made)
                told = Path(name).stem + (f", recurrent {-steady:g}" if steady < 0 else "")
                told += f", steady {steady:g}" if steady > 0 else ""
                rows.setdefault(told, []).append(
                    [
                        np.mean([peak_signal_noise_ratio(a, b) for a, b in zip(large, made, strict=True)]),
                        structural_similarity(large[0], made[0], channel_axis=2),
                        detail(made) / max(detail(large), 1e-6),
                        flickering(made) / max(before, 1e-6),
                        seconds,
                    ]
                )
        click.echo(f"\n| {title} | PSNR | SSIM | detail | flicker, times | seconds a frame |\n{6 * '|---'}|")
        for name, values in rows.items():
            psnr, ssim, fine, flicker, seconds = np.median(np.array(values), axis=0)
            click.echo(
                f"| {name} | {psnr:.2f} dB | {ssim:.4f} | {fine:.2f} | {flicker:.2f} | {seconds:.3f} |"
            )


if __name__ == "__main__":
    main()
