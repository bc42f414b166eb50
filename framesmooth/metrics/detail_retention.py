"""Share of the reference's fine detail that is kept: the guard against blur."""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_float
from framesmooth.metrics.detail_shared import DetailShared
from framesmooth.metrics.per_frame import FrameMetric
from framesmooth.motion.bidirectional import BidirectionalFlow

_DETAIL_SIGMA = 1.5


class DetailRetention(FrameMetric):
    """mean_t <HF(O), HF(R)> / <HF(R), HF(R)> with HF(x) = x - Gauss(x, sigma 1.5), sRGB in [0, 1].

    The slope of the clip's detail on the reference's: 1 where all of it is kept, below 1 where it is blurred
    or displaced. Flicker that has nothing to do with the reference does not raise it. Where the reference is
    the input of a smoother, of whose detail flicker is a part, :class:`DetailShared` is measured instead.
    """

    name = "detail_retention"
    unit = "share"
    higher_is_better = True
    needs_reference = True

    against_input = DetailShared

    note = "the reference has no detail at all"

    def _value(
        self, frame: Frame, reference: Frame | None, motion: BidirectionalFlow | None, *, cut: bool
    ) -> float | None:
        wanted = detail(cast(Frame, reference))
        energy = float(np.sum(np.square(wanted), dtype=np.float64))
        return float(np.sum(detail(frame) * wanted, dtype=np.float64)) / energy if energy > 0 else None


def detail(frame: Frame) -> NDArray[np.float32]:
    """Return x - Gauss(x, sigma 1.5) of a uint8 frame, float32 (H, W, 3)."""
    image = as_float(frame)
    return np.asarray(image - cv2.GaussianBlur(image, (0, 0), _DETAIL_SIGMA), np.float32)
