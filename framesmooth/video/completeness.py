"""Whether a video file holds all that its header declares."""

import re
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, Final

import av

from framesmooth.video.atomic import media_errors
from framesmooth.video.safe_open import open_media

_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_HEAD: Final = 4096
_WHOLE_FILE_DURATION: Final = ("flv", "live_flv", "asf")
"""Formats whose header has one duration for all streams."""


def declared_end(stream: av.VideoStream, base: Fraction, start: Fraction) -> Fraction | None:
    """Return when the stream says to end, in seconds; Matroska keeps it in a tag and counts from 0."""
    if stream.duration is not None:
        return start + stream.duration * base
    tag = re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    if tag is None:
        return None
    return int(tag[1]) * 3600 + int(tag[2]) * 60 + Fraction(tag[3])


def declared_frames(container: av.container.InputContainer, stream: av.VideoStream) -> int:
    """Return how many frames the header of an AVI file declares, 0 for other files, which count otherwise."""
    return stream.frames if container.format.name == "avi" else 0


def missing_bytes(path: Path) -> int:
    """Return how many bytes a Matroska file lacks of what it declares (RFC 8794, section 4).

    That is the size of its segment, or of a cluster where a recording was cut off and the segment has none.
    """
    with media_errors(path, "read"), path.open("rb") as file:
        length = path.stat().st_size
        head = file.read(_HEAD)
        at = head.find(_SEGMENT)
        if not head.startswith(_EBML) or at < 0:
            return 0
        end = _end_of_element(file, at)
        if end is None:
            end = at + 4 + _number_length(head[at + 4])
            while end is not None and end < length:
                end = _end_of_element(file, end)
        return 0 if end is None else max(0, end - length)


def _number_length(first: int) -> int:
    """Return how many bytes a number has that begins so: one more for every leading zero bit."""
    return 9 - first.bit_length()


def _end_of_element(file: BinaryIO, at: int) -> int | None:
    """Return where an element ends, None where that is unknown."""
    file.seek(at)
    head = file.read(12)
    if not head or not head[0]:
        return None
    start = _number_length(head[0])
    if len(head) <= start or not head[start]:
        return None
    length = _number_length(head[start])
    size = int.from_bytes(head[start : start + length], "big") & ((1 << 7 * length) - 1)
    return None if size == (1 << 7 * length) - 1 else at + start + length + size


def missing_seconds(path: Path) -> Fraction:
    """Return how much earlier than declared all streams end, of formats that declare one duration for all."""
    with open_media(path) as container:
        if container.format.name not in _WHOLE_FILE_DURATION or not container.duration:
            return Fraction(0)
        first = Fraction(container.start_time or 0, av.time_base)
        last = first
        try:
            for packet in container.demux():
                if packet.pts is not None and packet.time_base:
                    last = max(last, (packet.pts + (packet.duration or 0)) * packet.time_base)
        except av.FFmpegError:  # it breaks off here
            pass
        return max(Fraction(0), Fraction(container.duration, av.time_base) - (last - first))
