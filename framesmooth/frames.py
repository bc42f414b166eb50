"""Frames, sources of frames, and conversions between number types."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any, Final, Literal, Protocol, TypeVar, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from framesmooth import defaults
from framesmooth.errors import MediaError, UsageError

Frame = NDArray[Any]
"""(H, W, 3), RGB, C-contiguous: uint8, or uint16 or float32 where the source is deeper.

uint8 and uint16 are encoded for a display, over the whole range of the type. float32 is proportional to
light: 1 is diffuse white, highlights are brighter, and colours outside the primaries are negative. All frames
of a clip have one type; the primaries are those of the clip.
"""

EightBit = NDArray[np.uint8]
"""A uint8 frame: what motion is estimated on, and what metrics and reports look at."""

Fault = Literal["", "nan", "flagged", "black"]
"""What is wrong with a generated frame: nothing, not a number, flagged as unsafe, black."""

Item = TypeVar("Item")

FrameTransform = Callable[[Iterable[Frame]], Iterator[Frame]]

DEFAULT_FPS: Final = defaults.FPS

_DTYPES: Final = (np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32))
_LINEAR_LIGHT, _LINEAR_IMAGE = np.float32(0.0031308), np.float32(0.04045)
_SHOULDER: Final = np.float32(0.75)  # encoded; what is brighter is compressed where floats become 8 bits


@dataclass(frozen=True)
class GeneratedFrame:
    """A frame that a generator made, uint8 (H, W, 3), and what is wrong with it."""

    frame: Frame
    fault: Fault = ""


@runtime_checkable
class FrameSource(Protocol):
    """A clip: a file, a folder, a list and a generator of keyframes look alike.

    Attributes:
        fps: frames per second, an exact fraction.
        size: (height, width) in pixels, the same for every frame.
        num_frames: how many frames there are, or None where only reading them all would tell.
    """

    @property
    def fps(self) -> Fraction: ...  # noqa: D102

    @property
    def size(self) -> tuple[int, int]: ...  # noqa: D102

    @property
    def num_frames(self) -> int | None: ...  # noqa: D102

    def __iter__(self) -> Iterator[Frame]:
        """Start again at frame 0."""
        ...


def notices_of(source: FrameSource) -> tuple[str, ...]:
    """Return one line for each thing that reading a source changes or loses; none for frames in memory."""
    found: tuple[str, ...] = getattr(source, "notices", ())
    return found


def check_frame(frame: NDArray[Any]) -> Frame:
    """Return ``frame`` as a C-contiguous (H, W, 3) array of uint8, uint16 or float32.

    Raises:
        MediaError: when the shape or the dtype is another one.
    """
    if frame.ndim != 3 or frame.shape[2] != 3 or frame.size == 0:
        raise MediaError(f"a frame has shape (height, width, 3), not {frame.shape}: convert it to RGB first")
    if frame.dtype not in _DTYPES:
        raise MediaError(
            f"a frame is uint8, uint16 or float32, not {frame.dtype}: use as_uint8 on floats in [0, 1]"
        )
    return np.ascontiguousarray(frame)


def as_float(frame: Frame) -> NDArray[np.float32]:
    """Return a frame (H, W, 3) as a new float32 array, encoded for a display: 0 to 1.

    Light of float32 frames gets the curve of sRGB, which goes on above 1 and is mirrored below 0.
    """
    if frame.dtype == np.float32:
        return encode_light(np.asarray(frame, np.float32))
    return np.asarray(frame.astype(np.float32) / np.float32(np.iinfo(frame.dtype).max), np.float32)


def as_uint8(image: NDArray[np.floating[Any]]) -> EightBit:
    """Return a float image (H, W, 3) in [0, 1] as uint8, rounded to nearest and clipped."""
    scaled = np.multiply(image, 255, dtype=np.float32)
    return np.ascontiguousarray(np.clip(np.rint(scaled), 0, 255).astype(np.uint8))


def as_deep_as(frame: Frame, image: NDArray[np.floating[Any]]) -> Frame:
    """Return a float image (H, W, 3), encoded as ``as_float`` does it, in the type of ``frame``."""
    if frame.dtype == np.uint8:
        return as_uint8(image)
    if frame.dtype == np.float32:
        return np.ascontiguousarray(decode_light(np.asarray(image, np.float32)))
    return as_uint16(image)


def as_uint16(image: NDArray[np.floating[Any]]) -> NDArray[np.uint16]:
    """Return a float image (H, W, 3) in [0, 1] as uint16, rounded to nearest and clipped."""
    scaled = np.multiply(image, 65535, dtype=np.float32)
    return np.ascontiguousarray(np.clip(np.rint(scaled), 0, 65535).astype(np.uint16))


def eight_bits(frame: Frame) -> EightBit:
    """Return a frame as uint8, as it looks on a display: a uint8 frame itself, else a new array.

    uint16 is rounded. What is near white or brighter in float32 is compressed, so that it stays distinct.
    """
    if frame.dtype == np.uint8:
        return cast(EightBit, frame)
    image = as_float(frame)
    if frame.dtype == np.float32:
        above = np.maximum(image - _SHOULDER, 0) / np.float32(1 - _SHOULDER)
        image = np.minimum(image, _SHOULDER) + np.float32(1 - _SHOULDER) * above / (1 + above)
    return as_uint8(image)


def in_levels(frame: Frame) -> NDArray[Any]:
    """Return a frame (H, W, 3) in levels of 255: uint8 as it is, deeper ones as float32."""
    return frame if frame.dtype == np.uint8 else as_float(frame) * np.float32(255)


def encode_light(light: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return light, 1 being white, with the curve of sRGB (IEC 61966-2-1), unclipped."""
    size = np.abs(light, dtype=np.float32)
    curved = np.float32(1.055) * np.power(size, np.float32(1 / 2.4)) - np.float32(0.055)
    encoded = np.where(size <= _LINEAR_LIGHT, np.float32(12.92) * size, curved)
    return np.asarray(np.copysign(encoded, light), np.float32)


