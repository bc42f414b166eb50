"""ffmpeg's own filters over frames, with their delay undone."""

import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import chain, islice, pairwise, repeat

import av
import numpy as np

from framesmooth.frames import Frame

Transform = Callable[[Iterable[Frame]], Iterator[Frame]]


class FilterMissing(Exception):
    """Neither PyAV's build of ffmpeg nor an ffmpeg program has the filter."""


def ffmpeg_filter(name: str, options: str, *, pixels: str, delay: int = 0) -> Transform:
    """Return a transform that runs one filter on frames converted to the ``pixels`` format.

    A filter that answers frame t with the picture of t + ``delay`` gets the last frame ``delay`` times more,
    and its first ``delay`` answers are dropped. PyAV's filters stream; an ffmpeg program gets the whole clip.

    Raises:
        FilterMissing: there is no such filter on this computer.
    """
    if name in av.filter.filters_available:
        run = _graph(name, options, pixels)
    elif _program_has(name):
        run = _program(f"format={pixels},{name}={options},format=rgb24")
    else:
        raise FilterMissing(f"neither PyAV nor an ffmpeg program has the filter {name}")

    def centred(frames: Iterable[Frame]) -> Iterator[Frame]:
        return islice(run(_prolonged(frames, delay)), delay, None)

    return centred


def _prolonged(frames: Iterable[Frame], count: int) -> Iterator[Frame]:
    last: Frame | None = None
    for last in frames:
        yield last
    if last is not None:
        yield from repeat(last, count)


def _graph(name: str, options: str, pixels: str) -> Transform:
    def run(frames: Iterable[Frame]) -> Iterator[Frame]:
        stream = iter(frames)
        first = next(stream)
        graph = av.filter.Graph()
        height, width = first.shape[:2]
        source = graph.add_buffer(
            width=width, height=height, format=av.VideoFormat("rgb24"), time_base=Fraction(1, 25)
        )
        nodes = [source, graph.add("format", pixels), graph.add(name, options), graph.add("format", "rgb24")]
        for node, following in pairwise([*nodes, graph.add("buffersink")]):
            node.link_to(following)
        graph.configure()
        for number, frame in enumerate(chain([first], stream)):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts = number
            graph.push(picture)
            yield from _pull(graph)
        graph.push(None)
        yield from _pull(graph)

    return run


def _pull(graph: av.filter.Graph) -> Iterator[Frame]:
    while True:
        try:
            picture = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        if isinstance(picture, av.VideoFrame):
            yield np.asarray(picture.to_ndarray(format="rgb24"), np.uint8)


def _program_has(name: str) -> bool:
    program = shutil.which("ffmpeg")
    if program is None:
        return False
    listed = subprocess.run([program, "-hide_banner", "-filters"], capture_output=True, text=True, check=True)
    return any(line.split()[1:2] == [name] for line in listed.stdout.splitlines())


def _program(chain_of_filters: str) -> Transform:
    def run(frames: Iterable[Frame]) -> Iterator[Frame]:
        clip = np.stack(list(frames))
        _, height, width, _ = clip.shape
        raw = ["-f", "rawvideo", "-pix_fmt", "rgb24"]
        command = ["ffmpeg", "-v", "error", *raw, "-s", f"{width}x{height}", "-i", "-"]
        done = subprocess.run(
            [*command, "-vf", chain_of_filters, *raw, "-"],
            input=clip.tobytes(),
            capture_output=True,
            check=True,
        )
        yield from np.frombuffer(done.stdout, np.uint8).reshape(-1, height, width, 3)

    return run
