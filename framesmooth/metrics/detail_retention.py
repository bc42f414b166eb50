"""How much of the reference's fine detail is still there: the guard against blur."""

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_float
from framesmooth.metric import Series, summarize
from framesmooth.motion import PairMotion

_DETAIL_SIGMA = 1.5


class DetailRetention:
    """mean_t <HF(O), HF(R)> / <HF(R), HF(R)> with HF(x) = x - Gauss(x, sigma 1.5), sRGB in [0, 1].

    The slope of the clip's detail on the reference's: 1 where all of it is kept, below 1 where it is blurred
    or displaced. Flicker that has nothing to do with the reference does not raise it.
    """

    name = "detail_retention"
    unit = "share"
    higher_is_better = True
    needs_reference = True
    needs_clean_reference = False
    needs_motion = False

    def __init__(self) -> None:
        self._slopes: list[float | None] = []

    def update(
        self,
        frame: Frame,
        reference: Frame | None = None,
        motion: PairMotion | None = None,
        *,
        cut: bool = False,
    ) -> None:
        """Take the next frame and its reference, both (H, W, 3) uint8."""
        if reference is None:
            return
        wanted = detail(reference)
        energy = float(np.sum(np.square(wanted), dtype=np.float64))
        slope = float(np.sum(detail(frame) * wanted, dtype=np.float64)) / energy if energy > 0 else None
        self._slopes.append(slope)

    def compute(self) -> Series:
        """Return the slope per frame and its mean."""
        return summarize(
            self._slopes, unit=self.unit, higher_is_better=True, note="the reference has no detail at all"
        )


def detail(frame: Frame) -> NDArray[np.float32]:
    """Return x - Gauss(x, sigma 1.5) of a uint8 frame, float32 (H, W, 3)."""
    image = as_float(frame)
    return np.asarray(image - cv2.GaussianBlur(image, (0, 0), _DETAIL_SIGMA), np.float32)
