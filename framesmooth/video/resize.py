"""Pictures in other sizes: scaled to fill a frame, cropped around their centre."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

import cv2
import numpy as np

from framesmooth.errors import MediaError
from framesmooth.frames import Frame, FrameSource, notices_of


def crop(picture: Frame, size: tuple[int, int]) -> Frame:
    """Return the middle (height, width) of a picture."""
    top, left = (picture.shape[0] - size[0]) // 2, (picture.shape[1] - size[1]) // 2
    return np.ascontiguousarray(picture[top : top + size[0], left : left + size[1]])


def fitted(picture: Frame, size: tuple[int, int]) -> Frame:
    """Return a picture in ``size`` (height, width): scaled to fill it, and cropped around its centre."""
    scale = max(want / have for want, have in zip(size, picture.shape, strict=False))
    height, width = (max(want, round(have * scale)) for want, have in zip(size, picture.shape, strict=False))
    shrinks = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(picture, (width, height), interpolation=shrinks)
    return crop(np.asarray(resized, np.uint8), size)


@dataclass(frozen=True)
class ResizedSource:
    """The first ``num_frames`` frames of another clip, in another size: a FrameSource.

    Attributes:
        source: the other clip.
        num_frames: how many of its frames.
        filled: (height, width) that its frames are scaled to fill.
        size: (height, width) of the middle of that which is shown.
    """

    source: FrameSource
    num_frames: int
    filled: tuple[int, int]
    size: tuple[int, int]

    @property
    def fps(self) -> Fraction:
        """Frames per second."""
        return self.source.fps

    def __iter__(self) -> Iterator[Frame]:
        """Start again at frame 0.

        Raises:
            MediaError: a clip that ends too early.
        """
        given = 0
        for frame in islice(self.source, self.num_frames):
            yield crop(fitted(frame, self.filled), self.size)
            given += 1
        if given < self.num_frames:
            raise MediaError(f"the video ends after {given} frames of {self.num_frames}: make it again")


@dataclass(frozen=True)
class MatchedClip:
    """A clip whose frames are scaled to fill another size, and cropped around their centre: a FrameSource.

    Attributes:
        source: the clip.
        size: (height, width) of its frames here.
        name: what it is called in ``notices``.
    """

    source: FrameSource
    size: tuple[int, int]
    name: str

    @property
    def fps(self) -> Fraction:
        """Frames per second."""
        return self.source.fps

    @property
    def num_frames(self) -> int | None:
        """How many frames the clip has."""
        return self.source.num_frames

    @property
    def notices(self) -> tuple[str, ...]:
        """What is told about the clip, and that it is scaled."""
        (height, width), (new_height, new_width) = self.source.size, self.size
        same_shape = abs(height * new_width - width * new_height) < max(new_height, new_width)
        how = "scaled" if same_shape else "scaled to fill and cropped around the centre"
        return (
            *notices_of(self.source),
            f"{self.name} is {width}x{height}: {how} to {new_width}x{new_height}, the size of the clip",
        )

    def __iter__(self) -> Iterator[Frame]:
        """Start again at frame 0."""
        return (fitted(frame, self.size) for frame in self.source)


def matched(source: FrameSource, size: tuple[int, int], name: str) -> FrameSource:
    """Return a guide or reference in the size (height, width) of its clip."""
    return source if source.size == size else MatchedClip(source, size, name)


class FrameWindow:
    """Frames of a clip by their number, read in order; going back reads from the start again."""

    def __init__(self, source: FrameSource) -> None:
        self._source = source
        self._stream, self._next = iter(source), 0
        self._held: dict[int, Frame] = {}

    def frames(self, first: int, last: int) -> dict[int, Frame]:
        """Return the frames ``first`` to ``last``, both included; they are held until the next call."""
        if first < self._next and first not in self._held:
            self._stream, self._next, self._held = iter(self._source), 0, {}
        self._held = {time: frame for time, frame in self._held.items() if time >= first}
        while self._next <= last:
            frame = next(self._stream)
            if self._next >= first:
                self._held[self._next] = frame
            self._next += 1
        return {time: self._held[time] for time in range(first, last + 1)}
