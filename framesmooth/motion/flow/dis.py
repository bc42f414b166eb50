"""Dense inverse search optical flow (Kroeger et al. 2016), by OpenCV."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any, Final, cast

import cv2
import numpy as np

from framesmooth.frames import Frame
from framesmooth.motion.flow.base import FlowField, Grey, _pad_small, _to_grey, normalize_tone

_SHORTEST, _LARGEST = 128, 1_000_000
"""Pixels of a side and of an image for which engines are used again: new buffers take a fifth of the time.

Larger buffers shouldn't lie idle, and to smaller images an engine adapts its settings for good.
"""
_idle: Final = deque[tuple[Any, cv2.DISOpticalFlow]](maxlen=6)
_lock: Final = Lock()


@dataclass(frozen=True, kw_only=True)
class DisFlow:
    """Dense inverse search (Kroeger et al. 2016) with variational refinement, on grey images.

    ``finest_scale`` is the pyramid level where the search stops (0 is full resolution). ``alpha`` weighs the
    smoothness of the refinement. ``tone_normalize`` brings both images to the same local mean and standard
    deviation first, which keeps exposure flicker, global and local, out of the motion; ``blur_sigma``
    (pixels) then keeps boiling texture out.
    """

    finest_scale: int = 1
    patch_size: int = 8
    patch_stride: int = 4
    gradient_descent_iterations: int = 16
    variational_refinement_iterations: int = 5
    alpha: float = 20.0
    tone_normalize: bool = False
    blur_sigma: float = 0.0

    def __call__(self, image0: Frame, image1: Frame) -> FlowField:
        """Return flow (H, W, 2) float32 in pixels from ``image0`` to ``image1`` (both (H, W, 3) uint8)."""
        return self.seeded(image0, image1, None)

    def seeded(self, image0: Frame, image1: Frame, start: FlowField | None) -> FlowField:
        """Return the flow as above, trying ``start`` (H, W, 2) as well at every patch of every level."""
        return self._between(self._prepare(image0), self._prepare(image1), image0.shape, start)

    def both_ways(self, image0: Frame, image1: Frame) -> tuple[partial[FlowField], partial[FlowField]]:
        """Return what estimates the flow there, and back: images are normalised and blurred once for both."""
        grey0, grey1 = self._prepare(image0), self._prepare(image1)
        return (
            partial(self._between, grey0, grey1, image0.shape),
            partial(self._between, grey1, grey0, image0.shape),
        )

    def _between(
        self, grey0: Grey, grey1: Grey, shape: tuple[int, ...], start: FlowField | None = None
    ) -> FlowField:
        """Return the flow (H, W, 2) between two prepared images of frames of this ``shape``."""
        height, width = shape[:2]
        seed: Any = None
        if start is not None:
            below, right = grey0.shape[0] - height, grey0.shape[1] - width
            seed = cv2.copyMakeBorder(start, 0, below, 0, right, cv2.BORDER_REPLICATE)
        with self._borrowed(grey0.shape, seeded=start is not None) as engine:
            field = engine.calc(grey0, grey1, seed)
        return np.ascontiguousarray(field[:height, :width], dtype=np.float32)

    def _prepare(self, image: Frame) -> Grey:
        grey = _to_grey(image)
        if self.tone_normalize:
            grey = normalize_tone(grey)
        if self.blur_sigma > 0:
            grey = cast(Grey, cv2.GaussianBlur(grey, (0, 0), self.blur_sigma))
        return _pad_small(grey)

    @contextmanager
    def _borrowed(self, shape: tuple[int, ...], *, seeded: bool) -> Iterator[cv2.DISOpticalFlow]:
        """Give an engine for images of this shape to one thread; one that had a seed once tries it again."""
        if min(shape) < _SHORTEST or shape[0] * shape[1] > _LARGEST:
            yield self._engine()
            return
        key = self, shape, seeded
        with _lock:
            found = next((item for item in _idle if item[0] == key), None)
            if found is not None:
                _idle.remove(found)
        engine = self._engine() if found is None else found[1]
        yield engine
        with _lock:
            _idle.append((key, engine))

    def _engine(self) -> cv2.DISOpticalFlow:
        engine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        engine.setFinestScale(self.finest_scale)
        engine.setPatchSize(self.patch_size)
        engine.setPatchStride(self.patch_stride)
        engine.setGradientDescentIterations(self.gradient_descent_iterations)
        engine.setVariationalRefinementIterations(self.variational_refinement_iterations)
        engine.setVariationalRefinementAlpha(self.alpha)
        return engine


DIS_FAST: Final = DisFlow(finest_scale=2, gradient_descent_iterations=12, variational_refinement_iterations=0)
"""Quick look: a quarter of the resolution, no refinement."""

DIS_MEDIUM: Final = DisFlow()
"""Good and quick, at half resolution."""

DIS_FINE: Final = DisFlow(
    finest_scale=0, patch_stride=3, gradient_descent_iterations=25, variational_refinement_iterations=10
)
"""The flow of the metrics: full resolution, stride 3, 25 search and 10 refinement iterations."""

DIS_ROBUST: Final = DisFlow(
    finest_scale=1,
    patch_size=12,
    patch_stride=3,
    gradient_descent_iterations=25,
    variational_refinement_iterations=25,
    alpha=40.0,
    tone_normalize=True,
    blur_sigma=1.0,
)
"""The flow of the smoothers: tone-normalised, blurred, strongly smoothed, so that flicker is not motion."""
