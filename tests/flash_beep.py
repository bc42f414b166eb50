"""Clips with a white frame and a click, and where both are found in a file."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np

SIZE: Final = (48, 64)
RATE: Final = 48_000
_VIDEO: Final = {".webm": "libvpx", ".wmv": "wmv2", ".mpg": "mpeg2video", ".avi": "mpeg4"}
_SOUND: Final = {".webm": "libopus", ".wmv": "wmav2", ".mpg": "mp2", ".avi": "mp2", ".mkv": "pcm_s16le"}
_FORMAT: Final = {".mts": "mpegts", ".m2ts": "mpegts", "": "matroska", ".wmv": "asf", ".mpg": "mpeg"}


def even(seconds: float, fps: float = 25) -> list[Fraction]:
    """Return the times of frames at a constant rate."""
    return [Fraction(index) / Fraction(fps) for index in range(round(seconds * fps))]


def make(
    path: Path,
    times: Sequence[Fraction],
    *,
    flash: float,
    clicks: Sequence[float],
    start: float = 0,
    gap: tuple[float, float] = (0, 0),
    layouts: Sequence[str] = ("stereo",),
    default: int | None = None,
    video_start: float = 0,
    length: float | None = None,
    rate: int = 25,
    tags: dict[str, str] | None = None,
    chapters: int = 0,
) -> Path:
    """Write a clip whose frame at ``flash`` seconds is white, and whose sound clicks.

    Args:
        path: its suffix decides the container and the codecs.
        times: of the frames in seconds.
        flash: the time of the white frame.
        clicks: times of the clicks; each track after the first clicks half a second later.
        start: when the sound starts.
        gap: from when to when there is no sound.
        layouts: of the sound tracks, none for a silent clip.
        default: the track that is flagged as default.
        video_start: when the first frame is shown.
        length: of the sound in seconds.
        rate: which the video stream claims.
        tags: of the file.
        chapters: how many it has.
    """
    suffix = path.suffix
    with av.open(str(path), "w", format=_FORMAT.get(suffix)) as container:
        container.metadata.update(tags or {})
        second = Fraction(1)
        container.set_chapters(
            [
                {"id": at, "start": at, "end": at + 1, "time_base": second, "metadata": {}}
                for at in range(chapters)
            ]
        )
        video = container.add_stream(_VIDEO.get(suffix, "libx264"), rate=rate)
        assert isinstance(video, av.VideoStream)
        video.height, video.width = SIZE
        video.pix_fmt = "yuv420p"
        video.bit_rate = 2_000_000
        if suffix in ("", ".mkv", ".mp4", ".mov"):
            video.codec_context.time_base = Fraction(1, 1000 if suffix in ("", ".mkv") else 12_000)
        tracks = []
        for number, layout in enumerate(layouts):
            sound = container.add_stream(_SOUND.get(suffix, "aac"), rate=RATE)
            assert isinstance(sound, av.AudioStream)
            sound.layout, sound.bit_rate = layout, 96_000 * av.AudioLayout(layout).nb_channels
            if default is not None:
                sound.disposition = av.stream.Disposition(int(number == default))
            tracks.append((sound, [click + number / 2 for click in clicks]))
        packets = _video_packets(video, times, flash, video_start)
        end = length if length is not None else float(times[-1]) + 1 / rate
        for sound, own in tracks:
            packets += _sound_packets(sound, own, start, end, gap)
        for packet in sorted(packets, key=lambda one: (one.dts or 0) * one.time_base):
            container.mux(packet)
    return path


def _video_packets(
    stream: av.VideoStream, times: Sequence[Fraction], flash: float, start: float
) -> list[av.Packet]:
    base = stream.codec_context.time_base or Fraction(1, int(stream.codec_context.rate or 25))
    packets = []
    for time in times:
        level = 235 if abs(float(time) - flash) < 1e-3 else 16
        shown = np.full((SIZE[0] * 3 // 2, SIZE[1]), 128, np.uint8)
        shown[: SIZE[0]] = level
        picture = av.VideoFrame.from_ndarray(shown, format="yuv420p")
        picture.pts, picture.time_base = round((time + Fraction(start)) / base), base
        packets += stream.encode(picture)
    return packets + stream.encode(None)


def _sound_packets(
    stream: av.AudioStream, clicks: Sequence[float], start: float, end: float, gap: tuple[float, float]
) -> list[av.Packet]:
    """Encode sound from ``start`` to ``end``; leave out the packets of the gap."""
    seconds = np.arange(round(start * RATE), round(end * RATE)) / RATE
    wave = 0.003 * np.sin(2 * np.pi * 200 * seconds)
    for click in clicks:
        burst = (seconds >= click) & (seconds < click + 0.03)
        wave[burst] = 0.8 * np.sin(2 * np.pi * 1000 * (seconds[burst] - click))
    channels = stream.layout.nb_channels
    packets: list[av.Packet] = []
    for at in range(0, len(wave), 960):
        part = np.repeat(wave[at : at + 960].astype(np.float32), channels)[None]
        block = av.AudioFrame.from_ndarray(part, format="flt", layout=stream.layout.name)
        block.sample_rate, block.time_base = RATE, Fraction(1, RATE)
        block.pts = at
        packets += stream.encode(block)
    packets += stream.encode(None)
    for packet in packets:
        shift = round(start / packet.time_base)
        packet.pts, packet.dts = (packet.pts or 0) + shift, (packet.dts or 0) + shift
    return [one for one in packets if not gap[0] <= float((one.pts or 0) * one.time_base) < gap[1]]


class Found:
    """What a file shows and sounds like; all times in seconds from its first frame.

    Attributes:
        times: of the frames.
        flashes: times of the white frames.
        clicks: times at which clicks begin.
        sound: (start, end) of the sound, or None.
        channels: of the sound.
    """

    def __init__(self, path: Path) -> None:
        with av.open(str(path)) as container:
            shown = [
                (Fraction(frame.pts or 0) * (frame.time_base or 1), frame.to_ndarray(format="gray").mean())
                for packet in container.demux(video=0)
                if packet.size or packet.dts is None
                for frame in packet.decode()
            ]
            rate = container.streams.video[0].average_rate
        first = shown[0][0]
        self.times = [float(time - first) for time, _ in shown]
        self.flashes = [float(time - first) for time, level in shown if level > 128]
        self.length = len(shown) / float(rate or 25)
        self.clicks: list[float] = []
        self.sound: tuple[float, float] | None = None
        self.channels = 0
        with av.open(str(path)) as container:
            if container.streams.audio:
                self._listen(container, first)

    def _listen(self, container: Any, first: Fraction) -> None:
        loud: list[float] = []
        spans: list[float] = []
        to_float = av.AudioResampler("flt")
        for block in container.decode(audio=0):
            wave = np.concatenate([part.to_ndarray()[0] for part in to_float.resample(block)])
            channels = block.layout.nb_channels
            wave = wave.reshape(-1, channels).T
            start = spans[-1] if block.pts is None else float(block.pts * block.time_base - first)
            spans += [start, start + block.samples / block.sample_rate]
            loud += [start + float(at) / block.sample_rate for at in np.flatnonzero(np.abs(wave[0]) > 0.2)]
            self.channels = channels
        self.sound = (spans[0], spans[-1]) if spans else None
        self.clicks = [
            time for number, time in enumerate(loud) if not number or time - loud[number - 1] > 0.1
        ]
