"""Reading clips: from a path to a FrameSource."""

import math
import os
import re
import statistics
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

from framesmooth.errors import MediaError, UsageError
from framesmooth.frames import DEFAULT_FPS, Frame, FrameSource
from framesmooth.video.animation import animation_timing, decode_animation
from framesmooth.video.color import to_rgb
from framesmooth.video.files import ANIMATION_SUFFIXES, media_errors
from framesmooth.video.images import open_folder


def open_source(path: str | os.PathLike[str], *, fps: Fraction | None = None) -> FrameSource:
    """Open a video file, a GIF, an animated WebP or a folder of pictures.

    Args:
        path: the file or folder.
        fps: for a folder the rate of its pictures (12 where not given); for anything that has its own
            timing, resample it to this constant rate by repeating or dropping frames. Without it every
            frame comes out once, and a variable rate is replaced by the average one.

    Raises:
        MediaError: missing, empty, truncated or not a clip; pictures of mixed sizes; missing numbers.
        UsageError: when fps is not positive.
    """
    if fps is not None and fps <= 0:
        raise UsageError(f"{fps} frames per second make no clip: give a positive --fps")
    file = Path(path)
    if file.is_dir():
        return open_folder(file, fps or DEFAULT_FPS)
    with media_errors(file, "read"):
        if file.stat().st_size == 0:
            raise MediaError(f"{file} is empty (0 bytes): it was not written completely, make it again")
    if file.suffix.lower() in ANIMATION_SUFFIXES:
        return _open_animation(file, fps)
    return _open_video(file, fps)


@dataclass(frozen=True)
class Clip:
    """A FrameSource over a file with its own timing.

    Attributes:
        variable_rate: whether the frames in the file are unevenly spaced in time.
        resampled: when true, frames are repeated or dropped to come at ``fps``; else each comes once.
        end: the time in seconds at which the last frame stops being shown.
        decode: yields (seconds since the first frame, frame) from the file.
    """

    path: Path
    fps: Fraction
    size: tuple[int, int]
    num_frames: int | None
    resampled: bool
    end: Fraction
    variable_rate: bool
    decode: Callable[[Path], Iterator[tuple[Fraction, Frame]]]

    def __iter__(self) -> Iterator[Frame]:
        """Decode from the start."""
        checked = self._same_size(self.decode(self.path))
        if self.resampled:
            yield from resample(checked, self.fps, self.end)
        else:
            yield from (frame for _, frame in checked)

    def _same_size(self, timed: Iterable[tuple[Fraction, Frame]]) -> Iterator[tuple[Fraction, Frame]]:
        for index, (time, frame) in enumerate(timed):
            height, width = frame.shape[:2]
            if (height, width) != self.size:
                raise MediaError(
                    f"{self.path}: frame {index} is {width}x{height} but the clip started with "
                    f"{self.size[1]}x{self.size[0]}: cut it where the size changes"
                )
            yield time, frame


def resample(timed: Iterable[tuple[Fraction, Frame]], fps: Fraction, end: Fraction) -> Iterator[Frame]:
    """Yield frames at a constant rate: slot k holds the last frame whose time rounds to k / fps or before."""
    slot = 0
    shown: Frame | None = None
    for time, frame in timed:
        start = _round_half_down(time * fps)
        while shown is not None and slot < start:
            yield shown
            slot += 1
        shown = frame
    for _ in range(slot, _resampled_length(end, fps)):
        if shown is not None:
            yield shown


def _resampled_length(end: Fraction, fps: Fraction) -> int:
    return max(1, _round_half_down(end * fps))


def _round_half_down(value: Fraction) -> int:
    """Round to the nearest integer; all halves go one way, or every second frame would come unevenly."""
    return math.ceil(value - Fraction(1, 2))


def _open_video(path: Path, fps: Fraction | None) -> Clip:
    timing = _scan(path)
    first = next((frame for _, frame in _decode_video(path)), None)
    if first is None:
        raise MediaError(f"{path} holds no decodable frame: it is damaged, make it again")
    return Clip(
        path=path,
        fps=fps or timing.fps,
        size=(first.shape[0], first.shape[1]),
        num_frames=timing.num_frames if fps is None else _resampled_length(timing.end, fps),
        resampled=fps is not None,
        end=timing.end,
        variable_rate=timing.variable,
        decode=partial(_decode_evenly, fps=timing.fps) if timing.even else _decode_video,
    )


@dataclass(frozen=True)
class _Timing:
    fps: Fraction
    num_frames: int
    end: Fraction
    variable: bool
    even: bool  # frame k comes at k / fps, rounded as the container rounds


def _video_stream(container: av.container.InputContainer, path: Path) -> av.VideoStream:
    if not container.streams.video:
        raise MediaError(f"{path} holds no video: give a video, a GIF or WebP, or a folder of pictures")
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    return stream


