"""Frames of a clip by number, for sources that can only be read from the start."""

from collections.abc import Iterator

from framesmooth.errors import MediaError
from framesmooth.frames import Frame, FrameSource


class Seeking:
    """A source's frames by number, one of them in memory; cheap where numbers mostly rise."""

    def __init__(self, source: FrameSource) -> None:
        self.source = source
        self._frames: Iterator[Frame] | None = None
        self._number = -1
        self._frame: Frame | None = None

    def __getitem__(self, number: int) -> Frame:
        """Return frame ``number``; one before the last one that was asked for is read from the start.

        Raises:
            MediaError: when the source ends before it.
        """
        if self._frames is None or number < self._number:
            self._frames, self._number = iter(self.source), -1
        while self._number < number:
            self._frame = next(self._frames, None)
            if self._frame is None:
                self._frames = None
                raise MediaError(f"frame {number} is asked for, but only {self._number + 1} are there")
            self._number += 1
        assert self._frame is not None
        return self._frame
