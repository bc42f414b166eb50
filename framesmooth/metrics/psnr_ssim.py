"""PSNR and SSIM to a reference, frame by frame, as scikit-image defines them."""

from typing import cast

import numpy as np

from framesmooth.frames import Frame
from framesmooth.metrics.per_frame import FrameMetric
from framesmooth.motion.bidirectional import BidirectionalFlow

# A frame that equals its reference would have infinite PSNR; JSON and plots want a number.
_HIGHEST_PSNR = 100.0
# The Gaussian window of sigma 1.5 spans 11 pixels.
_SSIM_WINDOW = 11


class Psnr(FrameMetric):
    """Peak signal-to-noise ratio 10 log10(255^2 / MSE) in dB over all samples, per frame, 100 at most."""

    name = "psnr"
    unit = "dB"
    higher_is_better = True
    needs_reference = True
    needs_clean_reference = True

    def _value(
        self, frame: Frame, reference: Frame | None, motion: BidirectionalFlow | None, *, cut: bool
    ) -> float | None:
        error = float(np.mean(np.square(frame.astype(np.float32) - cast(Frame, reference)), dtype=np.float64))
        return min(10 * np.log10(255**2 / error), _HIGHEST_PSNR) if error else _HIGHEST_PSNR


class Ssim(FrameMetric):
    """Structural similarity (Wang et al. 2004): Gaussian weights of sigma 1.5, mean over the RGB channels.

    None for frames below 11 pixels a side.
    """

    name = "ssim"
    unit = "share"
    higher_is_better = True
    needs_reference = True
    needs_clean_reference = True
    note = "frames are smaller than 11 pixels"

    def _value(
        self, frame: Frame, reference: Frame | None, motion: BidirectionalFlow | None, *, cut: bool
    ) -> float | None:
        if min(frame.shape[:2]) < _SSIM_WINDOW:
            return None
        from skimage.metrics import structural_similarity  # SciPy comes with it, a third of a second

        similarity = structural_similarity(
            frame,
            reference,
            channel_axis=-1,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=255,
        )
        return float(similarity)
