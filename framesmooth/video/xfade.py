"""Transitions of FFmpeg's ``xfade`` filter between two streams of frames."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, Final

import av
import numpy as np
from av.filter import Graph

from framesmooth.frames import Frame

XFADES: Final = (
    "wipeleft", "wiperight", "wipeup", "wipedown", "slideleft", "slideright", "slideup", "slidedown",
    "circlecrop", "rectcrop", "distance", "fadeblack", "fadewhite", "radial", "smoothleft", "smoothright",
    "smoothup", "smoothdown", "circleopen", "circleclose", "vertopen", "vertclose", "horzopen", "horzclose",
    "pixelize", "diagtl", "diagtr", "diagbl", "diagbr", "hlslice", "hrslice", "vuslice", "vdslice", "hblur",
    "fadegrays", "wipetl", "wipetr", "wipebl", "wipebr", "squeezeh", "squeezev", "zoomin", "fadefast",
    "fadeslow", "hlwind", "hrwind", "vuwind", "vdwind", "coverleft", "coverright", "coverup", "coverdown",
    "revealleft", "revealright", "revealup", "revealdown",
)  # fmt: skip
"""Names that ``xfade`` knows, without "fade" and "dissolve", which mean something else in a film."""
_RATE: Final = 1000


def xfade(first: Iterable[Frame], second: Iterable[Frame], name: str, count: int) -> Iterator[Frame]:
    """Yield the ``count`` frames of a transition called ``name`` from frames of one shot to those of another.

    The filter's first picture is the old shot alone and its last the new one alone; both are left out, as a
    cut shows them beside the transition.

    Args:
        first: at least ``count`` frames (H, W, 3) uint8 of the shot that ends.
        second: as many of the one that begins.
        name: one of XFADES.
        count: frames of the transition, at least 1.
    """
    streams = [_repeating_ends(frames) for frames in (first, second)]
    graph: Any = None
    inputs: list[Any] = []
    made = 0
    for number, pair in enumerate(zip(*streams, strict=False)):
        if graph is None:
            graph, inputs, sink = _graph(name, pair[0].shape[:2], count)
        for source, frame in zip(inputs, pair, strict=True):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            picture.pts, picture.time_base = number, Fraction(1, _RATE)
            source.push(picture)
        for mixed in _drained(sink):
            if 0 < made <= count:
                yield mixed
            made += 1
    for source in inputs:
        source.push(None)
    for mixed in _drained(sink) if inputs else ():
        if 0 < made <= count:
            yield mixed
        made += 1


def _repeating_ends(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Yield frames with the first and the last one twice."""
    last = None
    for frame in frames:
        if last is None:
            yield frame
        last = frame
        yield frame
    if last is not None:
        yield last


def _graph(name: str, size: tuple[int, int], count: int) -> tuple[Graph, list[Any], Any]:
    graph = Graph()
    source = (
        f"video_size={size[1]}x{size[0]}:pix_fmt=rgb24:time_base=1/{_RATE}:frame_rate={_RATE}/1:"
        "pixel_aspect=1/1"
    )
    inputs = [graph.add("buffer", source) for _ in range(2)]
    # planar RGB of full resolution: no colour is lost on the way
    planar = [graph.add("format", "gbrp") for _ in range(2)]
    mix = graph.add("xfade", f"transition={name}:duration={(count + 1) / _RATE}:offset=0")
    back, sink = graph.add("format", "rgb24"), graph.add("buffersink")
    for position, (start, converted) in enumerate(zip(inputs, planar, strict=True)):
        start.link_to(converted)
        converted.link_to(mix, 0, position)
    mix.link_to(back)
    back.link_to(sink)
    graph.configure()
    return graph, inputs, sink


def _drained(sink: Any) -> Iterator[Frame]:
    while True:
        try:
            picture = sink.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        yield np.ascontiguousarray(picture.to_ndarray(format="rgb24"), np.uint8)
