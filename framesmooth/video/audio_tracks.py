"""The sound track that plays by default, and how its channels are encoded."""

from fractions import Fraction
from typing import Final

import av
from av.container import InputContainer
from av.stream import Disposition

_SPECIAL: Final = (
    Disposition.comment
    | Disposition.visual_impaired
    | Disposition.hearing_impaired
    | Disposition.karaoke
    | Disposition.clean_effects
)
_SAME_SPEAKERS: Final = {"5.1(side)": "5.1", "5.0(side)": "5.0", "quad(side)": "quad"}
"""Layouts that players take for the same; encoders know those on the right."""
_USUAL: Final = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
"""Layouts by number of channels, for tracks without a named layout."""


def is_decodable(stream: av.AudioStream) -> bool:
    """Tell whether a sound track is of a known kind and has samples."""
    context = stream.codec_context
    return context is not None and context.sample_rate > 0 and context.layout.nb_channels > 0


def choose_track(container: InputContainer) -> av.AudioStream | None:
    """Return the track flagged as default, before comments and descriptions; the first of several alike."""
    tracks = [stream for stream in container.streams.audio if is_decodable(stream)]
    return min(tracks, key=_rank, default=None)


def _rank(stream: av.AudioStream) -> tuple[bool, bool, int]:
    flags = stream.disposition
    return not flags & Disposition.default, bool(flags & _SPECIAL), stream.index


def first_frame_time(container: InputContainer) -> Fraction | None:
    """Return the time stamp of the first frame in seconds; None where there is no video but a cover."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic and stream.start_time is not None:
            return stream.start_time * (stream.time_base or Fraction(1))
    return None


def choose_layout(encoder: str, layout: av.AudioLayout) -> av.AudioLayout:
    """Return the layout in which ``encoder`` keeps all channels, or stereo where it cannot."""
    named = _SAME_SPEAKERS.get(layout.name, layout.name)
    for name in dict.fromkeys((named, layout.name, _USUAL.get(layout.nb_channels, "stereo"))):
        if _encodes(encoder, name):
            return av.AudioLayout(name)
    return av.AudioLayout("stereo")


def _encodes(encoder: str, layout: str) -> bool:
    try:
        context = av.CodecContext.create(encoder, "w")
        assert isinstance(context, av.AudioCodecContext)
        context.layout = layout
        context.sample_rate, context.format = 48_000, _sample_format(context)
        context.open()
    except (ValueError, av.FFmpegError):
        return False
    return True


def _sample_format(context: av.AudioCodecContext) -> av.AudioFormat:
    formats = context.codec.audio_formats or [av.AudioFormat("fltp")]
    return formats[0]
