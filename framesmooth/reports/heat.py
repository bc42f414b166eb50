"""Heat maps of flicker and of ghosting, collected while a clip is measured."""

import heapq
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_float
from framesmooth.metrics.ghosting import GhostingMeter
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.motion.warping import backward_warp
from framesmooth.reports.figures import thumbnail

HEAT_WIDTH: Final = 480
WORST_PAIRS: Final = 3
FAINTEST_PEAK: Final = 2.0
"""Levels of 255: the scale ends here at least, so that rounding doesn't glow."""

_PERCENTILE: Final = 99.5
_DIM: Final = 0.45  # of the image under the heat
_UNSEEN: Final = 0.15  # of the image where no motion could be followed

Map = NDArray[np.float32]


@dataclass(frozen=True, order=True)
class WorstPair:
    """A pair of frames that differ much along the motion.

    Attributes:
        error: mean squared difference over valid pixels, x 1000: its warping error.
        second: index of the second frame.
        levels: root mean square difference (H, W) in levels of 255, nan where no motion was followed.
    """

    error: float
    second: int
    image: Frame = field(compare=False)
    levels: Map = field(compare=False)


@dataclass
class HeatMeter:
    """A watcher of :func:`framesmooth.metrics.measure.measure` that adds up where the image flickers.

    ``ghosts`` adds up what fades in place, squared levels of small pictures, as the metric ghosting sees it.
    Images are kept at a width of 480 pixels: one of the clip, one for each of the three worst pairs.
    """

    worst: list[WorstPair] = field(default_factory=list)
    image: Frame | None = None
    ghosts: Map | None = None
    _meter: GhostingMeter = field(default_factory=GhostingMeter)
    _before: Frame | None = None
    _count: int = 0
    _energy: Map | None = None
    _weight: Map | None = None

    def update(
        self,
        frame: Frame,
        reference: Frame | None = None,
        motion: BidirectionalFlow | None = None,
        *,
        cut: bool = False,
    ) -> None:
        """Take the next frame (H, W, 3) uint8 and the motion from the frame before to it."""
        before, self._before = self._before, frame
        ghost = self._meter.update(frame, None if cut else motion)
        if ghost is not None:
            self.ghosts = ghost.ghost if self.ghosts is None else self.ghosts + ghost.ghost
        if self._count & (self._count - 1) == 0:  # 0, 1, 2, 4, 8: ends up in the second half of the clip
            self.image = thumbnail(frame, HEAT_WIDTH)
        self._count += 1
        if before is None or motion is None or cut or not motion.valid.any():
            return
        change = as_float(before) - backward_warp(as_float(frame), motion.forward)
        square = np.mean(np.square(change), axis=-1, dtype=np.float32) * motion.valid
        self._add(before, square, motion.valid.astype(np.float32), float(square.sum() / motion.valid.sum()))

    def _add(self, before: Frame, square: Map, valid: Map, error: float) -> None:
        energy, weight = _shrunk(square), _shrunk(valid)
        if self._energy is None or self._weight is None:
            self._energy, self._weight = np.zeros_like(energy), np.zeros_like(weight)
        self._energy += energy
        self._weight += weight
        if len(self.worst) < WORST_PAIRS or 1000 * error > self.worst[0].error:
            pair = WorstPair(
                1000 * error, self._count - 1, thumbnail(before, HEAT_WIDTH), _levels(energy, weight)
            )
            push = heapq.heappush if len(self.worst) < WORST_PAIRS else heapq.heapreplace
            push(self.worst, pair)

    @property
    def levels(self) -> Map | None:
        """Root mean square difference over the clip (H, W), levels of 255; None if no motion was followed."""
        if self._energy is None or self._weight is None:
            return None
        return _levels(self._energy, self._weight)

    @property
    def ghost_levels(self) -> Map | None:
        """Root mean square of what faded in place a frame (H, W), of the size of ``image``, levels of 255."""
        if self.ghosts is None or self.image is None:
            return None
        size = self.image.shape[1], self.image.shape[0]
        mean = cv2.resize(self.ghosts / max(self._count - 2, 1), size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(np.sqrt(np.maximum(mean, 0)), np.float32)

    @property
    def peak(self) -> float:
        """Where a scale for these maps ends, in levels: their 99.5th percentile, 2 at least."""
        maps = [self.levels, *(pair.levels for pair in self.worst)]
        known = [levels[np.isfinite(levels)] for levels in maps if levels is not None]
        ends = [float(np.percentile(values, _PERCENTILE)) for values in known if values.size]
        return max([FAINTEST_PEAK, *ends])


def paint(image: Frame, levels: Map, peak: float) -> Frame:
    """Return the heat of ``levels`` (H, W), 0 to ``peak``, over a grey image; dark where there is none.

    The image (H, W, 3) uint8 has the size of the map.
    """
    known = np.isfinite(levels)
    share = np.clip(np.nan_to_num(levels) / peak, 0, 1)
    scaled = np.asarray(np.rint(share * 255), np.uint8)
    glow = cv2.cvtColor(cv2.applyColorMap(scaled, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    opacity = np.sqrt(share)[..., None]
    blended = np.where(known[..., None], (1 - opacity) * _DIM * grey + opacity * glow, _UNSEEN * grey)
    return np.ascontiguousarray(np.clip(np.rint(blended), 0, 255), np.uint8)


def _shrunk(image: Map) -> Map:
    height, width = image.shape
    if width <= HEAT_WIDTH:
        return image
    size = HEAT_WIDTH, max(round(height * HEAT_WIDTH / width), 1)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)


def _levels(energy: Map, weight: Map) -> Map:
    followed = weight > 0
    mean = np.divide(energy, weight, out=np.full_like(energy, np.nan), where=followed)
    return np.asarray(255 * np.sqrt(np.maximum(mean, 0)), np.float32)
