"""What changes from frame to frame along the motion: light of the frame, its rows and cells; specks."""

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.metrics.base import Watcher
from framesmooth.metrics.luma_flicker_local import luma_image
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.warping import backward_warp

BINS: Final = 24
"""Rows and columns are joined to so many bins."""
CELLS: Final = 8
KEPT: Final = 12
"""Frames of a shot that are kept to look for wobble."""

# Ratios of nearly black or clipped samples hold no information about light.
_DARKEST, _BRIGHTEST = 12.0, 250.0
_LEAST_VALID: Final = 0.1
_LARGEST_RATIO: Final = 0.4
_REPEATED: Final = 2.0
"""Levels by which compression changes a frame that is repeated."""
# Fine structure is what a Gaussian of the first sigma takes away, light what one of the second leaves.
_FINE_SIGMA, _LIGHT_SIGMA = 1.5, 6.0
_MEAN_GAIN: Final = 1.5  # of white noise less the mean of its two neighbours
# Levels by which a speck differs from both neighbouring frames, and by which these may differ there.
_SPECK, _ALIKE = 24.0, 10.0
_SURROUNDINGS: Final = 15
"""Pixels around a speck over which both neighbouring frames are alike."""
_SPECK_AREA: Final = (3, 2e-3)
"""Pixels at least, and share of the frame at most."""

Luma = NDArray[np.float32]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class LightChange:
    """The change of light from the frame before: natural logarithms of ratios, NaN where nothing is known.

    Attributes:
        whole: of the frame.
        rows: beyond that, of its rows from top to bottom, (BINS,).
        columns: the same of its columns, (BINS,).
        cells: the same of the cells of a grid, (CELLS, CELLS).
    """

    whole: float
    rows: Numbers
    columns: Numbers
    cells: Numbers


UNKNOWN: Final = LightChange(
    float("nan"), np.full(BINS, np.nan), np.full(BINS, np.nan), np.full((CELLS, CELLS), np.nan)
)


@dataclass
class LightMeter(Watcher):
    """Watches the distinct frames of a clip; lists have one entry for each of these but where it is said.

    Attributes:
        indices: of the frames.
        begins: whether a shot begins there.
        luma: mean luma, levels.
        renewal: how much the fine structure of a usual place differs from the frame before, levels; 0 where a
            shot begins or nothing can be followed.
        changes: of the light since the frame before.
        specks: how many there are that neither neighbouring frame shows; None where one is missing.
        boil: how much the fine structure differs from the mean of its neighbours', levels, as the standard
            deviation of white flicker; None where one is missing or nothing can be followed.
        light: mean luma of every frame, those that repeat the one before among them.
        cuts: where shots begin, the first left out.
        kept: frames of the longest run from the first shot that is long enough, KEPT at most.
    """

    indices: list[int] = field(default_factory=list)
    begins: list[bool] = field(default_factory=list)
    luma: list[float] = field(default_factory=list)
    renewal: list[float] = field(default_factory=list)
    changes: list[LightChange] = field(default_factory=list)
    specks: list[int | None] = field(default_factory=list)
    boil: list[float | None] = field(default_factory=list)
    kept: list[Frame] = field(default_factory=list)
    light: list[float] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    _count: int = 0
    _last: Luma | None = None
    _arrived: Luma | None = None
    _seen: NDArray[np.bool_] | None = None

    def update(
        self,
        frame: Frame,
        reference: Frame | None = None,
        motion: BidirectionalFlow | None = None,
        *,
        cut: bool = False,
    ) -> None:
        """Take the next frame (H, W, 3) uint8 and the motion from the frame before to it."""
        index, self._count = self._count, self._count + 1
        first = self._last is None or cut
        luma = luma_image(frame)
        self.light.append(float(luma.mean()))
        self.cuts += [index] if cut else []
        if not first and (motion is None or self._is_held(luma, motion)):
            return
        self.indices.append(index)
        self.begins.append(first)
        self.luma.append(float(luma.mean()))
        self.renewal.append(0.0)
        self.specks.append(None)
        self.boil.append(None)
        if first and len(self.kept) < KEPT:
            self.kept.clear()
        if len(self.kept) < KEPT:
            self.kept.append(frame)
        arrived, change = None, UNKNOWN
        if motion is not None and self._last is not None and not first:
            arrived = np.asarray(backward_warp(self._last, motion.backward), np.float32)
            change = _change(luma, arrived, motion.consistent_backward)
            self.renewal[-1] = _renewal(luma - arrived, motion.consistent_backward)
            if self._arrived is not None and self._seen is not None:
                after = np.asarray(backward_warp(luma, motion.forward), np.float32)
                self.specks[-2] = _count_specks(self._last, self._arrived, after)
                self.boil[-2] = _boil(self._last, self._arrived, after, self._seen & motion.valid)
        self.changes.append(change)
        self._last, self._arrived = luma, arrived
        self._seen = None if arrived is None or motion is None else motion.consistent_backward

    def _is_held(self, luma: Luma, motion: BidirectionalFlow) -> bool:
        """Tell whether the last frame is repeated: nothing moves in all of it then."""
        if self._last is None or motion.forward.any():
            return False
        return float(np.mean(np.abs(luma - self._last))) < _REPEATED


