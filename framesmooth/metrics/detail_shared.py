"""Fine detail that smoothing keeps, where no clean clip is known: what flickered is no detail."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.metrics.base import Metric, Series, summarize
from framesmooth.metrics.luma_flicker_local import luma_image
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.warping import Mask, backward_warp

SEEN_LOSS: Final = 0.4
"""So much of a true loss of detail shows in what frames share with their neighbours (docs/tuning.md)."""

_DETAIL_SIGMA: Final = 1.5

Detail = NDArray[np.float32]


def kept_shares(shared: Sequence[float]) -> list[float]:
    """Return for versions by rising strength the share of the detail that each keeps, 0 to 1.

    ``shared`` is the detail that each version has in common with the neighbouring frames of the input, as a
    share of what the input itself has. Of the input's own detail flicker is a part, so losing similarity to
    the input proves nothing. Similarity to the neighbouring frames has none of the frame's own flicker: it
    rises while averaging brings out what they share, and falls once that is blurred. The loss is what is lost
    from the peak on, of which only 0.4 shows: detail that cannot be followed well is lost first, and never
    was in it. So the share is taken to the power of 1 / 0.4.
    """
    peak, kept = 1.0, []  # that of the input itself
    for share in shared:
        peak = max(peak, share)
        kept.append(max(share / peak, 0.0) ** (1 / SEEN_LOSS))
    return kept


@dataclass(frozen=True)
class _Middle:
    """A frame that waits for the next one: its detail, the input's, and that of the input before it."""

    own: Detail
    wanted: Detail
    before: Detail
    seen: Mask


class DetailShared(Metric):
    """min(S(O) / S(P), 1)^(1 / 0.4) with S(X) = sum_t <HF(X_t), (W(HF(P_(t-1))) + W(HF(P_(t+1)))) / 2>.

    P is the input of a smoother, O its output, HF(x) = x - Gauss(x, sigma 1.5) of the BT.601 luma; sums are
    over pixels that can be followed both ways along the motion of O. Texture that boils is in no neighbour,
    so it doesn't count as detail. Where nothing can be followed, S(X) = sum_t <HF(X_t), HF(P_t)>.
    """

    name = "detail_retention"
    unit = "share"
    higher_is_better = True
    needs_reference = True
    needs_motion = True
    skips_held = True

    def __init__(self) -> None:
        self._values: list[float | None] = []
        self._coverages: list[float] = []
        self._shared = self._whole = np.zeros(2)
        self._last: tuple[Detail, Detail] | None = None
        self._middle: _Middle | None = None

    def update(
        self,
        frame: Frame,
        reference: Frame | None = None,
        motion: BidirectionalFlow | None = None,
        *,
        cut: bool = False,
    ) -> None:
        """Take the next frame (H, W, 3) uint8, that of the input, and the motion from the frame before."""
        self._values.append(None)
        own, wanted = _fine(frame), _fine(cast(Frame, reference))
        self._whole = self._whole + np.array([np.vdot(own, wanted), np.vdot(wanted, wanted)], np.float64)
        last, middle = self._last, self._middle
        self._last, self._middle = (own, wanted), None
        if motion is None or cut or last is None:
            return
        if middle is not None:
            self._add(middle, wanted, motion)
        arrived = np.asarray(backward_warp(last[1], motion.backward), np.float32)
        self._middle = _Middle(own, wanted, arrived, motion.consistent_backward)

    def _add(self, middle: _Middle, following: Detail, motion: BidirectionalFlow) -> None:
        seen = np.asarray(middle.seen & motion.valid)
        self._coverages.append(float(seen.mean()))
        expected = middle.before + np.asarray(backward_warp(following, motion.forward), np.float32)
        expected *= seen
        found = np.array([float(np.vdot(each, expected)) for each in (middle.own, middle.wanted)])
        self._shared = self._shared + found
        self._values[-2] = _kept(found)

    def compute(self) -> Series:
        """Return the shares kept per frame, and that of all frames together."""
        series = summarize(
            self._values,
            unit=self.unit,
            higher_is_better=self.higher_is_better,
            coverages=self._coverages,
            note="the input has no detail at all",
        )
        whole = _kept(self._shared)
        if whole is not None:
            return replace(series, mean=whole)
        own, wanted = self._whole
        share = float(own / wanted) if wanted > 0 else None
        return replace(series, mean=share, note="" if share is not None else series.note)


def _kept(sums: NDArray[np.float64]) -> float | None:
    """Return the share kept from the sums S(O), S(P); None where the neighbours share nothing."""
    return kept_shares([float(sums[0] / sums[1])])[0] if sums[1] > 0 else None


def _fine(frame: Frame) -> Detail:
    """Return x - Gauss(x, sigma 1.5) of the luma of a uint8 frame, (H, W) float32, in levels."""
    luma = luma_image(frame)
    return np.asarray(cv2.subtract(luma, cv2.GaussianBlur(luma, (0, 0), _DETAIL_SIGMA)), np.float32)
