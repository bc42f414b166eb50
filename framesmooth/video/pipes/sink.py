"""Writing a clip to stdout, or any other stream of bytes: frame by frame, as they are made."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import IO, Final, Literal

import av

from framesmooth.errors import MediaError, PipeClosed, UsageError
from framesmooth.frames import Frame
from framesmooth.video.atomic import close_quietly, media_errors
from framesmooth.video.pipes.colors import (
    ColorTags,
    Look,
    bits_of,
    eight_bits,
    encoded,
    encoded_deep,
    is_rgb,
)
from framesmooth.video.pipes.handles import PipeOutput
from framesmooth.video.samples import Curve, stored_eight, stored_sixteen
from framesmooth.video.writer import FrameSink

PipeFormat = Literal["y4m", "mkv", "rawvideo"]
_MUXERS: Final = {"y4m": "yuv4mpegpipe", "mkv": "matroska", "rawvideo": "rawvideo"}
_OF_DEMUXERS: Final[dict[str, PipeFormat]] = {"yuv4mpegpipe": "y4m", "rawvideo": "rawvideo"}
_Y4M_HOLDS: Final = ("yuv420p", "yuv422p", "yuv444p", "yuv411p", "gray")
_DEEP: Final = (10, 12, 16)
_Y4M_DEEP: Final = tuple(
    f"{family}{bits}le" for family in ("yuv420p", "yuv422p", "yuv444p", "gray") for bits in _DEEP
)
_FFV1_DEEP: Final = (*_Y4M_DEEP, *(f"gbrp{bits}le" for bits in _DEEP))
_FFV1_HOLDS: Final = (*_Y4M_HOLDS, "yuv440p", "yuv410p", "bgr0")


def format_like(demuxer: str | None) -> PipeFormat:
    """Return the format to write where none is asked for: that which is read, or Matroska."""
    return _OF_DEMUXERS.get(demuxer or "", "mkv")


def pixel_format_for(chosen: PipeFormat, asked: str | None, look: Look, demuxer: str | None) -> str:
    """Return the format of the samples that are written: that which is read, or the nearest one.

    Samples of more than 8 bits stay as deep as they are, or become one step deeper.

    Raises:
        UsageError: one that was ``asked`` for and the format doesn't hold.
    """
    holds = {
        "y4m": (*_Y4M_HOLDS, *_Y4M_DEEP),
        "mkv": (*_FFV1_HOLDS, *_FFV1_DEEP),
        "rawvideo": (),
    }[chosen]
    if asked is not None and demuxer != "rawvideo":
        if holds and asked not in holds:
            raise UsageError(f"{chosen} holds no {asked} here: choose one of {', '.join(holds)}")
        return asked
    bits = bits_of(look.pixel_format)
    if chosen == "rawvideo":
        return asked or ("rgb48le" if bits > 8 else "rgb24")
    if look.pixel_format in holds:
        return look.pixel_format
    near = eight_bits(look.pixel_format)
    if bits > 8:
        return _deep(near, bits, chosen)
    if near == "rgb24":
        return "yuv444p" if chosen == "y4m" else "bgr0"
    return near


def _deep(near: str, bits: int, chosen: PipeFormat) -> str:
    """Return the format that is as deep as ``bits``, or one step deeper, and nearest to one of 8 bits."""
    deep = next((step for step in _DEEP if step >= bits), _DEEP[-1])
    if near == "rgb24":
        return f"gbrp{deep}le" if chosen == "mkv" else f"yuv444p{deep}le"
    return f"{near if f'{near}{deep}le' in _Y4M_DEEP else 'yuv444p'}{deep}le"


def lost_by(chosen: PipeFormat, look: Look, pixel_format: str) -> str:
    """Return one line about what the format cannot say of the clip, "" where nothing is lost."""
    if chosen == "mkv":
        return ""
    words = "" if is_rgb(pixel_format) else look.tags.words(with_range=chosen == "rawvideo")
    woven = chosen == "rawvideo" and look.field_order > 1
    lost = [f"the colour tags ({words})"] if words else []
    lost += ["that it is interlaced"] if woven else []
    if not lost:
        return ""
    return f"{chosen} cannot say {' and '.join(lost)}: tell it to the next program, or use --format mkv"


@contextmanager
def open_pipe_sink(
    file: IO[bytes],
    *,
    chosen: PipeFormat,
    pixel_format: str,
    look: Look,
    fps: Fraction,
    size: tuple[int, int],
    metadata: Mapping[str, str],
    name: str = "stdout",
    curve: Curve = "",
) -> Iterator[FrameSink]:
    """Open a binary file object for a clip; every frame is written as soon as the format can.

    Args:
        file: only its ``write`` is used.
        chosen: the container; Matroska holds FFV1, which is lossless.
        pixel_format: of the samples, FFmpeg's name.
        look: the colour tags, and the order of fields.
        fps: frames per second.
        size: (height, width) of the frames.
        metadata: tags, where the format holds any.
        name: what the stream is called in messages.
        curve: that encodes the light of HDR frames.

    Raises:
        PipeClosed: the program that reads it has ended.
        MediaError: no frame, or a stream that cannot be written.
    """
    target = Path(name)
    with media_errors(target, "write"):
        encoder = _PipeEncoder(PipeOutput(file, name), chosen, pixel_format, look, fps, size, metadata, curve)
    sink = FrameSink(target, size, None, encoder)
    done = False
    try:
        yield sink
        if sink.count == 0:
            raise MediaError(f"no frame was written to {name}: the input or the frame range is empty")
        with media_errors(target, "write"):
            encoder.close()
        done = True
    except PipeClosed as error:
        raise PipeClosed(f"{error}, after {sink.count} frames") from error
    finally:
        if not done:
            encoder.abort()


class _PipeEncoder:
    """Writes frames of one size into a stream."""

    def __init__(
        self,
        output: PipeOutput,
        chosen: PipeFormat,
        pixel_format: str,
        look: Look,
        fps: Fraction,
        size: tuple[int, int],
        metadata: Mapping[str, str],
        curve: Curve,
    ) -> None:
        options = {"fflags": "+flush_packets"}
        if chosen == "y4m":
            options["strict"] = "-1"  # for samples of more than 8 bits, which its first description lacks
        if chosen == "mkv":
            options["cluster_time_limit"] = "0"  # else a second of frames waits for the end of its cluster
            options["default_mode"] = "passthrough"
        self._container = av.open(output, "w", format=_MUXERS[chosen], options=options)
        if chosen == "mkv":
            self._container.metadata.update(metadata)
        stream = self._container.add_stream("ffv1" if chosen == "mkv" else "rawvideo", rate=fps)
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width = size
        stream.pix_fmt = pixel_format
        context = stream.codec_context
        context.time_base = 1 / fps
        if chosen == "mkv":
            context.options = {"level": "3"}
        tags = ColorTags(range=2, primaries=look.tags.primaries, transfer=look.tags.transfer, matrix=0)
        self._tags = tags if is_rgb(pixel_format) else look.tags
        if not is_rgb(pixel_format):
            self._tags.write_to(context)
        context.field_order = look.field_order
        self._stream, self._fps, self._count, self._pixel_format = stream, fps, 0, pixel_format
        self._is_deep, self._curve = bits_of(pixel_format) > 8, curve

    def write(self, frame: Frame) -> None:
        """Append one frame."""
        if self._is_deep:
            signal = stored_sixteen(frame, self._curve)
            picture = encoded_deep(signal, self._pixel_format, self._tags)
        else:
            eight = stored_eight(frame, self._curve)
            picture = encoded(eight, self._pixel_format, self._tags)
        picture.pts, picture.time_base = self._count, 1 / self._fps
        self._container.mux(self._stream.encode(picture))
        self._count += 1

    def close(self) -> None:
        """Write what is buffered and the end of the stream."""
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def abort(self) -> None:
        """Let go of the stream without completing it."""
        try:
            close_quietly(self._container)
        except PipeClosed:  # said already
            return
