"""A clip whose frames are enlarged when they are read."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from framesmooth.frames import Frame, FrameSource
from framesmooth.motion.flow.base import load_flow
from framesmooth.upscaling.base import Enlarging, create_upscaler, size_of
from framesmooth.upscaling.steady import steadily

DEFAULT_TILE = 512
DEFAULT_STEADY = 0.5


@dataclass(frozen=True)
class EnlargedSource:
    """A FrameSource over another one, enlarged.

    Attributes:
        source: the small frames.
        enlarging: what enlarges each.
        steady: share of the added detail that comes from the frame before.
        flow: name of the flow estimator of the motion between the small frames.
    """

    source: FrameSource
    enlarging: Enlarging
    steady: float = DEFAULT_STEADY
    flow: str = "dis-medium"

    @property
    def fps(self) -> Fraction:
        """Frames per second."""
        return self.source.fps

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.enlarging.size

    @property
    def num_frames(self) -> int | None:
        """How many frames there are, None where that is unknown."""
        return self.source.num_frames

    def __iter__(self) -> Iterator[Frame]:
        """Enlarge the frames from the first one."""
        return steadily(self.source, self.enlarging, load_flow(self.flow), self.steady)


def enlarged(source: FrameSource, scale: float, upscaler: str, device: str = "auto") -> EnlargedSource:
    """Return a clip enlarged by a factor.

    Raises:
        UsageError: no such upscaler, or a size that is too large.
        ModelError: an upscaler that cannot be loaded.
    """
    size = size_of(source.size, scale, None)
    return EnlargedSource(source, Enlarging(create_upscaler(upscaler, device), size, DEFAULT_TILE))
