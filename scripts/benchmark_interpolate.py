"""Keep every 4th and 8th frame of clips, make the others anew, and hold them against what was there.

    python scripts/benchmark_interpolate.py --data DIR [--frames 25] [--write docs/benchmarks.md]

Each of our flow estimators may be tried (--flow); the peers run on the same keyframes: ffmpeg's minterpolate,
the plain cross-fade, and the nearest keyframe.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from fractions import Fraction
from functools import partial
from itertools import chain, pairwise
from pathlib import Path
from typing import Final

import av
import numpy as np
from tables import markdown_table, replace_section

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from smoothing_bench.clips import read_segment

from framesmooth.frames import Frame
from framesmooth.interpolation.frame_pair import crossfade_pair
from framesmooth.interpolation.upsampler import Upsampler
from framesmooth.metrics.detail_retention import detail
from framesmooth.metrics.measure import measure
from framesmooth.motion.flow.base import load_flow
from framesmooth.registry import names
from framesmooth.video import write_png
from tests.scenes import moving_scene

Clip = list[Frame]
Method = Callable[[Sequence[Frame], int], Clip]
"""Makes (n - 1) K + 1 frames out of n keyframes and K."""

# Clip, first frame: none of these ranges holds a cut.
SEGMENTS: Final = (
    ("bikes.mp4", 2),
    ("bikes.mp4", 31),
    ("bikes.mp4", 80),
    ("bikes.mp4", 140),
    ("bikes.mp4", 190),
    ("bigbuckbunny.mp4", 0),
    ("bigbuckbunny.mp4", 40),
    ("bigbuckbunny.mp4", 100),
    ("carphone_pristine.mp4", 0),
    ("carphone_pristine.mp4", 60),
)
SECTION: Final = "in-betweens"
SYNTHETIC: Final = "synthetic"


@dataclass(frozen=True)
class Score:
    """Means over the in-betweens of a clip.

    Attributes:
        psnr: dB.
        ssim: share.
        detail_of_keyframes: energy of the fine detail (above a Gaussian of sigma 1.5), over the keyframes'.
        detail_of_original: the same over that of the frames that were there.
        pumping: sharpness_pumping of the whole clip, less that of the original.
        seconds: per in-between.
    """

    psnr: float
    ssim: float
    detail_of_keyframes: float
    detail_of_original: float
    pumping: float
    seconds: float


def clips(data: Path, width: int, count: int) -> Iterator[tuple[str, Clip]]:
    """Yield real clips, at most ``width`` pixels wide, and scenes whose motion is uniform and known."""
    for name, start in SEGMENTS:
        yield f"{Path(name).stem} {start}", read_segment(data / name, start, count, width)
    pan = moving_scene(frames=count, size=(240, 320), pan=(2.0, -1.0), occluder=True, seed=3)
    yield f"{SYNTHETIC} pan", pan.frames
    turn = moving_scene(
        frames=count, size=(240, 320), pan=(0.5, 0.0), zoom=1.01, rotation=0.6, occluder=True, seed=4
    )
    yield f"{SYNTHETIC} turn", turn.frames


def along_flow(keyframes: Sequence[Frame], cadence: int, *, flow: str) -> Clip:
    """Return what ``framesmooth interpolate`` makes."""
    return list(Upsampler(load_flow(flow), Fraction(1, cadence))(keyframes))


def cross_fade(keyframes: Sequence[Frame], cadence: int) -> Clip:
    """Return the mean of both keyframes, weighted by time."""
    times = [k / cadence for k in range(cadence)]
    pairs = (crossfade_pair(*pair, times) for pair in pairwise(keyframes))
    return [*chain.from_iterable(pairs), keyframes[-1]]


def nearest(keyframes: Sequence[Frame], cadence: int) -> Clip:
    """Return the keyframe that is nearer in time, the one before midway."""
    count = (len(keyframes) - 1) * cadence + 1
    return [keyframes[(index + (cadence - 1) // 2) // cadence] for index in range(count)]


def minterpolate(keyframes: Sequence[Frame], cadence: int) -> Clip:
    """Return what ffmpeg's motion-compensated filter makes, with its best settings.

    It needs a frame before the first and some after the last: the end frames, repeated.
    """
    rate = Fraction(cadence)
    graph = av.filter.Graph()
    height, width = keyframes[0].shape[:2]
    source = graph.add_buffer(width=width, height=height, format=av.VideoFormat("rgb24"), time_base=1 / rate)
    settings = f"fps={cadence}:mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1"
    stages = [
        source, graph.add("minterpolate", settings), graph.add("format", "rgb24"), graph.add("buffersink")
    ]  # fmt: skip
    for first, second in pairwise(stages):
        first.link_to(second)
    graph.configure()
    made: dict[int, Frame] = {}
    for second_of, frame in enumerate([keyframes[0], *keyframes, *[keyframes[-1]] * 3]):
        picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
        picture.pts, picture.time_base = second_of * cadence, 1 / rate
        graph.push(picture)
        made |= _pulled(graph, rate)
    graph.push(None)
    made |= _pulled(graph, rate)
    return [made[cadence + index] for index in range((len(keyframes) - 1) * cadence + 1)]


def _pulled(graph: av.filter.Graph, rate: Fraction) -> Mapping[int, Frame]:
    """Return the frames that are ready by their number, the first keyframe's being 0."""
    found: dict[int, Frame] = {}
    while True:
        try:
            picture = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return found
        if isinstance(picture, av.VideoFrame) and picture.pts is not None and picture.time_base is not None:
            number = round(picture.pts * picture.time_base * rate)
            found[number] = np.asarray(picture.to_ndarray(format="rgb24"), np.uint8)


