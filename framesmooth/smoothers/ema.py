"""Recursive average along the motion: the quick smoother."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth import defaults
from framesmooth.cuts import Step, steps
from framesmooth.flow import load_flow
from framesmooth.frames import Frame, as_float, as_uint8
from framesmooth.smoother import check_strength
from framesmooth.warp import backward_warp

# Above this difference (sRGB in [0, 1], blurred) the warped past shows something else than the frame.
_LARGEST_DIFFERENCE = 0.12


@dataclass(frozen=True, kw_only=True)
class EmaSmoother:
    """O_t = (1 - a) I_t + a W(O_(t-1)), with a = ``strength`` x 0.9 where the past is still visible.

    W warps along the flow t -> t - 1. The average starts anew at cuts, and where the flow is inconsistent or
    the past looks different. Every warp resamples, so fine detail suffers at high strength. ``guide`` is
    another version of the clip to take the motion from.
    """

    strength: float = defaults.STRENGTH
    flow: str = "dis-robust"
    guide: Iterable[Frame] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Check the strength."""
        check_strength(self.strength)

    @property
    def lookahead(self) -> int:
        """A frame is answered once its motion to the next one is known."""
        return 1 if self.strength else 0

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the smoothed (H, W, 3) uint8 frames; holds two frames and one average."""
        if self.strength == 0:
            yield from (frame.copy() for frame in frames)
            return
        past: NDArray[np.float32] | None = None
        before: Step | None = None
        for step in steps(frames, load_flow(self.flow), self.guide):
            present = as_float(step.frame)
            if past is not None and before is not None and before.to_next is not None:
                motion = before.to_next
                warped = backward_warp(past, motion.backward)
                share = 0.9 * self.strength * trust_in_past(present, warped) * motion.consistent_backward
                present += share[..., None] * (warped - present)
            past, before = present, step
            yield as_uint8(present)


def trust_in_past(present: NDArray[np.float32], warped: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return 1 where the warped past (H, W, 3) matches the present after a blur, falling to 0 (H, W)."""
    gap = np.abs(cv2.GaussianBlur(present - warped, (0, 0), 2.0)).max(axis=-1)
    return np.asarray(np.exp(-np.square(gap / _LARGEST_DIFFERENCE)), np.float32)
