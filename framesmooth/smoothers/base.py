"""What the smoothers share: their settings, and the recursion of those that look back one frame."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth import defaults
from framesmooth.cuts import Step, steps
from framesmooth.flow import load_flow
from framesmooth.frames import Frame, as_float, as_uint8
from framesmooth.motion import PairMotion
from framesmooth.smoother import check_strength
from framesmooth.warp import backward_warp

Picture = NDArray[np.float32]
"""(H, W, 3) float32, sRGB in [0, 1]."""

# Above this difference (sRGB in [0, 1], blurred) the warped past shows something else than the frame.
_LARGEST_DIFFERENCE: Final = 0.12


@dataclass(frozen=True, kw_only=True)
class MotionSmoother(ABC):
    """A smoother along the motion.

    Attributes:
        strength: 0 to 1; 0 gives the input back bit for bit.
        flow: name of the flow estimator.
        guide: another version of the clip, as long and as large, to take motion and cuts from; None is the
            clip itself.
    """

    strength: float = defaults.STRENGTH
    flow: str = "dis-robust"
    guide: Iterable[Frame] | None = field(default=None, repr=False, compare=False)

    reach: ClassVar[int]
    """How many frames are read ahead before one is answered."""

    def __post_init__(self) -> None:
        """Check the strength."""
        check_strength(self.strength)

    @property
    def lookahead(self) -> int:
        """How many frames are read ahead before one is answered: none at strength 0."""
        return self.reach if self.strength else 0

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the smoothed (H, W, 3) uint8 frames; holds about 2 ``lookahead`` + 1 frames.

        Raises:
            MediaError: a guide of another size or number of frames.
        """
        if self.strength == 0:
            yield from (frame.copy() for frame in frames)
        else:
            yield from self._smoothed(steps(frames, load_flow(self.flow), self.guide))

    @abstractmethod
    def _smoothed(self, stream: Iterable[Step]) -> Iterator[Frame]:
        """Yield the smoothed frames of a stream that knows motion and cuts."""


class RecursiveSmoother(MotionSmoother):
    """Blends every frame with the last result, warped onto it."""

    reach = 1  # a frame is answered once its motion to the next one is known

    def _smoothed(self, stream: Iterable[Step]) -> Iterator[Frame]:
        past: Picture | None = None
        arrival: PairMotion | None = None
        for step in stream:
            image = as_float(step.frame)
            if past is not None and arrival is not None:
                warped = np.asarray(backward_warp(past, arrival.backward), np.float32)
                trust = trust_in_past(image, warped) * arrival.consistent_backward
                image = self._blend(image, warped, np.asarray(trust, np.float32))
            past, arrival = image, step.to_next
            yield as_uint8(image)

    @abstractmethod
    def _blend(self, present: Picture, past: Picture, trust: NDArray[np.float32]) -> Picture:
        """Return the result of a frame and the warped past; ``trust`` (H, W) is 0 where that is unknown."""


def trust_in_past(present: Picture, past: Picture) -> NDArray[np.float32]:
    """Return 1 where the warped past (H, W, 3) matches the present after a blur, falling to 0 (H, W)."""
    gap = np.abs(cv2.GaussianBlur(present - past, (0, 0), 2.0)).max(axis=-1)
    return np.asarray(np.exp(-np.square(gap / _LARGEST_DIFFERENCE)), np.float32)
