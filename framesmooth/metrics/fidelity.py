"""Likeness to a reference, frame by frame, as scikit-image defines it."""

import numpy as np
from skimage.metrics import structural_similarity

from framesmooth.frames import Frame
from framesmooth.metric import Series, summarize
from framesmooth.motion import PairMotion

# A frame that equals its reference would have infinite PSNR; JSON and plots want a number.
_HIGHEST_PSNR = 100.0
# The Gaussian window of sigma 1.5 spans 11 pixels.
_SSIM_WINDOW = 11


class Psnr:
    """Peak signal-to-noise ratio 10 log10(255^2 / MSE) in dB over all samples, per frame, 100 at most."""

    name = "psnr"
    unit = "dB"
    higher_is_better = True
    needs_reference = True
    needs_clean_reference = True
    needs_motion = False

    def __init__(self) -> None:
        self._values: list[float | None] = []

    def update(
        self,
        frame: Frame,
        reference: Frame | None = None,
        motion: PairMotion | None = None,
        *,
        cut: bool = False,
    ) -> None:
        """Take the next frame and its reference, both (H, W, 3) uint8."""
        if reference is not None:
            error = float(np.mean(np.square(frame.astype(np.float32) - reference), dtype=np.float64))
            self._values.append(min(10 * np.log10(255**2 / error), _HIGHEST_PSNR) if error else _HIGHEST_PSNR)

    def compute(self) -> Series:
        """Return dB per frame and their mean."""
        return summarize(self._values, unit=self.unit, higher_is_better=True)


class Ssim:
    """Structural similarity (Wang et al. 2004): Gaussian weights of sigma 1.5, mean over the RGB channels."""

    name = "ssim"
    unit = "share"
    higher_is_better = True
    needs_reference = True
    needs_clean_reference = True
    needs_motion = False

    def __init__(self) -> None:
        self._values: list[float | None] = []

    def update(
        self,
        frame: Frame,
        reference: Frame | None = None,
        motion: PairMotion | None = None,
        *,
        cut: bool = False,
    ) -> None:
        """Take the next frame and its reference, both (H, W, 3) uint8; None below 11 pixels a side."""
        if reference is None:
            return
        if min(frame.shape[:2]) < _SSIM_WINDOW:
            self._values.append(None)
            return
        self._values.append(
            float(
                structural_similarity(
                    frame,
                    reference,
                    channel_axis=-1,
                    gaussian_weights=True,
                    sigma=1.5,
                    use_sample_covariance=False,
                    data_range=255,
                )
            )
        )

    def compute(self) -> Series:
        """Return the similarity per frame and its mean."""
        return summarize(
            self._values, unit=self.unit, higher_is_better=True, note="frames are smaller than 11 pixels"
        )
