"""Reading a clip from stdin, or any other stream of bytes: once, in order, as it comes."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import IO, Final

import av
from av.container import InputContainer

from framesmooth.errors import MediaError, UsageError
from framesmooth.events import Listener, Notice
from framesmooth.frames import Frame
from framesmooth.limits import MAX_PIXELS
from framesmooth.streams import is_abandoned
from framesmooth.video.atomic import media_errors
from framesmooth.video.damage import Damage, decoded_pictures
from framesmooth.video.deep_color import video_samples
from framesmooth.video.inspection import Decoding, look_at
from framesmooth.video.orientation import display_matrix
from framesmooth.video.pipes.colors import ColorTags, Look
from framesmooth.video.pipes.handles import PipeInput
from framesmooth.video.pipes.wholeness import wholeness_of
from framesmooth.video.probe import video_stream
from framesmooth.video.reader import _square_pixels
from framesmooth.video.reading import AS_USUAL, Reading
from framesmooth.video.safe_open import OPTIONS, check_size
from framesmooth.video.samples import Depth

_ADVICE: Final = "give y4m, Matroska or NUT, or raw video with --video-size, --pixel-format and --fps"
_HDR: Final = {16: "PQ", 18: "HLG"}  # ITU-T H.273, table 3


@dataclass(frozen=True, kw_only=True)
class RawVideo:
    """What raw video doesn't say itself.

    Attributes:
        size: (height, width) in pixels.
        pixel_format: FFmpeg's name.
    """

    size: tuple[int, int]
    pixel_format: str


class PipeSource:
    """A FrameSource over a stream of bytes, which can be iterated once; its length is unknown.

    Attributes:
        num_frames: None: only the end tells.
        format: FFmpeg's name of the container.
        look: the colours and samples of the stream, so that it can be written alike.
        samples: as how deep it is read.
        metadata: the tags of the stream.
        notices: one line for each thing that reading changes or loses.
        listener: is told at the end what was found on the way: an uneven rate, damage.
    """

    num_frames = None

    def __init__(
        self,
        file: IO[bytes],
        *,
        name: str = "stdin",
        raw: RawVideo | None = None,
        fps: Fraction | None = None,
        reading: Reading = AS_USUAL,
        depth: Depth = "eight",
    ) -> None:
        """Open a stream and look at its first picture.

        Args:
            file: a binary file object; only its ``read`` is used.
            name: what the stream is called in messages.
            raw: what raw video is; None where the stream has a container.
            fps: the rate of raw video; to any other stream's it must be equal.
            reading: how transparent pixels, fields and damage are read.
            depth: how many bits frames get, as of :func:`framesmooth.video.open_source`.

        Raises:
            MediaError: a stream that is empty, in no known format, or without a picture.
            UsageError: raw video without a rate, or a rate that the stream hasn't.
        """
        self.name = name
        self.listener: Listener = _silent
        self._reader, self._path, self._taken = PipeInput(file), Path(name), False
        self._damage = Damage(self._path, reading.strict)
        with media_errors(self._path, "read"):
            self._container = _open(self._reader, self._path, raw, fps)
            stream = video_stream(self._container, self._path)
            size = _frame_bytes(av.VideoFormat(stream.pix_fmt or "gray", stream.width, stream.height))
            self._reader.watch(wholeness_of(self._container.format.name, self._reader.start, size))
            rate = stream.average_rate or stream.guessed_rate
            pictures = decoded_pictures(self._container, stream, self._damage, keep=True)
            first = next(pictures, None)
            if first is None or not rate:
                raise MediaError(f"{name} holds no decodable frame: was it written completely?")
            bits = max(part.bits for part in first.format.components)
            samples = video_samples(stream, first, bits, depth)
            decoding, remarks = look_at(self._container, stream, first, reading, rate, name, samples)
        self.format, self.metadata = self._container.format.name, dict(self._container.metadata)
        self._decoding, self._stream, self.samples = decoding, stream, samples
        self._damage.fields = 2 if decoding.interlace.doubles else 1
        self.fps: Fraction = rate * self._damage.fields
        if fps not in (None, self.fps):
            raise UsageError(
                f"{name} has {self.fps} frames a second, and one pass doesn't resample: drop --fps, or let "
                f"ffmpeg do it with -r {fps}"
            )
        self.look = _look_of(first, stream, decoding)
        self.notices = (*remarks, *self._changes(first))
        self._pictures = decoding.interlace.apply(chain([first], pictures))
        self._first = next(self._frames(), None)
        if self._first is None:
            raise MediaError(f"{name} holds no decodable frame: was it written completely?")
        self.size = (self._first.shape[0], self._first.shape[1])

    def __iter__(self) -> Iterator[Frame]:
        """Iterate over the frames as they come.

        Raises:
            UsageError: the second time.
        """
        if self._taken:
            raise UsageError(f"{self.name} can be read once only: give a file for what needs two passes")
        self._taken = True
        return self._checked()

    def _checked(self) -> Iterator[Frame]:
        count = 0
        assert self._first is not None
        with self._container:
            frames = chain([self._first], self._frames())
            self._first = None
            for frame in frames:
                if frame.shape[:2] != self.size:
                    (height, width), (first_height, first_width) = frame.shape[:2], self.size
                    raise MediaError(
                        f"{self.name}: frame {count} is {width}x{height} but the clip started with "
                        f"{first_width}x{first_height}: cut it where the size changes"
                    )
                yield frame
                count += 1
            if is_abandoned():  # the work was stopped, not the stream
                return
            watcher = self._reader.watcher
            if watcher is not None and watcher.missing:
                broken_off = f"breaks off after frame {count - 1}: it is truncated"
                self._damage.note(f"{broken_off}, {watcher.missing} bytes or more of the next are missing")
        if self._damage.sentence:
            self.listener(Notice(self._damage.sentence, warning=True))
        elif self._uneven:
            told = f"{self.name} has a variable frame rate: its frames are spaced evenly at the "
            told += f"{float(self.fps):.6g} a second that it declares; -fps_mode cfr of ffmpeg resamples it"
            self.listener(Notice(told, warning=True))

    def _frames(self) -> Iterator[Frame]:
        """Yield the frames, upright and with square pixels, and note whether they come evenly."""
        self._uneven = False
        start: Fraction | None = None
        for index, picture in enumerate(self._pictures):
            check_size(self._path, picture.width, picture.height)
            if picture.pts is not None and picture.time_base is not None:
                time, tick = picture.pts * picture.time_base, Fraction(picture.time_base)
                start = time if start is None else start
                off = abs(time - start - index / self.fps)
                self._uneven |= off > max(2 * tick, 1 / (2 * self.fps))
            square = _square_pixels(
                self._decoding.frame(picture), self._stream.sample_aspect_ratio, self._path
            )
            yield self._decoding.finished(self._decoding.upright(square, picture, self._path))

    def _changes(self, first: av.VideoFrame) -> Iterator[str]:
        """Yield one line for each thing that one pass changes or loses."""
        if display_matrix(first) is not None:
            yield f"{self.name} is turned by its rotation flag: frames come out upright, without the flag"
        others = {"sound": self._container.streams.audio, "subtitles": self._container.streams.subtitles}
        lost = " and ".join(f"its {kind}" for kind, streams in others.items() if streams)
        if lost:
            yield f"left out of {self.name}: {lost}; ffmpeg can add them from the source afterwards (-map)"
        transfer = _HDR.get(self.look.tags.transfer)
        if transfer is not None and not self.samples.is_deep:
            yield f"{self.name} is HDR ({transfer}): its samples are taken as they are, in 8 bits"


def _silent(_event: object) -> None:
    """Ignore what is told."""


def _open(reader: PipeInput, path: Path, raw: RawVideo | None, fps: Fraction | None) -> InputContainer:
    if raw is not None:
        if fps is None:
            raise UsageError(f"raw video on {path} doesn't say its rate: give --fps")
        height, width = raw.size
        check_size(path, width, height)
        options = {
            "video_size": f"{width}x{height}",
            "pixel_format": raw.pixel_format,
            "framerate": str(fps),
        }
        return av.open(reader, "r", format="rawvideo", options=options)
    try:
        container = av.open(reader, "r", options=dict(OPTIONS), metadata_errors="replace")
    except av.FFmpegError as error:
        if not reader.start:
            raise MediaError(f"{path} is empty: the program before it wrote nothing") from error
        raise MediaError(f"{path} is in no format that can be read in one pass: {_ADVICE}") from error
    for stream in container.streams.video:
        check_size(path, stream.width, stream.height)
        stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    return container


def _frame_bytes(stored: av.VideoFormat) -> int:
    """Return how many bytes a picture takes that isn't compressed."""
    if not stored.is_planar:
        return stored.width * stored.height * stored.padded_bits_per_pixel // 8
    return sum(part.width * part.height * ((part.bits + 7) // 8) for part in stored.components)


def _look_of(first: av.VideoFrame, stream: av.VideoStream, decoding: Decoding) -> Look:
    """Return how the samples are stored; fields that were deinterlaced are progressive."""
    woven = decoding.interlace.flagged and decoding.interlace.mode == "off"
    order = int(stream.codec_context.field_order) if woven else 1
    tags = ColorTags.of(first, stream)
    return Look(pixel_format=first.format.name, tags=tags, field_order=order)
