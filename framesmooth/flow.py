"""Optical flow estimators behind one convention.

Every estimator is called as ``estimator(image0, image1)`` and answers a float32 field of shape (H, W, 2) in
pixels with ``image0[y, x] ~ image1[y + flow[y, x, 1], x + flow[y, x, 0]]``.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, cast, runtime_checkable

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.errors import UsageError
from framesmooth.frames import Frame
from framesmooth.plugins import LEARNED_FLOWS, load

FlowField = NDArray[np.float32]
Grey = NDArray[np.uint8]

# DIS builds a pyramid and refuses images that are smaller than a few patches.
_SMALLEST_SIDE = 32
_FLAT = np.float32(4)  # levels of local deviation


@runtime_checkable
class FlowEstimator(Protocol):
    """Anything that answers where each pixel of ``image0`` went in ``image1``."""

    def __call__(self, image0: Frame, image1: Frame) -> FlowField:
        """Return flow (H, W, 2) float32, (dx, dy) in pixels, for two (H, W, 3) uint8 RGB frames."""
        ...


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
        height, width = image0.shape[:2]
        grey0, grey1 = (_pad_small(self._prepare(image)) for image in (image0, image1))
        seed: Any = None
        if start is not None:
            below, right = grey0.shape[0] - height, grey0.shape[1] - width
            seed = cv2.copyMakeBorder(start, 0, below, 0, right, cv2.BORDER_REPLICATE)
        field = self._engine().calc(grey0, grey1, seed)
        return np.ascontiguousarray(field[:height, :width], dtype=np.float32)

    def _prepare(self, image: Frame) -> Grey:
        grey = _to_grey(image)
        if self.tone_normalize:
            grey = normalize_tone(grey)
        if self.blur_sigma > 0:
            grey = cast(Grey, cv2.GaussianBlur(grey, (0, 0), self.blur_sigma))
        return grey

    def _engine(self) -> cv2.DISOpticalFlow:
        engine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        engine.setFinestScale(self.finest_scale)
        engine.setPatchSize(self.patch_size)
        engine.setPatchStride(self.patch_stride)
        engine.setGradientDescentIterations(self.gradient_descent_iterations)
        engine.setVariationalRefinementIterations(self.variational_refinement_iterations)
        engine.setVariationalRefinementAlpha(self.alpha)
        return engine


@dataclass(frozen=True, kw_only=True)
class FarnebackFlow:
    """Polynomial expansion (Farneback 2003): smooth, misses small things, steady under gain changes.

    ``poly_size`` pixels a side are expanded, weighted by a Gaussian of ``poly_sigma``.
    """

    levels: int = 5
    window_size: int = 15
    iterations: int = 5
    poly_size: int = 7
    poly_sigma: float = 1.5

    def __call__(self, image0: Frame, image1: Frame) -> FlowField:
        """Return flow (H, W, 2) float32 in pixels from ``image0`` to ``image1`` (both (H, W, 3) uint8)."""
        start = np.zeros((*image0.shape[:2], 2), np.float32)
        field = cv2.calcOpticalFlowFarneback(
            _to_grey(image0),
            _to_grey(image1),
            start,
            0.5,
            self.levels,
            self.window_size,
            self.iterations,
            self.poly_size,
            self.poly_sigma,
            0,
        )
        return np.ascontiguousarray(field, dtype=np.float32)


@dataclass(frozen=True, kw_only=True)
class DeepFlow:
    """DeepFlow without its learned matches (Weinzaepfel et al. 2013): slow and accurate."""

    def __call__(self, image0: Frame, image1: Frame) -> FlowField:
        """Return flow (H, W, 2) float32 in pixels from ``image0`` to ``image1`` (both (H, W, 3) uint8)."""
        height, width = image0.shape[:2]
        engine = cv2.optflow.createOptFlow_DeepFlow()
        grey0, grey1 = (_pad_small(_to_grey(image)) for image in (image0, image1))
        field = engine.calc(grey0, grey1, np.zeros((*grey0.shape, 2), np.float32))
        return np.ascontiguousarray(field[:height, :width], dtype=np.float32)


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

FARNEBACK: Final = FarnebackFlow()
"""Polynomial expansion with its usual settings."""

DEEPFLOW: Final = DeepFlow()
"""The slowest and most careful one."""


def load_flow(flow: str | FlowEstimator, weights: Path | None = None) -> FlowEstimator:
    """Return the estimator of this name; an estimator is returned as it is.

    Raises:
        UsageError: no such name, with the nearest ones, a learned estimator without its file of ``weights``,
            or weights for one that isn't learned.
        ModelError: weights that cannot be used.
    """
    learned = isinstance(flow, str) and flow in LEARNED_FLOWS
    if weights is not None and not learned:
        raise UsageError(f"flow {flow!r} takes no weights: use {' or '.join(LEARNED_FLOWS)} with them")
    if not isinstance(flow, str):
        return flow
    if not learned:
        return cast(FlowEstimator, load("flow", flow))
    if weights is None:
        raise UsageError(f"flow {flow!r} is a trained network: give its file with --flow-weights")
    return cast(FlowEstimator, load("learned_flow", flow)(weights=weights))


def flow_name(flow: str | FlowEstimator) -> str:
    """Return what an estimator is called in records and reports."""
    return flow if isinstance(flow, str) else repr(flow)


def normalize_tone(grey: Grey) -> Grey:
    """Return the image (H, W) uint8 with a local mean of 128 and a local deviation of 36 levels or less.

    Both are taken over squares of a fifth of the height. ``_FLAT`` keeps flat places from being amplified
    more than 9 times: there is little to follow in them but noise.
    """
    side = 2 * (len(grey) // 10) + 1
    mean = cv2.boxFilter(grey, cv2.CV_32F, (side, side))
    square = cv2.sqrBoxFilter(grey, cv2.CV_32F, (side, side))
    deviation = cv2.sqrt(np.maximum(square - mean * mean, 0))
    centred = (grey - mean) * (36 / (deviation + _FLAT)) + 128
    return cast(Grey, cv2.convertScaleAbs(np.clip(centred, 0, 255)))


def _to_grey(image: Frame) -> Grey:
    return cast(Grey, cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))


def _pad_small(grey: Grey) -> Grey:
    """Pad right and bottom by replication until DIS accepts the image."""
    height, width = grey.shape
    down, right = max(_SMALLEST_SIDE - height, 0), max(_SMALLEST_SIDE - width, 0)
    if not down and not right:
        return grey
    return cast(Grey, cv2.copyMakeBorder(grey, 0, down, 0, right, cv2.BORDER_REPLICATE))
