"""Which of several video streams is the clip: covers and thumbnails are none."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
from av.stream import Disposition

from framesmooth.errors import MediaError
from framesmooth.video.safe_open import has_decoder, open_media

_PICTURES: Final = (
    Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image | Disposition.dependent
)
_LOOKED_AT: Final = 1000
"""Packets that are counted to tell streams that move from single pictures."""


@dataclass(frozen=True)
class StreamChoice:
    """The stream to take, by its index in the file, and the line about those that are left out, if any."""

    index: int
    notice: str = ""


def choose_stream(path: Path) -> StreamChoice:
    """Choose the video stream of a file: one that moves, then the default one, the largest, the first.

    Raises:
        MediaError: when there is none, or only a cover picture.
    """
    with open_media(path) as container:
        streams = [stream for stream in container.streams.video if has_decoder(stream)]
        if not streams and container.streams.video:
            raise MediaError(f"{path} holds video of an unknown kind: convert it to .mp4 or .mkv first")
        if not streams:
            raise MediaError(f"{path} holds no video: give a video, a GIF or WebP, or a folder of pictures")
        films = [stream for stream in streams if not stream.disposition & _PICTURES]
        if not films and len(streams) == len(container.streams):
            films = streams
        if not films:
            raise MediaError(f"{path} holds sound with a cover picture and no video: give a video")
        if len(streams) == 1:
            return StreamChoice(streams[0].index)
        counts = _count_packets(container, films) if len(films) > 1 else Counter[int]()
        best = max(films, key=lambda stream: (*_rank(stream, counts), -stream.index))
        left_out = ", ".join(_described(stream) for stream in streams if stream is not best)
        taken = f"{path.name} has {len(streams)} video streams: {_described(best)} is taken"
        return StreamChoice(best.index, f"{taken}, left out: {left_out}")


def _rank(stream: av.VideoStream, counts: Counter[int]) -> tuple[bool, bool, int]:
    moves = max(counts[stream.index], stream.frames) > 1
    return moves, bool(stream.disposition & Disposition.default), stream.width * stream.height


def _count_packets(container: av.container.InputContainer, films: list[av.VideoStream]) -> Counter[int]:
    """Count packets of each stream, until all move or enough were read to see that one doesn't."""
    counts: Counter[int] = Counter()
    for seen, packet in enumerate(container.demux(films)):
        counts[packet.stream_index] += packet.size > 0
        if seen >= _LOOKED_AT or all(counts[stream.index] > 1 for stream in films):
            break
    return counts


def _described(stream: av.VideoStream) -> str:
    kind = "cover picture" if stream.disposition & _PICTURES else stream.codec_context.name
    return f"#{stream.index} ({kind}, {stream.width}x{stream.height})"
