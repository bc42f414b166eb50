"""The base of the metrics that give one number per frame."""

from abc import abstractmethod

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.metrics.base import Metric, Series, summarize
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.warping import Mask


class FrameMetric(Metric):
    """A metric whose score is the mean of one number a frame.

    Attributes:
        note: what to say where there is no number at all.
    """

    note = "nothing could be measured"

    def __init__(self) -> None:
        self._values: list[float | None] = []
        self._coverages: list[float] = []

    def update(
        self,
        frame: Frame,
        reference: Frame | None = None,
        motion: BidirectionalFlow | None = None,
        *,
        cut: bool = False,
    ) -> None:
        """Take the next frame (H, W, 3) uint8, its reference, and the motion from the frame before to it.

        ``cut`` says that a new shot begins here; there is no motion then.
        """
        if reference is not None or not self.needs_reference:
            self._values.append(self._value(frame, reference, motion, cut=cut))

    @abstractmethod
    def _value(
        self, frame: Frame, reference: Frame | None, motion: BidirectionalFlow | None, *, cut: bool
    ) -> float | None:
        """Return the number of this frame, None where it has none."""

    def compute(self) -> Series:
        """Return the numbers per frame, their mean and 95th percentile, and the mean coverage."""
        return summarize(
            self._values,
            unit=self.unit,
            higher_is_better=self.higher_is_better,
            coverages=self._coverages,
            note=self.note,
        )


def masked_mean_square(image: NDArray[np.float32], mask: Mask) -> float:
    """Return the mean square of the samples of an image (H, W, 3) where the mask (H, W) is True somewhere."""
    squares = cv2.norm(image, cv2.NORM_L2SQR, mask.view(np.uint8))
    return float(squares / (image.shape[-1] * np.count_nonzero(mask)))