def _scan(path: Path) -> _Timing:
    """Read the time stamps of a video without decoding it."""
    with media_errors(path, "read"), av.open(os.fspath(path), "r") as container:
        stream = _video_stream(container, path)
        rates = [rate for rate in (stream.average_rate, stream.guessed_rate) if rate] or [Fraction(25)]
        base = stream.time_base or 1 / rates[0]
        num_frames = 0
        spans: list[tuple[Fraction, Fraction]] = []
        for packet in container.demux(stream):
            if packet.is_corrupt:
                raise MediaError(f"{path} is damaged after {num_frames} frames: make it again")
            if packet.size > 0 and not packet.is_discard:
                num_frames += 1
                if packet.pts is not None:
                    spans.append((packet.pts * base, (packet.duration or 0) * base))
        if num_frames == 0:
            raise MediaError(f"{path} holds no frame: it was not written completely, make it again")
        start = min((time for time, _ in spans), default=Fraction(0))
        declared = _declared_end(stream, base, start)
    timing = _timing(spans, num_frames, rates, base)
    missing = Fraction(0) if declared is None else declared - start - timing.end
    if declared is not None and missing > max(2 / timing.fps, (declared - start) / 50):
        raise MediaError(
            f"{path} is truncated: it declares {float(declared):.2f} s of video but ends after "
            f"{float(start + timing.end):.2f} s: make it again"
        )
    return timing


def _timing(
    spans: list[tuple[Fraction, Fraction]], num_frames: int, rates: list[Fraction], tick: Fraction
) -> _Timing:
    """Judge from the frames' (time, duration) in seconds whether they come at a constant rate, and at which.

    ``rates`` are what the container claims; ``tick`` is the unit to which it rounds times.
    """
    if len(spans) < 2:
        end = (spans[0][1] if spans else None) or num_frames / rates[0]
        return _Timing(rates[0], num_frames, end, variable=False, even=True)
    spans = sorted(spans)
    times = [time - spans[0][0] for time, _ in spans]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    usual = Fraction(statistics.median(gaps))
    average = (len(times) - 1) / times[-1]
    if max(gaps) > usual * Fraction(3, 2) or min(gaps) < usual / 2:
        last = spans[-1][1] or usual
        rate = average.limit_denominator(1001)
        return _Timing(rate, num_frames, times[-1] + last, variable=True, even=False)
    rate = min(rates, key=lambda claimed: abs(claimed - average))
    even = len(times) == num_frames and all(abs(time - k / rate) <= tick for k, time in enumerate(times))
    last = max(spans[-1][1], usual)  # some muxers give the last frame next to no time
    held = last > usual * Fraction(3, 2)
    end = num_frames / rate if even and not held else times[-1] + last
    return _Timing(rate, num_frames, end, variable=held, even=even)


def _declared_end(stream: av.VideoStream, base: Fraction, start: Fraction) -> Fraction | None:
    """Return when the stream says to end, in seconds; Matroska keeps it in a tag and counts from 0."""
    if stream.duration is not None:
        return start + stream.duration * base
    tag = re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    if tag is None:
        return None
    return int(tag[1]) * 3600 + int(tag[2]) * 60 + Fraction(tag[3])


def _decode_evenly(path: Path, fps: Fraction) -> Iterator[tuple[Fraction, Frame]]:
    """Yield (exact seconds since the first frame, frame) of a video at a constant rate."""
    for index, (_, frame) in enumerate(_decode_video(path)):
        yield index / fps, frame


def _decode_video(path: Path) -> Iterator[tuple[Fraction, Frame]]:
    """Yield (seconds since the first frame, frame), upright."""
    with media_errors(path, "read"), av.open(os.fspath(path), "r") as container:
        stream = _video_stream(container, path)
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        start: Fraction | None = None
        for index, picture in enumerate(container.decode(stream)):
            if picture.is_corrupt:
                raise MediaError(f"{path}: frame {index} is damaged: make the video again")
            frame = np.ascontiguousarray(np.rot90(to_rgb(picture), k=_quarter_turns(picture, path)))
            if picture.pts is None or picture.time_base is None:
                time = index / rate
            else:
                time = picture.pts * picture.time_base
            start = time if start is None else start
            yield time - start, frame


def _quarter_turns(picture: av.VideoFrame, path: Path) -> int:
    """Return how many quarter turns, counter-clockwise, set the picture upright."""
    if picture.rotation % 90:
        raise MediaError(f"{path} is rotated by {picture.rotation} degrees: turn it by multiples of 90 first")
    return picture.rotation // 90


def _open_animation(path: Path, fps: Fraction | None) -> Clip:
    size, durations = animation_timing(path)
    end = sum(durations, Fraction(0))
    return Clip(
        path=path,
        fps=fps or (len(durations) / end).limit_denominator(100),
        size=size,
        num_frames=len(durations) if fps is None else _resampled_length(end, fps),
        resampled=fps is not None,
        end=end,
        variable_rate=max(durations) > 2 * min(durations),
        decode=decode_animation,
    )
