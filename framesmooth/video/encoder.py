"""The video encoder behind a sink: one compressed video stream, optional sound and subtitles, tags."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np

from framesmooth.errors import UsageError
from framesmooth.frames import Frame
from framesmooth.video.atomic import close_quietly
from framesmooth.video.audio_track import AudioTrack
from framesmooth.video.color import from_rgb, is_yuv, tag_colors, tag_picture
from framesmooth.video.deep_color import from_rgb16
from framesmooth.video.hdr_metadata import light_words, mastering_words
from framesmooth.video.safe_open import file_url
from framesmooth.video.samples import EIGHT, Samples, stored_eight, stored_sixteen
from framesmooth.video.sound import Sound
from framesmooth.video.subtitle_track import Subtitles, SubtitleTrack


@dataclass(frozen=True, kw_only=True)
class Codec:
    """How one name of ``--codec`` is encoded.

    Attributes:
        encoder: the encoder's name in FFmpeg.
        pix_fmt: the format of the samples.
        takes_crf: whether the encoder has a constant-quality setting.
        deep: the formats of samples of more than 8 bits, by their bits.
        bits: of the samples.
    """

    encoder: str
    pix_fmt: str = "yuv420p"
    takes_crf: bool = True
    options: Mapping[str, str] = field(default_factory=dict)
    deep: Mapping[int, str] = field(default_factory=dict)
    bits: int = 8

    def with_bits(self, bits: int) -> "Codec":
        """Return the codec with so many bits a channel, or about as many as this build of FFmpeg has."""
        known = {each.name for each in av.Codec(self.encoder, "w").video_formats or ()}
        found = sorted(depth for depth, pix_fmt in self.deep.items() if pix_fmt in known)
        if bits <= 8 or not found:
            return self
        chosen = next((depth for depth in found if depth >= bits), found[-1])
        return replace(self, pix_fmt=self.deep[chosen], bits=chosen)

    @property
    def even_sides(self) -> bool:
        """Whether width and height must be even, because chroma is halved."""
        return "420" in self.pix_fmt


CODECS: Final[dict[str, Codec]] = {
    # x264's macroblock tree makes the same frames come out different from run to run when cores are busy
    "h264": Codec(
        encoder="libx264",
        options={"preset": "medium", "x264-params": "mbtree=0"},
        deep={10: "yuv420p10le"},
    ),
    "h265": Codec(
        encoder="libx265",
        options={"preset": "medium", "x265-params": "log-level=error"},
        deep={10: "yuv420p10le", 12: "yuv420p12le"},
    ),
    "vp9": Codec(
        encoder="libvpx-vp9",
        options={"b": "0", "row-mt": "1", "cpu-used": "3"},
        deep={10: "yuv420p10le", 12: "yuv420p12le"},
    ),
    "av1": Codec(encoder="libsvtav1", options={"preset": "6"}, deep={10: "yuv420p10le"}),
    "prores": Codec(encoder="prores_ks", pix_fmt="yuv422p10le", takes_crf=False, deep={10: "yuv422p10le"}),
    "ffv1": Codec(
        encoder="ffv1",
        pix_fmt="bgr0",
        takes_crf=False,
        options={"level": "3"},
        deep={10: "gbrp10le", 12: "gbrp12le", 16: "gbrp16le"},
    ),
}
"""Names of ``--codec``. ffv1 is lossless and goes into .mkv."""

DEFAULT_CODEC: Final = {".mp4": "h264", ".m4v": "h264", ".mov": "h264", ".mkv": "h264", ".webm": "vp9"}
_DEEPEST: Final = {".webm": "av1"}
_HDR_DATA: Final = {"libx265": "x265-params", "libsvtav1": "svtav1-params"}
"""Where encoders take what an HDR clip says of its display."""
_FITS: Final = {
    ".mp4": ("h264", "h265", "vp9", "av1"),
    ".m4v": ("h264", "h265"),
    ".mov": ("h264", "h265", "prores"),
    ".mkv": tuple(CODECS),
    ".webm": ("vp9", "av1"),
}
_FORMAT: Final = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}


def deepest_codec(suffix: str) -> str:
    """Return the usual codec of ``suffix`` for more than 8 bits a channel."""
    return _DEEPEST.get(suffix, "h265")


def holds_hdr_data(codec: Codec) -> bool:
    """Tell whether what an HDR clip says of its display can be written."""
    return codec.encoder in _HDR_DATA


def choose_codec(suffix: str, name: str | None, bits: int = 8) -> Codec:
    """Return the codec called ``name``, or the usual one of ``suffix``, with about so many bits a channel.

    Raises:
        UsageError: unknown name, or one that the container cannot hold.
    """
    chosen = name or DEFAULT_CODEC[suffix]
    if chosen not in CODECS:
        raise UsageError(f"unknown codec {chosen!r}: choose one of {', '.join(CODECS)}")
    if chosen not in _FITS[suffix]:
        raise UsageError(f"{suffix} does not hold {chosen}: choose {', '.join(_FITS[suffix])}, or write .mkv")
    return CODECS[chosen].with_bits(bits)


class VideoEncoder:
    """Writes frames of one size into a video file, as they come."""

    def __init__(
        self,
        path: Path,
        codec: Codec,
        fps: Fraction,
        size: tuple[int, int],
        crf: int,
        metadata: Mapping[str, str],
        audio: Sound | None,
        subtitles: Subtitles | None = None,
        samples: Samples = EIGHT,
    ) -> None:
        suffix = path.suffix.lower()
        flags = {"movflags": "+use_metadata_tags+faststart"} if _FORMAT[suffix] in ("mp4", "mov") else {}
        self._container = av.open(file_url(path), "w", format=_FORMAT[suffix], options=flags)
        self._container.metadata.update(metadata)
        options = dict(codec.options) | ({"crf": str(crf)} if codec.takes_crf else {})
        if samples.is_deep:
            options |= _hdr_options(codec, samples)
        if codec.encoder == "libsvtav1":
            os.environ.setdefault("SVT_LOG", "1")  # errors only: else it writes to stderr what it is
        stream = self._container.add_stream(codec.encoder, rate=fps, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width = size
        stream.pix_fmt = codec.pix_fmt
        stream.codec_context.time_base = 1 / fps
        if codec.encoder == "libx265" and _FORMAT[suffix] in ("mp4", "mov"):
            stream.codec_context.codec_tag = "hvc1"  # without it Apple's players refuse the file
        if is_yuv(codec.pix_fmt):
            tag_colors(stream, samples.color)
        elif samples.color.is_wide:
            tag_colors(stream, samples.color, rgb=True)
        self._samples = samples
        self._stream, self._pix_fmt, self._fps, self._count = stream, codec.pix_fmt, fps, 0
        self._audio = None if audio is None else AudioTrack(audio, self._container, suffix)
        self._subtitles = None if subtitles is None else SubtitleTrack(subtitles, self._container, suffix)

    def write(self, frame: Frame) -> None:
        """Append one frame."""
        picture = self._picture(frame)
        picture.pts, picture.time_base = self._count, 1 / self._fps
        if self._samples.is_deep:
            tag_picture(picture, self._samples.color)
        self._container.mux(self._stream.encode(picture))
        self._count += 1
        if self._audio is not None:
            self._audio.mux_until(self._count / self._fps)
        if self._subtitles is not None:
            self._subtitles.mux_until(self._count / self._fps)

    def _picture(self, frame: Frame) -> av.VideoFrame:
        if not self._samples.is_deep:
            return from_rgb(np.ascontiguousarray(stored_eight(frame)), self._pix_fmt)
        signal = stored_sixteen(frame, self._samples.curve)
        return from_rgb16(np.ascontiguousarray(signal), self._pix_fmt, self._samples.color)

    def close(self) -> None:
        """Write what is buffered and the end of the file."""
        self._container.mux(self._stream.encode(None))
        if self._audio is not None:
            self._audio.close()
        self._container.close()

    def abort(self) -> None:
        """Let go of the file without completing it."""
        if self._audio is not None:
            self._audio.abort()
        close_quietly(self._container)


def _hdr_options(codec: Codec, samples: Samples) -> dict[str, str]:
    """Return the options with which an encoder writes what an HDR clip says of its display."""
    name, color = _HDR_DATA.get(codec.encoder), samples.color
    if name is None:
        return {}
    x265 = name == "x265-params"
    words = [codec.options.get(name, "")]
    if color.mastering is not None:
        display = mastering_words(color.mastering, whole=x265)
        words.append(f"{'master-display' if x265 else 'mastering-display'}={display}" if display else "")
    if color.light_level is not None:
        words.append(f"{'max-cll' if x265 else 'content-light'}={light_words(color.light_level)}")
    joined = ":".join(filter(None, words))
    return {name: joined} if joined else {}
