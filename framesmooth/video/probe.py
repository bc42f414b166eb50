"""The time stamps of a video file: its rate, its length, whether it is whole."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal

import av

from framesmooth.errors import MediaError
from framesmooth.limits import MAX_FRAMES, MAX_HELD
from framesmooth.video.audio_tracks import choose_track
from framesmooth.video.completeness import declared_end, declared_frames, missing_bytes, missing_seconds
from framesmooth.video.continuity import continuous_packets
from framesmooth.video.damage import Damage, named
from framesmooth.video.safe_open import open_media
from framesmooth.video.variable_rate import fastest_rate, find_grid


@dataclass(frozen=True)
class Timing:
    """When the frames of a video are shown.

    Attributes:
        fps: frames per second, the average of an uneven rate.
        num_frames: how many frames the file holds.
        end: the time in seconds, counted from the first frame, at which the last one stops being shown.
        variable: whether the frames are unevenly spaced or the last one is held.
        even: whether frame k comes at k / fps, up to the container's rounding.
        nominal: a constant rate at which uneven frames keep their times, and hardly one is lost.
        left_out: numbers of the frames that an otherwise constant rate lacks.
        start: the time stamp of the first frame in seconds.
        times: of all frames in seconds, from 0 on; empty where the container doesn't tell them all.
        repeats: numbers of those that are stored as nothing: the one before is shown again.
        has_sound: whether the file holds a sound track.
        transfer: "PQ" or "HLG" where the samples are HDR, else "".
    """

    fps: Fraction
    num_frames: int
    end: Fraction
    variable: bool
    even: bool
    nominal: Fraction
    left_out: tuple[int, ...] = ()
    start: Fraction = Fraction(0)
    times: tuple[Fraction, ...] = ()
    repeats: frozenset[int] = frozenset()
    has_sound: bool = False
    transfer: str = ""

    def starting_at(self, stamp: Fraction) -> "Timing":
        """Return the same without the frames before the time stamp, which cannot be decoded."""
        first = stamp - self.start
        late = sum(time < first for time in self.times)
        if not late or late == len(self.times):
            return self
        first = self.times[late]
        return replace(
            self,
            num_frames=self.num_frames - late,
            end=self.end - first,
            start=self.start + first,
            times=tuple(time - first for time in self.times[late:]),
            repeats=frozenset(index - late for index in self.repeats),
        )

    @property
    def doubled(self) -> "Timing":
        """The timing of the clip of which every field becomes a frame."""
        steps = [later - earlier for earlier, later in pairwise(self.times)]
        halves = [step / 2 for step in [*steps, *(steps[-1:] or [1 / self.fps])]]
        both = zip(self.times, halves, strict=False)
        return replace(
            self,
            fps=2 * self.fps,
            nominal=2 * self.nominal,
            num_frames=2 * self.num_frames,
            times=tuple(time for start, half in both for time in (start, start + half)),
            left_out=tuple(number for one in self.left_out for number in (2 * one, 2 * one + 1)),
            repeats=frozenset(number for one in self.repeats for number in (2 * one, 2 * one + 1)),
        )


Uneven = Literal["auto", "average", "real", "stored"]
"""What becomes of an uneven rate: every frame once at the average one, a constant rate at which frames keep
their real times, or frames as they are stored, with their times; "auto" is "real" beside sound."""

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


def scan(path: Path, damage: Damage | None = None, index: int | None = None) -> Timing:
    """Read the time stamps of a video without decoding it, and note in ``damage`` what it lacks.

    ``index`` is that of the stream in the file; None is the first video stream.

    Raises:
        MediaError: when it is unreadable or empty, or damaged and that is to be refused.
    """
    damage = damage or Damage(path)
    with open_media(path) as container:
        stream = video_stream(container, path, index)
        rates = [rate for rate in (stream.average_rate, stream.guessed_rate) if rate] or [Fraction(25)]
        base = stream.time_base or 1 / rates[0]
        num_frames = 0
        spans: list[tuple[Fraction, Fraction]] = []
        empty: set[Fraction] = set()
        for packet in _packets(container, stream, damage):
            num_frames += 1
            if num_frames > MAX_FRAMES:
                raise MediaError(f"{path} has more than {MAX_FRAMES} frames: cut it into parts")
            if packet.pts is not None:
                spans.append((packet.pts * base, (packet.duration or 0) * base))
                empty |= {packet.pts * base} if packet.size == 0 else set()
        if num_frames == 0:
            raise MediaError(f"{path} holds no frame: it was not written completely, make it again")
        start = min((time for time, _ in spans), default=Fraction(0))
        timing = _timing(spans, num_frames, rates, base)
        timing = replace(
            timing,
            start=start,
            repeats=frozenset(at for at, time in enumerate(timing.times) if start + time in empty),
            transfer=_HDR.get(int(stream.codec_context.color_trc), ""),
            has_sound=choose_track(container) is not None,
        )
        if not damage.found:
            _check_complete(container, stream, timing, damage)
    return timing


def _check_complete(
    container: av.container.InputContainer, stream: av.VideoStream, timing: Timing, damage: Damage
) -> None:
    """Note when the file ends before the place, the time or the frame that it declares."""
    start, end = timing.start, timing.start + timing.end
    base = stream.time_base or 1 / timing.fps
    declared = declared_end(stream, base, start) or end
    frames, slack = declared_frames(container, stream), max(2 / timing.fps, timing.end / 50)
    broken_off = f"breaks off after frame {max(0, round(timing.end * timing.fps) - 1)}"
    if lacking := missing_bytes(damage.path):
        damage.note(f"{broken_off}: it is truncated, {lacking} bytes are missing")
    elif declared - end > max(2 / timing.fps, (declared - start) / 50):
        told = f"declares {float(declared):.2f} s of video but ends after {float(end):.2f} s"
        damage.note(f"{broken_off}: it is truncated, {told}")
    elif frames - timing.num_frames > max(2, frames // 50):
        damage.note(f"{broken_off}: it is truncated, declares {frames} frames")
    elif (missing := missing_seconds(damage.path)) > slack:
        damage.note(f"{broken_off}: it is truncated, {float(missing):.2f} s are missing")


def constant_rate(
    name: str, timing: Timing, fps: Fraction | None, uneven: Uneven
) -> tuple[Fraction, bool, str]:
    """Return (frames a second, whether frames are repeated or dropped for it, what to tell about it).

    ``name`` is the file's; ``fps`` is the rate that was asked for, if one was.
    """
    if fps is not None or not timing.variable:
        return fps or timing.fps, fps is not None, ""
    missing = f"{name}: {named(set(timing.left_out))} missing from its {_written(timing.fps)} a second"
    if uneven == "stored":
        made = "the frames of the result are made for their times"
        told = "" if timing.even or not timing.times else f"{name} has a variable frame rate: {made}"
        return timing.nominal, False, f"{missing}, and made up for" if timing.left_out else told
    if timing.left_out:
        return timing.fps, True, f"{missing}, and the one before is held there"
    told = f"{name} has a variable frame rate: its frames"
    real = uneven == "real" or (uneven == "auto" and timing.has_sound)
    if real and timing.nominal * timing.end <= MAX_HELD * timing.num_frames:
        how = f"are repeated or dropped to be shown at their times, at {_written(timing.nominal)} a second"
        return timing.nominal, True, f"{told} {how}"
    how = f"are spaced evenly at the average of {_written(timing.fps)} a second"
    return timing.fps, False, f"{told} {how}; give --fps to resample it instead"


def _written(rate: Fraction) -> str:
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")


def _packets(
    container: av.container.InputContainer, stream: av.VideoStream, damage: Damage
) -> "Iterator[av.Packet[Any]]":
    """Yield the packets that hold a frame to be shown, up to where the file breaks off."""
    packets = continuous_packets(container, stream)
    count = 0
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            damage.note(f"breaks off after frame {count - 1}")
            return
        if packet is None:
            return
        if packet.is_corrupt:
            damage.lossy = True
            if damage.strict:
                damage.note(f"is damaged after frame {count - 1}")
        repeats = packet.size == 0 and packet.pts is not None and count > 0
        if (packet.size > 0 or repeats) and not packet.is_discard:
            count += 1
            yield packet


def _timing(
    spans: list[tuple[Fraction, Fraction]], num_frames: int, rates: list[Fraction], tick: Fraction
) -> Timing:
    """Judge from the frames' (time, duration) in seconds whether they come at a constant rate, and at which.

    ``rates`` are what the container claims; ``tick`` is the unit to which it rounds times.
    """
    if len({time for time, _ in spans}) < 2:
        end = (spans[0][1] if spans else None) or num_frames / rates[0]
        return Timing(rates[0], num_frames, end, variable=False, even=True, nominal=rates[0])
    spans = sorted(spans)
    times = tuple(time - spans[0][0] for time, _ in spans)
    known = times if len(set(times)) == num_frames else ()
    gaps = [later - earlier for earlier, later in pairwise(times)]
    usual = Fraction(statistics.median(gaps))
    average = (len(times) - 1) / times[-1]
    rate = min(rates, key=lambda claimed: abs(claimed - average))
    drift = max(abs(time - k / rate) for k, time in enumerate(times))
    if max(gaps) > usual * Fraction(3, 2) or min(gaps) < usual / 2 or drift > max(tick, 1 / (2 * rate)):
        end = times[-1] + (spans[-1][1] or usual)
        rate = average.limit_denominator(1001) or average
        return _with_nominal_rate(
            Timing(rate, num_frames, end, variable=True, even=False, nominal=rate, times=known), rates, tick
        )
    even = len(times) == num_frames and drift <= tick
    last = max(spans[-1][1], usual)  # some muxers give the last frame next to no time
    held = last > usual * Fraction(3, 2)
    end = num_frames / rate if even and not held else times[-1] + last
    return Timing(rate, num_frames, end, variable=held, even=even, nominal=rate, times=known)


def _with_nominal_rate(timing: Timing, rates: list[Fraction], tick: Fraction) -> Timing:
    if not timing.times:
        return timing
    grid = find_grid(timing.times, rates, tick)
    if grid is None:
        return replace(timing, nominal=fastest_rate(timing.times, rates, tick))
    if left_out := grid.left_out:
        return replace(timing, fps=grid.fps, nominal=grid.fps, left_out=left_out)
    return replace(timing, nominal=grid.fps)
