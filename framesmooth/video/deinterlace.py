"""Interlaced video: two half pictures, of two moments, in the lines of one frame.

Deinterlacing is FFmpeg's ``bwdif``, which interpolates the lines of one field from both fields of the frames
around it (Jarnefeldt's combination of yadif's motion check with the BBC's w3fdif).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import av
from av.filter import Graph

from framesmooth.video.reading import Deinterlacing

_FIELD_ORDERS: Final = (2, 3, 4, 5)  # AVFieldOrder: TT, BB, TB, BT
_TOP_FIRST: Final = (2, 4)
_NEVER_INTERLACED: Final = ("vp8", "vp9", "av1", "gif", "apng", "png", "webp", "qtrle", "theora")
_PROBED: Final = 60
"""Frames that are looked at to find pulldown: twelve of its cycles."""
_CYCLE: Final = 5
_MOST_LINES: Final = 1088


@dataclass(frozen=True)
class Interlace:
    """Whether a stream is interlaced, and what is done about it.

    Attributes:
        flagged: whether the stream or its frames are marked as interlaced.
        by_frames: whether each frame is marked by itself.
        top_first: whether the upper lines are the earlier ones; None where each frame is marked by itself.
        mode: what is asked for.
    """

    flagged: bool
    by_frames: bool
    top_first: bool | None
    mode: Deinterlacing

    @property
    def doubles(self) -> bool:
        """Whether every field becomes a frame."""
        return self.mode == "double" and self.flagged

    @property
    def _filter(self) -> str | None:
        """The arguments of bwdif, None where frames stay as they are."""
        if self.mode == "off" or (self.mode == "double" and not self.flagged):
            return None
        parity = {None: "auto", True: "tff", False: "bff"}[self.top_first]
        which = "interlaced" if self.mode == "auto" and self.by_frames else "all"
        return f"mode={'send_field' if self.doubles else 'send_frame'}:parity={parity}:deint={which}"

    def apply(self, pictures: Iterable[av.VideoFrame]) -> Iterator[av.VideoFrame]:
        """Yield the pictures deinterlaced, as many as come, or twice as many."""
        arguments = self._filter
        if arguments is None:
            yield from pictures
            return
        steps = None if self.mode == "auto" and self.by_frames else _Filter("bwdif", arguments)
        for picture in pictures:
            if steps is None and picture.interlaced_frame:  # until then nothing needs the filter
                steps = _Filter("bwdif", arguments)
            if steps is None:
                yield picture
            else:
                yield from steps.push(picture)
        if steps is not None:
            yield from steps.finish()

    def notice(self, name: str, rate: str, double_rate: str) -> str:
        """Return the one line about it, nothing where the video is progressive."""
        if self.mode == "on" and not self.flagged:
            return f"{name} isn't flagged as interlaced: every frame is deinterlaced all the same, as asked"
        if self.mode == "double" and not self.flagged:
            return f"{name} isn't flagged as interlaced: no frames are made of fields (--deinterlace on)"
        if not self.flagged:
            return ""
        if self.mode == "off":
            return f"{name} is interlaced and stays so: moving edges are combed (--deinterlace auto)"
        if self.doubles:
            return f"{name} is interlaced: every field becomes a frame (bwdif), {double_rate} a second"
        return (
            f"{name} is interlaced: deinterlaced by bwdif at {rate} frames a second "
            f"(--deinterlace double keeps all {double_rate} fields, off leaves it)"
        )


def find_interlace(stream: av.VideoStream, first: av.VideoFrame, mode: Deinterlacing) -> Interlace:
    """Tell from a stream and its first frame whether it is interlaced."""
    codec = stream.codec_context
    order = int(codec.field_order) if codec.name not in _NEVER_INTERLACED else 0
    by_frames = first.interlaced_frame or order not in _FIELD_ORDERS
    return Interlace(
        flagged=first.interlaced_frame or order in _FIELD_ORDERS,
        by_frames=by_frames or codec.name in ("h264", "mpeg2video", "vc1", "hevc"),
        top_first=None if by_frames else order in _TOP_FIRST,
        mode=mode,
    )


class _Filter:
    """One of FFmpeg's filters; it starts anew where the pictures change their size or format."""

    def __init__(self, name: str, arguments: str = "") -> None:
        self._name, self._arguments = name, arguments
        self._graph: Graph | None = None
        self._kind: tuple[int, int, str] | None = None

    def push(self, picture: av.VideoFrame) -> Iterator[av.VideoFrame]:
        """Yield what comes out when a picture goes in."""
        kind = picture.width, picture.height, picture.format.name
        if kind != self._kind:
            yield from self.finish()
            self._graph, self._kind = _graph(picture, self._name, self._arguments), kind
        assert self._graph is not None
        self._graph.vpush(picture)
        yield from _drained(self._graph)

    def finish(self) -> Iterator[av.VideoFrame]:
        """Yield what is left when no more pictures come."""
        if self._graph is not None:
            self._graph.vpush(None)
            yield from _drained(self._graph)
            self._graph = None


def _graph(picture: av.VideoFrame, name: str, arguments: str) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=picture.width, height=picture.height, format=picture.format, time_base=picture.time_base
    )
    step, sink = graph.add(name, arguments), graph.add("buffersink")
    graph.link_nodes(source, step, sink).configure()
    return graph


def _drained(graph: Graph) -> Iterator[av.VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return


def may_be_telecined(stream: av.VideoStream) -> bool:
    """Tell whether a stream has a rate that 3:2 pulldown leads to, and a codec from its time."""
    rate = float(stream.average_rate or stream.guessed_rate or 0)
    return (
        29 < rate < 31
        and stream.height <= _MOST_LINES
        and stream.codec_context.name not in (*_NEVER_INTERLACED, "hevc")
    )


def is_telecined(pictures: Iterable[av.VideoFrame]) -> bool:
    """Tell whether film at 24 frames a second was spread over the fields of 30 frames (3:2 pulldown).

    In every five frames one repeats the upper field of the one before, and another, two or three frames
    later, the lower one; FFmpeg's ``idet`` names such frames.
    """
    steps = _Filter("idet", "rep_thres=2")
    upper, lower = [0] * _CYCLE, [0] * _CYCLE
    for index, picture in enumerate(_found(steps, pictures)):
        repeated = picture.metadata.get("lavfi.idet.repeated.current_frame")
        upper[index % _CYCLE] += repeated == "top"
        lower[index % _CYCLE] += repeated == "bottom"
    found = min(max(upper), max(lower))
    steady = found >= 3 and max(upper) + max(lower) >= 0.8 * (sum(upper) + sum(lower))
    return steady and abs(upper.index(max(upper)) - lower.index(max(lower))) in (2, 3)


def _found(steps: _Filter, pictures: Iterable[av.VideoFrame]) -> Iterator[av.VideoFrame]:
    for _, picture in zip(range(_PROBED), pictures, strict=False):
        yield from steps.push(picture)
    yield from steps.finish()


TELECINE_NOTICE: Final = (
    "{} holds film with 3:2 pulldown: two of five frames mix two pictures; take it out first "
    "(ffmpeg -vf fieldmatch,decimate) for the film's own 24 frames a second"
)
