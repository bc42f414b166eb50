"""What takes the frames of a clip, whatever they are written as."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, Protocol

import numpy as np

from framesmooth.errors import MediaError
from framesmooth.frames import Frame, check_frame
from framesmooth.video.files import media_errors

OddSize = Literal["error", "pad", "crop"]
ODD_SIZES: Final[tuple[OddSize, ...]] = ("error", "pad", "crop")


class Encoder(Protocol):
    """What a sink hands its frames to."""

    def write(self, frame: Frame) -> None:
        """Append one frame."""
        ...

    def close(self) -> None:
        """Write the rest."""
        ...

    def abort(self) -> None:
        """Let go of what was begun."""
        ...


class FrameSink:
    """Takes the frames of one clip, in order.

    Attributes:
        path: where the clip will be.
        size: (height, width) of the frames that ``write`` takes.
        count: how many frames were written.
    """

    def __init__(self, path: Path, size: tuple[int, int], odd: OddSize | None, encoder: Encoder) -> None:
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


def make_even(frame: Frame, odd: OddSize) -> Frame:
    """Pad (repeat the last row or column) or crop a frame to even sides."""
    height, width = frame.shape[:2]
    if odd == "crop":
        return np.ascontiguousarray(frame[: height - height % 2, : width - width % 2])
    return np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


@contextmanager
def completed(
    encoder: Encoder, target: Path, size: tuple[int, int], odd: OddSize | None
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
