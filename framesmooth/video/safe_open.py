"""Opening media files that may come from anyone: known formats only, nothing but the file itself, bounded.

FFmpeg guesses a format from the content. Some of its formats are lists of other files or addresses, so a
"video" could make it read those: only containers and plain streams are allowed, and no protocol but ``file``,
which also keeps names with a colon from being taken for addresses. Pillow likewise tries formats that start
other programs.
"""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Final

import av
from PIL import Image

from framesmooth.errors import FramesmoothError, MediaError
from framesmooth.limits import MAX_FPS, MAX_PIXELS, MAX_SIDE
from framesmooth.video.atomic import media_errors

_DEMUXERS: Final = (
    "mov", "matroska", "webm", "avi", "mpegts", "mpeg", "mpegvideo", "flv", "asf", "ogg", "ivf", "nut", "mxf",
    "yuv4mpegpipe", "h264", "hevc", "m4v", "av1", "obu", "dv", "rm", "gif", "apng", "mjpeg", "live_flv",
    "wav", "w64", "aiff", "au", "caf", "mp3", "flac", "aac", "ac3", "eac3", "dts", "amr", "ape", "wv", "tta",
)  # fmt: skip
OPTIONS: Final = {"format_whitelist": ",".join(_DEMUXERS), "protocol_whitelist": "file"}
"""Of FFmpeg: what it may take a file for, and that it opens no other."""
_PICTURES: Final = ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF", "AVIF", "JPEG2000", "PPM", "QOI", "PSD")
_TARGA: Final = (".tga",)  # a format without a mark of its own: only files that are named so are tried

# What is wrong with a picture is said by the error about it, if anything is.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").addHandler(logging.NullHandler())


def file_url(path: str | os.PathLike[str]) -> str:
    """Return the name by which FFmpeg takes ``path`` for a file, whatever characters are in it."""
    return f"file:{os.fspath(path)}"


_RAW: Final = ("h264", "hevc", "m4v", "mpegvideo", "obu", "av1", "vvc")
"""Bare streams without time stamps; FFmpeg plays them at 25 frames a second unless it is told their rate."""


def _own_rate(container: av.container.InputContainer) -> Fraction | None:
    """Return the rate in a bare stream's headers (VUI of H.264 and HEVC), None where FFmpeg's own holds."""
    if container.format.name not in _RAW or not container.streams.video:
        return None
    stream = container.streams.video[0]
    rate = stream.codec_context.framerate if stream.codec_context else None
    return rate if rate and 0 < rate <= MAX_FPS and rate != stream.average_rate else None


@contextmanager
def _open_at_own_rate(path: Path) -> Iterator[av.container.InputContainer]:
    with ExitStack() as stack:
        container = stack.enter_context(_open(path, OPTIONS))
        rate = _own_rate(container)
        if rate is not None:
            stack.close()
            container = stack.enter_context(_open(path, OPTIONS | {"framerate": str(rate)}))
        yield container


def _open(path: Path, options: dict[str, str]) -> av.container.InputContainer:
    return av.open(file_url(path), "r", options=options, metadata_errors="replace")


def has_decoder(stream: av.VideoStream) -> bool:
    """Tell whether the codec of a stream is known; PyAV gives those without one no context."""
    context: av.VideoCodecContext | None = stream.codec_context
    return context is not None


@contextmanager
def open_media(path: Path) -> Iterator[av.container.InputContainer]:
    """Open a video or sound file for reading.

    Raises:
        MediaError: when it cannot be read, is in no known format, or has pictures beyond all bounds.
    """
    with media_errors(path, "read"), _open_at_own_rate(path) as container:
        for stream in container.streams.video:
            if has_decoder(stream):
                check_size(path, stream.width, stream.height)
                stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
        yield container


class _Whole(BufferedReader):
    """Reads no more than there is: parts of a picture may claim gigabytes, for which room is made."""

    def __init__(self, path: Path) -> None:
        super().__init__(FileIO(path))
        self._length = os.fstat(self.fileno()).st_size

    def read(self, size: int | None = -1) -> bytes:
        """Read up to ``size`` bytes, all that are left if it is negative."""
        left = max(self._length - self.tell(), 0)
        return super().read(left if size is None or size < 0 else min(size, left))


@contextmanager
def open_picture(path: Path, formats: tuple[str, ...] = _PICTURES) -> Iterator[Image.Image]:
    """Open a picture or an animation for reading.

    Pillow's decoders meet damaged files with errors of any type; all of them mean the same.

    Raises:
        MediaError: when it cannot be read, is in no known format, or larger than any picture of a clip.
    """
    if formats is _PICTURES and path.suffix.lower() in _TARGA:
        formats = ("TGA",)
    with media_errors(path, "read"):
        file = _Whole(path)
    try:
        with file, Image.open(file, formats=formats) as image:
            check_size(path, *image.size)
            yield image
    except (FramesmoothError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise MediaError(f"{path} is too large: frames have {MAX_PIXELS} pixels at most") from error
    except Exception as error:
        raise MediaError(
            f"cannot read {path} as {'/'.join(formats)}: it is damaged or something else, make it again"
        ) from error


def check_size(path: Path, width: int, height: int) -> None:
    """Raise MediaError for a picture that would fill the memory."""
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise MediaError(
            f"{path} is {width}x{height}: frames have {MAX_PIXELS} pixels and {MAX_SIDE} along a side at most"
        )