def decode_light(image: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return the light of an image with the curve of sRGB: the inverse of :func:`encode_light`."""
    size = np.abs(image, dtype=np.float32)
    light = np.power((size + np.float32(0.055)) / np.float32(1.055), np.float32(2.4))
    decoded = np.where(size <= _LINEAR_IMAGE, size / np.float32(12.92), light)
    return np.asarray(np.copysign(decoded, image), np.float32)


@dataclass(frozen=True)
class FrameList:
    """A FrameSource over frames in memory: a list of (H, W, 3) arrays or one (T, H, W, 3) array.

    Raises:
        MediaError: when there is no frame, or when the sizes differ.
    """

    frames: Sequence[Frame] | NDArray[Any]
    fps: Fraction = DEFAULT_FPS

    def __post_init__(self) -> None:
        """Check every frame and that all sizes and types agree."""
        if len(self.frames) == 0:
            raise MediaError("a clip needs at least one frame, and this one has none")
        for index, frame in enumerate(self.frames):
            check_frame(frame)
            if frame.shape != self.frames[0].shape:
                raise MediaError(
                    f"frame {index} has shape {frame.shape} and frame 0 {self.frames[0].shape}: "
                    "all frames of a clip have one size"
                )
            if frame.dtype != self.frames[0].dtype:
                raise MediaError(
                    f"frame {index} is {frame.dtype} and frame 0 {self.frames[0].dtype}: "
                    "all frames of a clip have one type"
                )

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        height, width = self.frames[0].shape[:2]
        return int(height), int(width)

    @property
    def num_frames(self) -> int:
        """How many frames there are."""
        return len(self.frames)

    def __iter__(self) -> Iterator[Frame]:
        """Iterate from frame 0."""
        return iter(cast(Iterable[Frame], self.frames))


@dataclass(frozen=True)
class FrameSlice:
    """Frames ``start`` to ``stop`` (excluded) of another source."""

    source: FrameSource
    start: int
    stop: int | None

    @property
    def fps(self) -> Fraction:
        """Frames per second of the source."""
        return self.source.fps

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.source.size

    @property
    def num_frames(self) -> int | None:
        """How many frames the slice holds, None where the source doesn't know its own number."""
        if self.source.num_frames is None:
            return None
        stop = self.source.num_frames if self.stop is None else min(self.stop, self.source.num_frames)
        return max(0, stop - self.start)

    @property
    def notices(self) -> tuple[str, ...]:
        """The notices of the whole clip."""
        return notices_of(self.source)

    def __iter__(self) -> Iterator[Frame]:
        """Iterate from frame ``start`` of the source."""
        return islice(iter(self.source), self.start, self.stop)


def frame_slice(source: FrameSource, start: int = 0, stop: int | None = None) -> FrameSource:
    """Return the frames ``start`` to ``stop`` (excluded) of ``source``.

    Raises:
        UsageError: when the range is negative or holds no frame.
    """
    if start < 0 or (stop is not None and stop <= start):
        end = "" if stop is None else stop
        raise UsageError(f"frame range {start}:{end} holds no frame: give START:STOP with 0 <= START < STOP")
    if source.num_frames is not None and start >= source.num_frames:
        raise UsageError(
            f"frame range starts at {start} but the clip has {source.num_frames} frames: start before its end"
        )
    return FrameSlice(source, start, stop)
