"""The figures of a smoothed clip whose clean version is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import numpy as np

from framesmooth.frames import Frame
from framesmooth.metrics.base import Metric, Series
from framesmooth.motion.bidirectional import estimate_bidirectional_flow
from framesmooth.motion.flow.base import load_flow
from framesmooth.registry import load

METRIC_FLOW = "dis-fine"


@dataclass(frozen=True)
class Score:
    """How a smoothed clip compares with its flickering input.

    Attributes:
        removed: share of the flicker residual that is gone, 1 is all of it.
        loss: detail retention of the input less that of the result, both against the clean clip; below 0
            where the result is nearer to the clean clip's detail.
        gain: what PSNR against the clean clip rose by, in dB.
    """

    removed: float
    loss: float
    gain: float


class Judge:
    """Measures versions of one clip along the motion of its clean version, which is estimated once."""

    def __init__(self, clean: Sequence[Frame]) -> None:
        estimator = load_flow(METRIC_FLOW)
        self._clean = clean
        self._motions = [estimate_bidirectional_flow(estimator, *pair) for pair in pairwise(clean)]

    def series(
        self, metric: str, frames: Sequence[Frame], reference: Sequence[Frame] | None = None
    ) -> Series:
        """Return one metric; the reference is the clean clip unless another one is given.

        Raises:
            ValueError: as many frames as the clean clip has are needed, or nothing can be measured.
        """
        measured: Metric = load("metric", metric)()
        ideal = self._clean if reference is None else reference
        for frame, wanted, motion in zip(frames, ideal, [None, *self._motions], strict=True):
            measured.update(frame, wanted, motion)
        found = measured.compute()
        if found.mean is None:
            raise ValueError(f"{metric}: {found.note}")
        return found

    def mean(self, metric: str, frames: Sequence[Frame], reference: Sequence[Frame] | None = None) -> float:
        """Return the mean of one metric, as :meth:`series` does."""
        return cast(float, self.series(metric, frames, reference).mean)

    def jump(self, frames: Sequence[Frame], period: int) -> float:
        """Return how far the flicker residual at each frame ``period`` k stands out of that at the others.

        The root of what their mean squares differ by, in units of ``flicker_residual``.
        """
        sizes = np.square([size or 0.0 for size in self.series("flicker_residual", frames).per_frame[1:]])
        keys = np.arange(1, len(sizes) + 1) % period == 0
        return float(np.sqrt(max(sizes[keys].mean() - sizes[~keys].mean(), 0.0)))

    def score(self, spoiled: Sequence[Frame], smoothed: Sequence[Frame]) -> Score:
        """Compare a result with its input."""
        residual, kept, psnr = (
            [self.mean(metric, frames) for frames in (spoiled, smoothed)]
            for metric in ("flicker_residual", "detail_retention", "psnr")
        )
        return Score(1 - residual[1] / residual[0], kept[0] - kept[1], psnr[1] - psnr[0])
