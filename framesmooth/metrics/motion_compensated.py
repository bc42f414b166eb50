"""The base of the metrics of change along the motion."""

from abc import abstractmethod

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.metrics.per_frame import FrameMetric, masked_mean_square
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.warping import backward_warp


class MotionCompensatedMetric(FrameMetric):
    """A score of mean_M (X_t - W(X_(t+1); F))^2: what changes in a picture X along the motion, x 1000.

    M are the valid pixels (consistent flow, inside the frame, off motion boundaries), F is the flow from
    frame t to t + 1. The number stands at frame t + 1.
    """

    needs_motion = True
    skips_held = True
    note = "needs two frames of one shot"

    def __init__(self) -> None:
        super().__init__()
        self._before: NDArray[np.float32] | None = None

    def _value(
        self, frame: Frame, reference: Frame | None, motion: BidirectionalFlow | None, *, cut: bool
    ) -> float | None:
        here, before = self._picture(frame, reference), self._before
        self._before = here
        if before is None or motion is None or cut:
            return None
        self._coverages.append(float(motion.valid.mean()))
        if not motion.valid.any():
            return None
        change = cv2.subtract(before, backward_warp(here, motion.forward))
        return 1000 * self._score(masked_mean_square(np.asarray(change, np.float32), motion.valid))

    @abstractmethod
    def _picture(self, frame: Frame, reference: Frame | None) -> NDArray[np.float32]:
        """Return X, (H, W, 3) float32, sRGB in [0, 1]."""

    @abstractmethod
    def _score(self, mean_square: float) -> float:
        """Return the score of a mean square."""
