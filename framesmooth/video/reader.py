"""Reading clips: from a path to a FrameSource."""

import math
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, partial
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation

from framesmooth.errors import MediaError, UsageError
from framesmooth.frames import DEFAULT_FPS, Frame, FrameSource
from framesmooth.limits import MAX_FPS
from framesmooth.video.animation import check_held, decode_animation, inspect_animation, is_animation
from framesmooth.video.atomic import media_errors
from framesmooth.video.damage import Damage, decoded_pictures, hold_missing
from framesmooth.video.images import open_folder
from framesmooth.video.inspection import Decoding, find_telecine, inspect_video
from framesmooth.video.listing import check_readable, is_series, refuse_single_picture
from framesmooth.video.probe import (
    Timing,
    Uneven,
    constant_rate,
    scan,
    video_stream,
)
from framesmooth.video.reading import AS_USUAL, Reading
from framesmooth.video.safe_open import check_size, open_media
from framesmooth.video.samples import EIGHT, Depth, Samples
from framesmooth.video.stream_choice import choose_stream


def open_source(
    path: str | os.PathLike[str],
    *,
    fps: Fraction | None = None,
    uneven: Uneven = "auto",
    reading: Reading = AS_USUAL,
    depth: Depth = "eight",
) -> FrameSource:
    """Open a video file, a GIF, an animated WebP, a folder of pictures or a pattern such as frame_%04d.png.

    Args:
        path: the file or folder.
        fps: for a folder the rate of its pictures (12 where not given); for anything that has its own
            timing, resample it to this constant rate by repeating or dropping frames. The held frames of an
            animation are repeated.
        uneven: how a video of a variable rate is read where no ``fps`` is given. "average": every frame once,
            at the average rate; where a tenth of the frames or less is left out of a constant rate, that rate
            with the frame before held in each gap. "real": always at the frames' real times, at a constant
            rate, by repeating and dropping frames. "stored": every frame once; ``MediaFile.timed`` has the
            times.
            "auto": "real" for a video with sound, else "average".
        reading: in which order pictures come, what shows through transparent pixels, how interlaced video
            is read, and whether damage and gaps are refused. Otherwise what is whole is taken, and
            ``MediaFile.damage`` tells the rest.
        depth: "eight" gives uint8 frames of any file. "source" gives uint16 or float32 where the file has
            more than 8 bits, and ``framesmooth.video.samples.samples_of`` tells what they are; "sixteen"
            gives uint16 at least.

    Raises:
        MediaError: missing, empty or not a clip; pictures of mixed sizes; missing numbers.
        UsageError: when fps is not positive.
    """
    if fps is not None and fps <= 0:
        raise UsageError(f"{fps} frames per second make no clip: give a positive --fps")
    file = Path(path)
    if is_series(file):
        return open_folder(file, fps or DEFAULT_FPS, reading, depth)
    with media_errors(file, "read"):
        if file.stat().st_size == 0:
            raise MediaError(f"{file} is empty (0 bytes): it was not written completely, make it again")
    check_readable(file)
    refuse_single_picture(file)
    if is_animation(file):
        return _open_animation(file, fps, reading)
    return _open_video(file, fps, uneven, reading, depth)


@dataclass(frozen=True)
class MediaFile:
    """A FrameSource over a file with its own timing.

    Attributes:
        variable_rate: whether the frames in the file are unevenly spaced in time.
        transfer: "PQ" or "HLG" where the file is HDR and read as SDR, else "".
        resampled: when true, frames are repeated or dropped to come at ``fps``; else each comes once.
        end: the time in seconds at which the last frame stops being shown.
        start: the time stamp in seconds that the first frame has in the file.
        times: of the frames as they come out, in seconds from the first; empty where frame k is at k / fps.
        notice: what was done about the frames' times without being asked for, "" if nothing.
        damage: what is found to be damaged as the file is read; None for what is no video.
        decode: yields (seconds since the first frame, frame) from the file.
        remarks: one line for each thing that reading changes or loses.
        look_closer: finds more such lines, by decoding a part of the clip.
        samples: as how deep it is read.
    """

    path: Path
    fps: Fraction
    size: tuple[int, int]
    num_frames: int | None
    resampled: bool
    end: Fraction
    variable_rate: bool
    transfer: str
    decode: Callable[[Path], Iterator[tuple[Fraction, Frame]]]
    start: Fraction = Fraction(0)
    times: tuple[Fraction, ...] = ()
    notice: str = ""
    damage: Damage | None = None
    remarks: tuple[str, ...] = ()
    look_closer: Callable[[], tuple[str, ...]] = tuple
    samples: Samples = EIGHT

    @cached_property
    def notices(self) -> tuple[str, ...]:
        """One line for each thing that reading the file changes or loses, beside its times and damage."""
        return self.remarks + self.look_closer()

    def __iter__(self) -> Iterator[Frame]:
        """Decode from the start."""
        checked = self._same_size(self.decode(self.path))
        if self.resampled:
            yield from resample(checked, self.fps, self.end)
        else:
            yield from (frame for _, frame in checked)

    def timed(self) -> Iterator[tuple[Fraction, Frame]]:
        """Decode from the start; yield every frame with its time in seconds."""
        return ((self.time_of(index), frame) for index, frame in enumerate(self))

    def time_of(self, index: int) -> Fraction:
        """Return when frame ``index`` is shown, in seconds from the first."""
        return self.times[index] if index < len(self.times) else index / self.fps

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


