"""Inspection of a video by its first picture: how to decode it, and what frames cannot hold of it."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np

from framesmooth.errors import MediaError
from framesmooth.frames import Frame
from framesmooth.video.alpha import (
    alpha_notice,
    decoder_of,
    is_unused,
    shows_background,
)
from framesmooth.video.color import to_rgb
from framesmooth.video.deep_color import to_rgb16, video_samples
from framesmooth.video.deinterlace import (
    TELECINE_NOTICE,
    Interlace,
    find_interlace,
    is_telecined,
    may_be_telecined,
)
from framesmooth.video.hdr import CURVES
from framesmooth.video.orientation import display_matrix, upright
from framesmooth.video.probe import video_stream
from framesmooth.video.reading import Color, Reading
from framesmooth.video.safe_open import open_media
from framesmooth.video.samples import EIGHT, Depth, Samples, light_from

_BITS: Final = 8
_WIDE: Final = {9: "BT.2020", 11: "DCI-P3", 12: "Display P3"}  # ITU-T H.273, table 2


@dataclass(frozen=True)
class Decoding:
    """How a video is decoded.

    Attributes:
        index: of the stream in the file.
        background: what shows through transparent pixels; None where alpha is to be ignored.
        interlace: what is done about interlaced frames.
        samples: what frames get; 8 bits where they are not deep.
    """

    index: int
    background: Color | None
    interlace: Interlace
    samples: Samples = EIGHT

    def frame(self, picture: av.VideoFrame) -> Frame:
        """Return a picture as RGB, over the background; ``finished`` makes a frame of it."""
        if self.samples.is_deep:
            return to_rgb16(picture, self.background)
        return to_rgb(picture, self.background)

    def upright(self, frame: Frame, picture: av.VideoFrame, path: Path) -> Frame:
        """Return the frame of ``picture`` turned and reflected as the file says."""
        return upright(frame, display_matrix(picture), path)

    def finished(self, frame: Frame) -> Frame:
        """Return an upright picture as a frame: the light of HDR."""
        return frame if frame.dtype == np.uint8 else light_from(frame, self.samples.curve)


def inspect_video(
    path: Path, index: int, reading: Reading, fps: Fraction, depth: Depth = "eight"
) -> tuple[Decoding, tuple[str, ...]]:
    """Return how a video is decoded, and one line for each thing that is changed or lost by it.

    Raises:
        MediaError: when no picture can be decoded.
    """
    with open_media(path) as container:
        stream = video_stream(container, path, index)
        first = next(_whole(container, stream), None)
        if first is None:
            raise MediaError(f"{path} holds no decodable frame: it is damaged, make it again")
        bits = max(part.bits for part in first.format.components)
        samples = video_samples(stream, first, bits, depth)
        decoding, lines = look_at(container, stream, first, reading, fps, path.name, samples)
        if samples.is_deep or int(stream.codec_context.color_trc) in CURVES:
            return decoding, lines
        told = _primaries_notice(path.name, int(first.color_primaries))
    return decoding, (*lines, told) if told else lines


def look_at(
    container: av.container.InputContainer,
    stream: av.VideoStream,
    first: av.VideoFrame,
    reading: Reading,
    fps: Fraction,
    name: str,
    samples: Samples = EIGHT,
) -> tuple[Decoding, tuple[str, ...]]:
    """Return the same of an open container and its first picture, without what its primaries change."""
    interlace = find_interlace(stream, first, reading.deinterlace)
    ignored = is_unused(container, stream, first)
    bits = max(part.bits for part in first.format.components)
    lines = [
        interlace.notice(name, f"{float(fps):.5g}", f"{float(2 * fps):.5g}"),
        alpha_notice(name, reading.background) if shows_background(first) and not ignored else "",
        "" if samples.is_deep else depth_notice(name, bits),
    ]
    decoding = Decoding(stream.index, None if ignored else reading.background, interlace, samples)
    return decoding, tuple(filter(None, lines))


def find_telecine(path: Path, index: int) -> tuple[str, ...]:
    """Return the line about 3:2 pulldown, if there is any; the first two seconds are decoded for that."""
    with open_media(path) as container:
        stream = video_stream(container, path, index)
        if may_be_telecined(stream) and is_telecined(_whole(container, stream)):
            return (TELECINE_NOTICE.format(path.name),)
    return ()


def depth_notice(name: str, bits: int) -> str:
    """Return the line about samples of more than 8 bits, nothing where there are no more."""
    if bits <= _BITS:
        return ""
    levels = f"{2**bits} levels become 256" if bits <= 16 else "they are rounded to 256 levels"
    return f"{name} has {bits} bits a channel and frames have 8: {levels}"


def _primaries_notice(name: str, primaries: int) -> str:
    if primaries not in _WIDE:
        return ""
    return f"{name} has the colours of {_WIDE[primaries]} and is taken for BT.709: they come out paler"


def _whole(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.VideoFrame]:
    """Yield the pictures that can be decoded: what a look at a clip needs, however damaged it is."""
    decode, packets = decoder_of(stream), container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            return
        if packet is None:
            return
        with suppress(av.FFmpegError):
            yield from decode(packet)
