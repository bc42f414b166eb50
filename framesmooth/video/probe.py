"""The time stamps of a video file: its rate, its length, whether it is whole."""

import re
import statistics
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Final

import av

from framesmooth.errors import MediaError
from framesmooth.limits import MAX_FRAMES
from framesmooth.video.atomic import media_errors
from framesmooth.video.safe_open import open_media


@dataclass(frozen=True)
class Timing:
    """When the frames of a video are shown.

    Attributes:
        fps: frames per second, the average of an uneven rate.
        num_frames: how many frames the file holds.
        end: the time in seconds, counted from the first frame, at which the last one stops being shown.
        variable: whether the frames are unevenly spaced or the last one is held.
        even: whether frame k comes at k / fps, up to the container's rounding.
        transfer: "PQ" or "HLG" where the samples are HDR, else "".
    """

    fps: Fraction
    num_frames: int
    end: Fraction
    variable: bool
    even: bool
    transfer: str = ""


def doubled(timing: Timing) -> Timing:
    """Return the timing of a clip of which every field becomes a frame."""
    return replace(timing, fps=2 * timing.fps, num_frames=2 * timing.num_frames)


_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_HEAD: Final = 4096
_HDR: Final = {16: "PQ", 18: "HLG"}  # ITU-T H.273, table 3


def video_stream(
    container: av.container.InputContainer, path: Path, index: int | None = None
) -> av.VideoStream:
    """Return the stream of ``path`` with this index in the file, by default the first video stream.

    Raises:
        MediaError: when there is none.
    """
    if not container.streams.video:
        raise MediaError(f"{path} holds no video: give a video, a GIF or WebP, or a folder of pictures")
    streams = container.streams.video
    stream = next((stream for stream in streams if stream.index == index), streams[0])
    stream.thread_type = "AUTO"
    return stream


def scan(path: Path, index: int | None = None) -> Timing:
    """Read the time stamps of a video, of its stream ``index``, without decoding it.

    Raises:
        MediaError: when it is unreadable, empty or ends before the time that it declares.
    """
    missing_bytes = _missing_bytes(path)
    if missing_bytes:
        raise MediaError(f"{path} is truncated: its last {missing_bytes} bytes are missing, make it again")
    with open_media(path) as container:
        stream = video_stream(container, path, index)
        rates = [rate for rate in (stream.average_rate, stream.guessed_rate) if rate] or [Fraction(25)]
        base = stream.time_base or 1 / rates[0]
        num_frames = 0
        spans: list[tuple[Fraction, Fraction]] = []
        for packet in container.demux(stream):
            if packet.is_corrupt:
                raise MediaError(f"{path} is damaged after {num_frames} frames: make it again")
            if packet.size > 0 and not packet.is_discard:
                num_frames += 1
                if num_frames > MAX_FRAMES:
                    raise MediaError(f"{path} has more than {MAX_FRAMES} frames: cut it into parts")
                if packet.pts is not None:
                    spans.append((packet.pts * base, (packet.duration or 0) * base))
        if num_frames == 0:
            raise MediaError(f"{path} holds no frame: it was not written completely, make it again")
        start = min((time for time, _ in spans), default=Fraction(0))
        declared = _declared_end(stream, base, start)
        transfer = _HDR.get(int(stream.codec_context.color_trc), "")
    timing = replace(_timing(spans, num_frames, rates, base), transfer=transfer)
    missing = Fraction(0) if declared is None else declared - start - timing.end
    if declared is not None and missing > max(2 / timing.fps, (declared - start) / 50):
        raise MediaError(
            f"{path} is truncated: it declares {float(declared):.2f} s of video but ends after "
            f"{float(start + timing.end):.2f} s: make it again"
        )
    return timing


def _timing(
    spans: list[tuple[Fraction, Fraction]], num_frames: int, rates: list[Fraction], tick: Fraction
) -> Timing:
    """Judge from the frames' (time, duration) in seconds whether they come at a constant rate, and at which.

    ``rates`` are what the container claims; ``tick`` is the unit to which it rounds times.
    """
    if len({time for time, _ in spans}) < 2:
        end = (spans[0][1] if spans else None) or num_frames / rates[0]
        return Timing(rates[0], num_frames, end, variable=False, even=True)
    spans = sorted(spans)
    times = [time - spans[0][0] for time, _ in spans]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    usual = Fraction(statistics.median(gaps))
    average = (len(times) - 1) / times[-1]
    if max(gaps) > usual * Fraction(3, 2) or min(gaps) < usual / 2:
        last = spans[-1][1] or usual
        rate = average.limit_denominator(1001) or average
        return Timing(rate, num_frames, times[-1] + last, variable=True, even=False)
    rate = min(rates, key=lambda claimed: abs(claimed - average))
    even = len(times) == num_frames and all(abs(time - k / rate) <= tick for k, time in enumerate(times))
    last = max(spans[-1][1], usual)  # some muxers give the last frame next to no time
    held = last > usual * Fraction(3, 2)
    end = num_frames / rate if even and not held else times[-1] + last
    return Timing(rate, num_frames, end, variable=held, even=even)


def _declared_end(stream: av.VideoStream, base: Fraction, start: Fraction) -> Fraction | None:
    """Return when the stream says to end, in seconds; Matroska keeps it in a tag and counts from 0."""
    if stream.duration is not None:
        return start + stream.duration * base
    tag = re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    if tag is None:
        return None
    return int(tag[1]) * 3600 + int(tag[2]) * 60 + Fraction(tag[3])


def _missing_bytes(path: Path) -> int:
    """Return how many bytes a Matroska file lacks of what its segment declares (RFC 8794, section 4)."""
    with media_errors(path, "read"), path.open("rb") as file:
        head = file.read(_HEAD)
    at = head.find(_SEGMENT)
    if not head.startswith(_EBML) or at < 0 or len(head) < at + 12:
        return 0
    length = 9 - head[at + 4].bit_length()  # the size's own bytes: one more for every leading zero bit
    field = head[at + 4 : at + 4 + length]
    size = int.from_bytes(field, "big") & ((1 << 7 * length) - 1)
    unknown = size == (1 << 7 * length) - 1
    return 0 if unknown else max(0, at + 4 + length + size - path.stat().st_size)