def _open_video(
    path: Path, fps: Fraction | None, uneven: Uneven, reading: Reading, depth: Depth
) -> MediaFile:
    damage, choice = Damage(path, reading.strict), choose_stream(path)
    timing = scan(path, damage, choice.index)
    decoding, remarks = inspect_video(path, choice.index, reading, timing.fps, depth)
    if decoding.interlace.doubles:
        timing, damage.fields = timing.doubled, 2
    first = next(_decode_video(path, decoding, damage), None)
    if first is None:
        raise MediaError(f"{path} holds no decodable frame: it is damaged, make it again")
    stored, timing = timing.num_frames, timing.starting_at(first[0])
    damage.early = stored - timing.num_frames
    rate, resampled, notice = constant_rate(path.name, timing, fps, uneven)
    if resampled:
        check_held(path, _resampled_length(timing.end, rate), timing.num_frames)
        damage.numbers = [_round_half_down(time * rate) for time in timing.times]
    elif not 0 < timing.fps <= MAX_FPS:
        raise MediaError(f"{path} declares {timing.fps} frames per second: give the rate with --fps")
    return MediaFile(
        path=path,
        fps=rate,
        size=(first[1].shape[0], first[1].shape[1]),
        num_frames=_resampled_length(timing.end, rate) if resampled else timing.num_frames,
        resampled=resampled,
        end=timing.end,
        variable_rate=timing.variable,
        transfer="" if decoding.samples.is_deep else timing.transfer,
        decode=partial(_decode_whole, decoding=decoding, timing=timing, damage=damage),
        start=timing.start,
        times=() if resampled or timing.even or uneven != "stored" else timing.times,
        notice=notice,
        damage=damage,
        remarks=(choice.notice, *remarks) if choice.notice else remarks,
        look_closer=partial(find_telecine, path, choice.index),
        samples=decoding.samples,
    )


def _decode_whole(
    path: Path, decoding: Decoding, timing: Timing, damage: Damage
) -> Iterator[tuple[Fraction, Frame]]:
    """Yield (seconds since the first frame, frame), exact at a constant rate, damaged ones filled in."""
    keep = not timing.times  # without times nothing tells where a frame is missing
    stamped = _decode_video(path, decoding, damage, keep=keep)
    decoded = ((stamp - timing.start, frame) for stamp, frame in stamped)
    for index, (time, frame) in enumerate(hold_missing(decoded, timing.times, damage, timing.repeats)):
        yield (index / timing.fps if timing.even else time), frame


def _decode_video(
    path: Path, decoding: Decoding, damage: Damage, *, keep: bool = False
) -> Iterator[tuple[Fraction, Frame]]:
    """Yield (time stamp in seconds, frame), upright and with square pixels."""
    with open_media(path) as container:
        stream = video_stream(container, path, decoding.index)
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        pictures = decoding.interlace.apply(decoded_pictures(container, stream, damage, keep=keep))
        for index, picture in enumerate(pictures):
            check_size(path, picture.width, picture.height)
            square = _square_pixels(decoding.frame(picture), stream.sample_aspect_ratio, path)
            frame = decoding.finished(decoding.upright(square, picture, path))
            if picture.pts is None or picture.time_base is None:
                time = index / (rate * damage.fields)
            else:
                time = picture.pts * picture.time_base
            yield time, frame


def _square_pixels(frame: Frame, ratio: Fraction | None, path: Path) -> Frame:
    """Scale a frame to an even width so that its pixels, ``ratio`` times as wide as high, become square."""
    height, width = frame.shape[:2]
    if not ratio or abs(width * ratio - width) < 1:
        return frame
    square_width = max(2, 2 * round(width * ratio / 2))
    check_size(path, square_width, height)
    if frame.dtype != np.uint8:
        wider = cv2.resize(frame, (square_width, height), interpolation=cv2.INTER_CUBIC)
        return np.asarray(wider, frame.dtype)
    picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
    squared = picture.reformat(width=square_width, height=height, interpolation=Interpolation.BICUBIC)
    return np.asarray(squared.to_ndarray(), dtype=np.uint8)


def _open_animation(path: Path, fps: Fraction | None, reading: Reading) -> MediaFile:
    found = inspect_animation(path, reading.background)
    size, timing = found.size, found.timing
    num_frames = sum(timing.repeats)
    end = num_frames / timing.fps
    if fps is not None:
        check_held(path, _resampled_length(end, fps), len(timing.repeats))
    return MediaFile(
        path=path,
        fps=fps or timing.fps,
        size=size,
        num_frames=num_frames if fps is None else _resampled_length(end, fps),
        resampled=fps is not None,
        end=end,
        variable_rate=False,
        transfer="",
        decode=partial(decode_animation, timing=timing, background=reading.background),
        remarks=found.notices,
    )
