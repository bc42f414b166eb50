"""Clips on stdin and stdout, which the name "-" stands for: one pass, frame by frame."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import IO, Any, Final

from framesmooth.errors import MediaError, UsageError
from framesmooth.events import Listener, Notice
from framesmooth.frames import Frame, FrameSlice, FrameSource
from framesmooth.video.pipes.colors import ColorTags, Look, bits_of, in_eight_bits, look_of
from framesmooth.video.pipes.sink import format_like, lost_by, open_pipe_sink, pixel_format_for
from framesmooth.video.pipes.source import PipeSource, RawVideo
from framesmooth.video.reading import ReadOptions
from framesmooth.video.samples import Depth, samples_of
from framesmooth.video.writer import FrameSink
from framesmooth.workflows.encoding_settings import EncodingSettings
from framesmooth.workflows.settings.pipes import PipeInputSettings, PipeSettings, parse_size

STDIO: Final = "-"
"""The name of stdin among inputs, and of stdout as an output."""
STDIN_NAME: Final = "stdin"
_OF_FILES: Final = ("crf", "codec", "audio", "odd", "sign")


def is_stdio(given: object) -> bool:
    """Tell whether an input or output is stdin or stdout."""
    return isinstance(given, (str, os.PathLike)) and os.fspath(given) == STDIO


def open_stdin(options: ReadOptions, settings: PipeInputSettings, depth: Depth = "eight") -> PipeSource:
    """Open the clip on stdin, its frames in as many bits as ``depth`` says.

    Raises:
        UsageError: a terminal, or raw video of which too little is said.
        MediaError: what cannot be read.
    """
    if sys.stdin.isatty():
        raise UsageError(
            "stdin is a terminal: pipe a clip into it, as in 'ffmpeg ... | framesmooth smooth -'"
        )
    raw = None
    if settings.video_size is not None:
        size = parse_size(settings.video_size, "--video-size")
        raw = RawVideo(size=size, pixel_format=settings.pixel_format or "rgb24")
    return PipeSource(sys.stdin.buffer, raw=raw, fps=options.fps, reading=options.reading, depth=depth)


def piped(source: FrameSource) -> PipeSource | None:
    """Return the stream that a source, or a part of one, is read from; None where that is none."""
    while isinstance(source, FrameSlice):
        source = source.source
    return source if isinstance(source, PipeSource) else None


def check_stdout(settings: PipeSettings) -> None:
    """Check that a clip can be written to stdout.

    Raises:
        UsageError: a terminal, or options of files.
    """
    if sys.stdout.isatty():
        raise UsageError("stdout is a terminal: pipe it to a program, or name a file with -o")
    defaults = EncodingSettings()
    given = [name for name in _OF_FILES if getattr(settings, name) != getattr(defaults, name)]
    if getattr(settings, "bit_depth", None) not in (None, "8"):
        raise UsageError(
            "--bit-depth: -o - writes as many bits as IN has, or 8: give 8, or samples with --pixel-format"
        )
    if getattr(settings, "frames_as", None) is not None:
        given = ["frames-as"]
    if given:
        option = "--odd-size" if given[0] == "odd" else f"--{given[0]}"
        raise UsageError(
            f"{option} is for files, and -o - writes y4m, lossless mkv or raw video: leave it out"
        )


def keeps_depth(settings: PipeSettings) -> bool:
    """Tell whether stdout gets more than 8 bits where there are more."""
    asked = settings.pixel_format if settings.video_size is None else None
    return getattr(settings, "bit_depth", None) != "8" and (asked is None or bits_of(asked) > 8)


@dataclass(frozen=True)
class Streamed:
    """A FrameSource whose frames went to stdout, or to a bucket, and are not on this machine."""

    fps: Fraction
    size: tuple[int, int]
    num_frames: int | None = None

    def __iter__(self) -> Iterator[Frame]:
        """Refuse.

        Raises:
            MediaError: always.
        """
        raise MediaError("the frames went to stdout or a bucket: name a file to read them again")


@contextmanager
def stdout_sink(
    settings: PipeSettings,
    source: FrameSource,
    note: str,
    emit: Listener,
    *,
    fps: Fraction,
    size: tuple[int, int],
) -> Iterator[FrameSink]:
    """Give a sink that writes to stdout, in the format and with the colours of ``source``.

    Raises:
        PipeClosed: the program that reads it has ended.
        UsageError: a pixel format that the container doesn't hold.
    """
    stream = piped(source)
    demuxer = None if stream is None else stream.format
    chosen = settings.format or format_like(demuxer)
    untagged = Look(tags=ColorTags(range=1))
    samples = samples_of(source)
    look = stream.look if stream is not None else Look() if chosen == "mkv" else untagged
    if stream is None and samples.is_deep:
        look = look_of(samples)
    if not samples.is_deep:
        look = replace(look, pixel_format=in_eight_bits(look.pixel_format))
    pixel_format = pixel_format_for(chosen, settings.pixel_format, look, demuxer)
    height, width = size
    emit(Notice(f"stdout: {chosen}, {width}x{height} {pixel_format}, {fps} frames a second"))
    lost = lost_by(chosen, look, pixel_format)
    if lost:
        emit(Notice(lost, warning=True))
    kept: dict[str, Any] = {} if stream is None else stream.metadata
    comment = "; ".join(filter(None, (kept.get("COMMENT"), kept.get("comment"), note)))
    own = ("encoder", "comment", "duration")
    tags = {name: text for name, text in kept.items() if name.lower() not in own}
    with open_pipe_sink(
        _stdout(),
        chosen=chosen,
        pixel_format=pixel_format,
        look=look,
        fps=fps,
        size=size,
        curve=samples.curve,
        metadata={} if settings.no_metadata else tags | ({"comment": comment} if comment else {}),  # type: ignore[attr-defined]
    ) as sink:
        yield sink


_taken: list[IO[bytes]] = []


@contextmanager
def stdout_for_clips() -> Iterator[None]:
    """Keep stdout for the clip while the block runs: what is printed goes to stderr."""
    own, _taken[:] = sys.stdout, [sys.stdout.buffer]
    sys.stdout = sys.stderr
    try:
        yield
    finally:
        sys.stdout = own
        _taken.clear()


def _stdout() -> IO[bytes]:
    return _taken[0] if _taken else sys.stdout.buffer