def _change(luma: Luma, before: Luma, seen: NDArray[np.bool_]) -> LightChange:
    lightest, darkest = np.maximum(luma, before), np.minimum(luma, before)
    usable = seen & (darkest >= _DARKEST) & (lightest <= _BRIGHTEST)
    if usable.mean() < _LEAST_VALID:
        return UNKNOWN
    ratios = np.log(np.maximum(luma, 1) / np.maximum(before, 1))
    whole = float(np.median(ratios[usable]))
    rest = ratios - whole
    usable &= np.abs(rest) < _LARGEST_RATIO  # specks and edges that were not followed are no light
    rest, known = rest * usable, usable.astype(np.float32)

    def binned(height: int, width: int) -> Numbers:
        sums, counts = (
            cv2.resize(each, (width, height), interpolation=cv2.INTER_AREA) for each in (rest, known)
        )
        return np.asarray(
            np.where(counts >= _LEAST_VALID, sums / np.maximum(counts, 1e-6), np.nan), np.float64
        )

    return LightChange(whole, binned(BINS, 1)[:, 0], binned(1, BINS)[0], binned(CELLS, CELLS))


def _count_specks(middle: Luma, before: Luma, after: Luma) -> int:
    """Return how many small things a frame shows that both its neighbours, which are alike, don't."""
    gaps = [_without_light(middle - each) for each in (before, after)]
    apart = np.minimum(np.abs(gaps[0]), np.abs(gaps[1])) > _SPECK
    between = np.asarray(np.abs(_without_light(before - after)), np.float32)
    followed = cv2.blur(between, (_SURROUNDINGS, _SURROUNDINGS)) < _ALIKE / 2
    apart &= (gaps[0] * gaps[1] > 0) & (between < _ALIKE) & followed
    count, _, found, _ = cv2.connectedComponentsWithStats(apart.astype(np.uint8), connectivity=8)
    areas = found[1:count, cv2.CC_STAT_AREA]
    return int(np.count_nonzero((areas >= _SPECK_AREA[0]) & (areas <= _SPECK_AREA[1] * middle.size)))


def _boil(middle: Luma, before: Luma, after: Luma, seen: NDArray[np.bool_]) -> float | None:
    size = _fine_size(np.asarray(middle - (before + after) / 2, np.float32), seen)
    return None if size is None else size / _MEAN_GAIN**0.5


def _renewal(gap: Luma, seen: NDArray[np.bool_]) -> float:
    """Return the root mean square of the fine structure of a difference in the median cell, levels."""
    if seen.mean() < _LEAST_VALID:
        return 0.0
    fine = gap - cv2.GaussianBlur(gap, (0, 0), _FINE_SIGMA)
    energy, known = (
        cv2.resize(np.asarray(each, np.float32), (CELLS, CELLS), interpolation=cv2.INTER_AREA)
        for each in (np.square(fine) * seen, seen)
    )
    cells = energy[known >= _LEAST_VALID] / known[known >= _LEAST_VALID]
    return float(np.sqrt(np.median(cells)))


def _fine_size(gap: Luma, seen: NDArray[np.bool_]) -> float | None:
    """Return the root mean square of the fine structure of a difference, levels; None where it is unknown."""
    if seen.mean() < _LEAST_VALID:
        return None
    fine = gap - cv2.GaussianBlur(gap, (0, 0), _FINE_SIGMA)
    return float(np.sqrt(np.mean(np.square(fine[seen]))))


def _without_light(gap: Luma) -> Luma:
    return np.asarray(gap - cv2.GaussianBlur(gap, (0, 0), _LIGHT_SIGMA), np.float32)
