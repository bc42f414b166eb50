"""Streams of bytes that hold clips, made by FFmpeg's libraries."""

import io
from collections.abc import Sequence
from fractions import Fraction

import av

from framesmooth.frames import Frame
from framesmooth.video.pipes.colors import ColorTags, Look
from framesmooth.video.pipes.sink import PipeFormat, open_pipe_sink
from framesmooth.video.pipes.source import PipeSource

NTSC = Fraction(24000, 1001)
HD = ColorTags(matrix=1, range=1, primaries=1, transfer=1)


class OneWay(io.RawIOBase):
    """Bytes that can be read once, a few at a time, as from a pipe."""

    def __init__(self, data: bytes, portion: int = 1000) -> None:
        self._data, self._portion, self.count = data, portion, 0

    def read(self, size: int = -1) -> bytes:
        end = self.count + min(size if size > 0 else self._portion, self._portion)
        part, self.count = self._data[self.count : end], min(end, len(self._data))
        return part


def stream_of(
    frames: Sequence[Frame],
    chosen: PipeFormat = "y4m",
    pixel_format: str = "yuv444p",
    *,
    look: Look | None = None,
    fps: Fraction = NTSC,
) -> bytes:
    """Return the bytes of a clip."""
    held = io.BytesIO()
    size = (frames[0].shape[0], frames[0].shape[1])
    with open_pipe_sink(
        held,
        chosen=chosen,
        pixel_format=pixel_format,
        look=look or Look(),
        fps=fps,
        size=size,
        metadata={"title": "sea"},
    ) as sink:
        for frame in frames:
            sink.write(frame)
    return held.getvalue()


def read(data: bytes) -> PipeSource:
    return PipeSource(OneWay(data))  # type: ignore[arg-type]


def pictures(data: bytes) -> list[av.VideoFrame]:
    """Decode a stream with PyAV alone."""
    with av.open(io.BytesIO(data), "r") as container:
        return list(container.decode(video=0))
