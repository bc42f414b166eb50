"""A soft subtitle track beside the frames: text that players show, or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from av.container import OutputContainer
from av.subtitles.subtitle import SubtitleSet

_CODEC: Final = {
    ".mp4": "mov_text",
    ".m4v": "mov_text",
    ".mov": "mov_text",
    ".mkv": "subrip",
    ".webm": "webvtt",
}
SUBTITLE_SUFFIXES: Final = tuple(_CODEC)
"""Files that hold soft subtitles."""
_TICKS: Final = 1000
_MICROSECONDS: Final = 1_000_000
_HEADER: Final = """[Script Info]
ScriptType: v4.00+
PlayResX: 384
PlayResY: 288

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, \
Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, \
MarginR, MarginV, Encoding
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
"""What FFmpeg's text encoders want to know of a track."""


@dataclass(frozen=True, kw_only=True)
class Cue:
    """A text and its time in seconds from the first frame; line breaks are kept."""

    start: Fraction
    end: Fraction
    text: str


@dataclass(frozen=True, kw_only=True)
class Subtitles:
    """The cues of a track in order of time, and the language that they are in, as ISO 639-2: "eng"."""

    cues: Sequence[Cue]
    language: str = ""


class SubtitleTrack:
    """Writes cues into ``output`` as their time comes."""

    def __init__(self, subtitles: Subtitles, output: OutputContainer, suffix: str) -> None:
        stream: Any = output.add_stream(_CODEC[suffix])
        context = stream.codec_context
        context.time_base = Fraction(1, _TICKS)
        context.subtitle_header = _HEADER.encode()
        if subtitles.language:
            stream.metadata["language"] = subtitles.language
        self._stream, self._output, self._left = stream, output, list(subtitles.cues)
        self._number = 0

    def mux_until(self, time: Fraction) -> None:
        """Write the cues that begin before ``time`` seconds."""
        while self._left and self._left[0].start < time:
            self._write(self._left.pop(0))

    def _write(self, cue: Cue) -> None:
        start, end = round(cue.start * _TICKS), round(cue.end * _TICKS)
        text = cue.text.replace("\n", "\\N")
        line = f"{self._number},0,Default,,0,0,0,,{text}"
        shown = SubtitleSet.create(
            text=line.encode(), start=0, end=end - start, pts=start * _MICROSECONDS // _TICKS
        )
        packet = self._stream.codec_context.encode_subtitle(shown)
        packet.stream = self._stream
        packet.pts = packet.dts = start
        packet.duration, packet.time_base = end - start, Fraction(1, _TICKS)
        self._output.mux(packet)
        self._number += 1
