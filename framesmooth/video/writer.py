"""Writing clips: a sink that takes frames and completes its file, or leaves nothing."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path
from typing import Final, Literal, Protocol

import numpy as np

from framesmooth import defaults
from framesmooth.errors import MediaError, OutputExists, UsageError
from framesmooth.frames import Frame, check_frame
from framesmooth.video.animation import GifEncoder, WebpEncoder
from framesmooth.video.atomic import (
    ANIMATION_SUFFIXES,
    VIDEO_SUFFIXES,
    atomic_path,
    media_errors,
    remove_leftovers,
    temporary_path,
)
from framesmooth.video.content_credentials import check_signing, sign_clip
from framesmooth.video.encoder import Codec, VideoEncoder, choose_codec
from framesmooth.video.image_sequence import FolderEncoder, is_frame, replace_frames
from framesmooth.video.samples import Samples
from framesmooth.video.sound import Sound
from framesmooth.video.storage import Storage
from framesmooth.video.subtitle_track import SUBTITLE_SUFFIXES, Subtitles
from framesmooth.video.suffixes import file_suffixes

OddSize = Literal["error", "pad", "crop"]
_LIKE_A_TYPO: Final = 0.75
_FASTEST_GIF: Final = 50
"""Frames a second: a GIF counts hundredths of one, and browsers take a single one for ten."""


class _Encoder(Protocol):
    def write(self, frame: Frame) -> None: ...

    def close(self) -> None: ...

    def abort(self) -> None: ...


class FrameSink:
    """Takes the frames of one clip, in order.

    Attributes:
        path: where the clip will be.
        size: (height, width) of the frames that ``write`` takes.
        count: how many frames were written.
    """

    def __init__(self, path: Path, size: tuple[int, int], odd: OddSize | None, encoder: _Encoder) -> None:
        self.path, self.size, self.count = path, size, 0
        self._odd, self._encoder = odd, encoder

    def write(self, frame: Frame) -> None:
        """Append one frame.

        Raises:
            MediaError: when it has another size or dtype, or when the disk is full.
        """
        frame = check_frame(frame)
        if frame.shape[:2] != self.size:
            raise MediaError(
                f"frame {self.count} for {self.path} is {frame.shape[1]}x{frame.shape[0]}, "
                f"not {self.size[1]}x{self.size[0]}: all frames of a clip have one size"
            )
        with media_errors(self.path, "write"):
            self._encoder.write(frame if self._odd is None else make_even(frame, self._odd))
        self.count += 1


@contextmanager
def open_sink(
    path: str | os.PathLike[str],
    *,
    fps: Fraction,
    size: tuple[int, int],
    crf: int = defaults.CRF,
    codec: str | None = None,
    metadata: Mapping[str, str] | None = None,
    no_metadata: bool = False,
    sign: Path | None = None,
    audio: str | os.PathLike[str] | Sound | None = None,
    subtitles: Subtitles | None = None,
    overwrite: bool = False,
    odd: OddSize = "error",
    on_complete: Callable[[Path], None] | None = None,
    storage: Storage | None = None,
) -> Iterator[FrameSink]:
    """Open ``path`` for writing; the suffix decides what is written.

    Frames may be of any type; what the output doesn't hold of them is rounded or clipped.

    .mp4 .m4v .mov .mkv .webm are videos, .gif and .webp animations; a trailing "/" or no video suffix means
    a folder of ``frame_000000.png``, ``frame_000001.png``...  The clip appears under its name only when the
    block ends well.

    Args:
        path: the file or folder; missing parents are made.
        fps: frames per second.
        size: (height, width) of the frames.
        crf: constant rate factor of the video codecs, 0 (best) to 51, 63 for vp9 and av1.
        codec: a name of CODECS; None is the usual one of the suffix.
        metadata: tags of the file (text chunks of the first picture of a folder).
        no_metadata: leave them out all the same.
        sign: a PEM file of certificates and their key, with which the file is signed (C2PA).
        audio: a file whose sound goes along, from its start on, or a Sound; it is cut at the last frame.
        subtitles: text that players show when asked, in a track of its own.
        overwrite: replace what is there. In a folder only files called frame_NNNNNN.png are replaced.
        odd: what to do with odd sides where the codec needs even ones: refuse, repeat the last row or column,
            or cut it off.
        on_complete: is handed the finished file or folder just before it gets its name.
        storage: how deep frames are stored, and as what, by ``framesmooth.video.storage``; None is 8 bits.

    Raises:
        OutputExists: something is there already.
        UsageError: a codec, crf or sound that does not fit the suffix.
        MediaError: odd sides, a full disk, no frame written.
    """
    target = Path(path)
    check_output(path, overwrite=overwrite)
    check_rate(target, fps)
    tags, stored = {} if no_metadata else dict(metadata or {}), storage or Storage(codec=codec)
    if subtitles is not None and target.suffix.lower() not in SUBTITLE_SUFFIXES:
        raise UsageError(
            f"{target} holds no soft subtitles: write {' '.join(SUBTITLE_SUFFIXES)}, or burn them in"
        )
    if sign is not None:
        check_signing(target, sign)
    if is_folder_name(path):
        if audio is not None:
            raise UsageError(
                f"a folder of frames holds no sound: drop --audio or write a video, not {target}"
            )
        with _folder_sink(target, size, tags, on_complete, stored, overwrite=overwrite) as sink:
            yield sink
        return
    chosen, written_size, odd_action = plan_writing(
        target, size, crf, stored.codec, odd, has_audio=audio is not None, bits=stored.samples.bits
    )
    with atomic_path(target, replace=overwrite) as temporary:
        with media_errors(target, "write"):
            encoder = _open_encoder(
                temporary, chosen, fps, written_size, crf, tags, audio, subtitles, stored.samples
            )
        with _completed(encoder, target, size, odd_action) as sink:
            yield sink
        if sign is not None:
            sign_clip(temporary, target, sign, metadata or {})
        if on_complete is not None:
            on_complete(temporary)


def is_folder_name(path: str | os.PathLike[str]) -> bool:
    """Tell whether a clip written to ``path`` is a folder of pictures.

    Raises:
        UsageError: for the suffix of a single picture, of sound, or of any other file that is no clip here.
    """
    name = os.fspath(path)
    suffix = Path(name).suffix.lower()
    if name.endswith(("/", os.sep)) or Path(name).is_dir() or suffix == "" or suffix[1:].isdigit():
        return True
    if suffix in VIDEO_SUFFIXES or suffix in ANIMATION_SUFFIXES:
        return False
    known = (*VIDEO_SUFFIXES, *ANIMATION_SUFFIXES)
    if suffix in file_suffixes() or get_close_matches(suffix, known, cutoff=_LIKE_A_TYPO):
        raise UsageError(
            f"cannot write a clip as {suffix}: use {' '.join(known)}, or end the name with / for frames"
        )
    return True


def check_output(path: str | os.PathLike[str], *, overwrite: bool) -> None:
    """Raise OutputExists when ``path`` is there and may not be replaced; an empty folder is no obstacle.

    What killed processes left beside it under temporary names is removed.

    Raises:
        OutputExists: see above.
        UsageError: for ".", ".." and "/", beside which nothing can be prepared, and for the suffix of a file
            that cannot be written.
    """
    target = Path(path)
    if target.name in ("", ".."):
        raise UsageError(f"{os.fspath(path)!r} names no new file or folder: give -o a name, such as frames/")
    is_folder_name(path)
    remove_leftovers(target)
    if overwrite or not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    raise OutputExists(f"{target} is there already: give --overwrite to replace it, or another name")


def check_rate(target: Path, fps: Fraction) -> None:
    """Raise UsageError for a GIF of more than 50 frames a second: shorter times count as a tenth of one."""
    if target.suffix.lower() == ".gif" and fps > _FASTEST_GIF:
        raise UsageError(
            f"a GIF shows at most {_FASTEST_GIF} frames a second, and this clip has {float(fps):g}: "
            "write a .webp or a video, or lower its rate"
        )


def make_even(frame: Frame, odd: OddSize) -> Frame:
    """Pad (repeat the last row or column) or crop a frame to even sides."""
    height, width = frame.shape[:2]
    if odd == "crop":
        return np.ascontiguousarray(frame[: height - height % 2, : width - width % 2])
    return np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def check_writing(
    path: str | os.PathLike[str],
    fps: Fraction,
    size: tuple[int, int],
    crf: int,
    codec: str | None,
    odd: OddSize,
    bits: int = 8,
) -> None:
    """Check before work that takes long that a clip of this rate and size can be written so.

    Raises:
        UsageError: a codec, crf or rate that does not fit the suffix.
        MediaError: odd sides that the codec cannot take.
    """
    check_rate(Path(path), fps)
    if not is_folder_name(path):
        plan_writing(Path(path), size, crf, codec, odd, has_audio=False, bits=bits)


def plan_writing(
    target: Path,
    size: tuple[int, int],
    crf: int,
    codec: str | None,
    odd: OddSize,
    *,
    has_audio: bool,
    bits: int = 8,
) -> tuple[Codec | None, tuple[int, int], OddSize | None]:
    """Return (video codec if any, size as written, what to do with each frame's odd sides).

    Call it before work that takes long, to hear early what ``open_sink`` would refuse.

    Raises:
        UsageError: a codec, crf or sound that does not fit the suffix.
        MediaError: odd sides that the codec cannot take.
    """
    suffix = target.suffix.lower()
    if suffix in ANIMATION_SUFFIXES:
        if codec is not None or has_audio:
            raise UsageError(f"{suffix} takes neither --codec nor --audio: drop them or write .mp4")
        return None, size, None
    chosen = choose_codec(suffix, codec, bits)
    if not 0 <= crf <= 63:
        raise UsageError(f"crf {crf} is out of range: 0 is best, 17 looks lossless, 51 is the worst of h264")
    height, width = size
    if not chosen.even_sides or not (height % 2 or width % 2):
        return chosen, size, None
    if odd == "error":
        raise MediaError(
            f"{width}x{height} has an odd side and {chosen.encoder} needs even ones: give --odd-size pad or "
            "--odd-size crop, or write PNG frames or .webp"
        )
    step = 1 if odd == "pad" else -1
    even = (height + step * (height % 2), width + step * (width % 2))
    if 0 in even:
        raise MediaError(f"{width}x{height} is too small to crop to even sides: give --odd-size pad")
    return chosen, even, odd


def _open_encoder(
    path: Path,
    codec: Codec | None,
    fps: Fraction,
    size: tuple[int, int],
    crf: int,
    tags: Mapping[str, str],
    audio: str | os.PathLike[str] | Sound | None,
    subtitles: Subtitles | None,
    samples: Samples,
) -> _Encoder:
    if codec is not None:
        sound = audio if audio is None or isinstance(audio, Sound) else Sound(Path(audio))
        return VideoEncoder(path, codec, fps, size, crf, tags, sound, subtitles, samples)
    kind = GifEncoder if path.suffix.lower() == ".gif" else WebpEncoder
    return kind(path, fps, size, tags)


@contextmanager
def _completed(
    encoder: _Encoder, target: Path, size: tuple[int, int], odd: OddSize | None
) -> Iterator[FrameSink]:
    """Close the encoder when the block ends well, abandon it otherwise."""
    sink = FrameSink(target, size, odd, encoder)
    done = False
    try:
        yield sink
        if sink.count == 0:
            raise MediaError(f"no frame was written to {target}: the input or the frame range is empty")
        with media_errors(target, "write"):
            encoder.close()
        done = True
    finally:
        if not done:
            encoder.abort()


@contextmanager
def _folder_sink(
    target: Path,
    size: tuple[int, int],
    tags: Mapping[str, str],
    on_complete: Callable[[Path], None] | None,
    storage: Storage,
    *,
    overwrite: bool,
) -> Iterator[FrameSink]:
    inside = target.is_dir() and not all(map(is_frame, target.iterdir()))
    if inside:
        remove_leftovers(target / "frames")
        place = temporary_path(target / "frames", folder=True)
    else:
        place = atomic_path(target, folder=True, replace=overwrite)
    with place as temporary:
        with _completed(FolderEncoder(temporary, tags, storage), target, size, None) as sink:
            yield sink
        if on_complete is not None:
            on_complete(temporary)
        if inside:
            replace_frames(target, temporary)
