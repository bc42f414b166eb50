"""The video encoder behind a sink: one compressed video stream, optional sound and subtitles, tags."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np

from framesmooth.errors import UsageError
from framesmooth.frames import Frame
from framesmooth.video.atomic import close_quietly
from framesmooth.video.audio_track import AudioTrack
from framesmooth.video.color import from_rgb, is_yuv, tag_bt709
from framesmooth.video.safe_open import file_url
from framesmooth.video.sound import Sound
from framesmooth.video.subtitle_track import Subtitles, SubtitleTrack


@dataclass(frozen=True, kw_only=True)
class Codec:
    """How one name of ``--codec`` is encoded.

    Attributes:
        encoder: the encoder's name in FFmpeg.
        pix_fmt: the format of the samples.
        takes_crf: whether the encoder has a constant-quality setting.
    """

    encoder: str
    pix_fmt: str = "yuv420p"
    takes_crf: bool = True
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def even_sides(self) -> bool:
        """Whether width and height must be even, because chroma is halved."""
        return "420" in self.pix_fmt


CODECS: Final[dict[str, Codec]] = {
    # x264's macroblock tree makes the same frames come out different from run to run when cores are busy
    "h264": Codec(encoder="libx264", options={"preset": "medium", "x264-params": "mbtree=0"}),
    "h265": Codec(encoder="libx265", options={"preset": "medium", "x265-params": "log-level=error"}),
    "vp9": Codec(encoder="libvpx-vp9", options={"b": "0", "row-mt": "1", "cpu-used": "3"}),
    "av1": Codec(encoder="libsvtav1", options={"preset": "6"}),
    "prores": Codec(encoder="prores_ks", pix_fmt="yuv422p10le", takes_crf=False),
    "ffv1": Codec(encoder="ffv1", pix_fmt="bgr0", takes_crf=False, options={"level": "3"}),
}
"""Names of ``--codec``. ffv1 is lossless and goes into .mkv."""

DEFAULT_CODEC: Final = {".mp4": "h264", ".m4v": "h264", ".mov": "h264", ".mkv": "h264", ".webm": "vp9"}
_FITS: Final = {
    ".mp4": ("h264", "h265", "vp9", "av1"),
    ".m4v": ("h264", "h265"),
    ".mov": ("h264", "h265", "prores"),
    ".mkv": tuple(CODECS),
    ".webm": ("vp9", "av1"),
}
_FORMAT: Final = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}


def choose_codec(suffix: str, name: str | None) -> Codec:
    """Return the codec called ``name``, or the usual one of ``suffix``.

    Raises:
        UsageError: unknown name, or one that the container cannot hold.
    """
    chosen = name or DEFAULT_CODEC[suffix]
    if chosen not in CODECS:
        raise UsageError(f"unknown codec {chosen!r}: choose one of {', '.join(CODECS)}")
    if chosen not in _FITS[suffix]:
        raise UsageError(f"{suffix} does not hold {chosen}: choose {', '.join(_FITS[suffix])}, or write .mkv")
    return CODECS[chosen]


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
    ) -> None:
        suffix = path.suffix.lower()
        flags = {"movflags": "+use_metadata_tags+faststart"} if _FORMAT[suffix] in ("mp4", "mov") else {}
        self._container = av.open(file_url(path), "w", format=_FORMAT[suffix], options=flags)
        self._container.metadata.update(metadata)
        options = dict(codec.options) | ({"crf": str(crf)} if codec.takes_crf else {})
        stream = self._container.add_stream(codec.encoder, rate=fps, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width = size
        stream.pix_fmt = codec.pix_fmt
        stream.codec_context.time_base = 1 / fps
        if codec.encoder == "libx265" and _FORMAT[suffix] in ("mp4", "mov"):
            stream.codec_context.codec_tag = "hvc1"  # without it Apple's players refuse the file
        if is_yuv(codec.pix_fmt):
            tag_bt709(stream)
        self._stream, self._pix_fmt, self._fps, self._count = stream, codec.pix_fmt, fps, 0
        self._audio = None if audio is None else AudioTrack(audio, self._container, suffix)
        self._subtitles = None if subtitles is None else SubtitleTrack(subtitles, self._container, suffix)

    def write(self, frame: Frame) -> None:
        """Append one frame."""
        picture = from_rgb(np.ascontiguousarray(frame), self._pix_fmt)
        picture.pts, picture.time_base = self._count, 1 / self._fps
        self._container.mux(self._stream.encode(picture))
        self._count += 1
        if self._audio is not None:
            self._audio.mux_until(self._count / self._fps)
        if self._subtitles is not None:
            self._subtitles.mux_until(self._count / self._fps)

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