def detail_energy(frames: Sequence[Frame]) -> float:
    """Return the mean square of what a Gaussian of sigma 1.5 takes away."""
    return float(np.mean([np.mean(np.square(detail(frame)), dtype=np.float64) for frame in frames]))


def score(original: Clip, cadence: int, method: Method) -> tuple[Score, Clip]:
    """Make the in-betweens of every ``cadence``-th frame and hold them against the original."""
    original = original[: (len(original) - 1) // cadence * cadence + 1]
    keyframes = original[::cadence]
    began = time.perf_counter()
    made = method(keyframes, cadence)
    seconds = time.perf_counter() - began
    between = [index for index in range(len(original)) if index % cadence]
    report = measure(
        [made[index] for index in between],
        reference=[original[index] for index in between],
        metrics=("psnr", "ssim"),
    )
    energy = detail_energy([made[index] for index in between])
    pumping, usual = (
        measure(frames, metrics=("sharpness_pumping",))["sharpness_pumping"].mean
        for frames in (made, original)
    )
    found = Score(
        psnr=report["psnr"].mean or 0.0,
        ssim=report["ssim"].mean or 0.0,
        detail_of_keyframes=energy / detail_energy(keyframes),
        detail_of_original=energy / detail_energy([original[index] for index in between]),
        pumping=(pumping or 0.0) - (usual or 0.0),
        seconds=seconds / len(between),
    )
    return found, made


def save_strip(path: Path, original: Clip, made: Clip, cadence: int) -> None:
    """Write two keyframes, and under them what lies midway: as it was and as it was made."""
    middle = cadence // 2
    rows = [
        np.hstack([original[0], original[cadence]]),
        np.hstack([original[middle], made[middle]]),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_png(path, np.ascontiguousarray(np.vstack(rows)))


def mean_score(scores: Sequence[Score]) -> Score:
    """Return the mean of every figure."""
    return Score(*(float(np.mean(column)) for column in zip(*map(astuple, scores), strict=True)))


def section(scores: Mapping[tuple[int, str, str], Score], methods: Sequence[str], args: str) -> str:
    """Return the Markdown: the means of all methods, then PSNR and SSIM clip by clip."""
    cadences = sorted({cadence for cadence, _, _ in scores})
    labels = list(dict.fromkeys(label for _, label, _ in scores))
    kinds = {"real clips": [label for label in labels if not label.startswith(SYNTHETIC)]}
    kinds["synthetic scenes"] = [label for label in labels if label.startswith(SYNTHETIC)]
    header = (
        "kept",
        "method",
        "PSNR, dB",
        "SSIM",
        "detail of keyframes",
        "of original",
        "pumping",
        "s/frame",
    )
    parts = [
        f"`{args}`: every 4th or 8th frame is kept, the others are made from them and held against what was "
        "there. Detail is the energy above a Gaussian of sigma 1.5 over that of the keyframes and of the "
        "original frames: 1 is as sharp. Pumping is `sharpness_pumping` less the original's: above 0, "
        "sharpness comes and goes."
    ]
    for kind, members in kinds.items():
        rows = []
        for cadence in cadences:
            for method in methods:
                row = mean_score([scores[cadence, label, method] for label in members])
                rows.append((f"1 in {cadence}", method, *_cells(row)))
        parts += [f"### In-betweens of {kind}", markdown_table(header, rows)]
    for cadence in cadences:
        rows = [
            (label, *(f"{found.psnr:.2f} / {found.ssim:.4f} / {found.detail_of_keyframes:.2f}"
                      for found in (scores[cadence, label, method] for method in methods)))
            for label in labels
        ]  # fmt: skip
        parts += [
            f"### Clip by clip, 1 frame in {cadence} kept: PSNR / SSIM / detail of keyframes",
            markdown_table(("clip", *methods), rows),
        ]
    return "\n\n".join(parts)


def _cells(found: Score) -> tuple[str, ...]:
    return (
        f"{found.psnr:.2f}",
        f"{found.ssim:.4f}",
        f"{found.detail_of_keyframes:.3f}",
        f"{found.detail_of_original:.3f}",
        f"{found.pumping:+.3f}",
        f"{found.seconds:.3f}",
    )


def main() -> None:
    """Print the figures as they come; write them into a file's section if asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with the clips")
    parser.add_argument("--width", type=int, default=480)
    parser.add_argument("--frames", type=int, default=25)
    parser.add_argument("--cadence", type=int, action="append", help="every 4th and 8th frame by default")
    parser.add_argument("--flow", action="append", choices=names("flow"), help="dis-fine by default")
    parser.add_argument("--write", type=Path, metavar="FILE", help="replace the section of this file")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="save what lies midway of each clip")
    options = parser.parse_args()
    ours = options.flow or ["dis-fine"]
    methods: dict[str, Method] = {
        **{f"interpolate, {flow}": partial(along_flow, flow=flow) for flow in ours},
        "minterpolate": minterpolate,
        "cross-fade": cross_fade,
        "nearest keyframe": nearest,
    }
    scores: dict[tuple[int, str, str], Score] = {}
    for label, original in clips(options.data, options.width, options.frames):
        for cadence in options.cadence or (4, 8):
            for name, method in methods.items():
                found, made = score(original, cadence, method)
                scores[cadence, label, name] = found
                print(f"{label:22} 1 in {cadence} {name:22} {' / '.join(_cells(found))}", flush=True)
                if options.pictures and name.startswith("interpolate"):
                    file = options.pictures / f"{label}-{cadence}.png".replace(" ", "-")
                    save_strip(file, original, made, cadence)
    asked = f"scripts/benchmark_interpolate.py --width {options.width} --frames {options.frames}"
    text = section(scores, list(methods), asked)
    print(text)
    if options.write:
        replace_section(options.write, SECTION, f"## In-betweens\n\n{text}")


if __name__ == "__main__":
    main()
