"""Blind temporal consistency (Bonneel et al. 2015): gradients of the frame, colours of the warped past."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn, idctn

from framesmooth.smoothing.motion_compensated import FloatImage, RecursiveSmoother

_LARGEST_WEIGHT: Final = 0.1
"""At strength 1; structures smaller than about 1 / sqrt(weight) = 3 pixels stay as they are."""

_MOST_ITERATIONS: Final = 20
_TOLERANCE: Final = 0.01


@dataclass(frozen=True, kw_only=True)
class PoissonSmoother(RecursiveSmoother):
    """Minimises |grad O_t - grad I_t|^2 + w |O_t - W(O_(t-1))|^2; w = 0.1 ``strength``^2 if the past holds.

    Equation 3 of Bonneel et al., "Blind Video Temporal Consistency". Fine structure is the frame's own, so
    texture that boils and outlines that wobble stay; what is larger follows the past.
    """

    def _blend(
        self, present: FloatImage, past: FloatImage, trust: NDArray[np.float32], strength: float
    ) -> FloatImage:
        weight = np.float32(_LARGEST_WEIGHT * strength**2) * trust
        return present + screened_poisson(past - present, weight)


def screened_poisson(gap: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the correction d (H, W, 3) that minimises |grad d|^2 + w |d - gap|^2, free at the borders.

    Its normal equations (w - Laplacian) d = w gap are solved by conjugate gradients; the same problem with
    the mean of the ``weight`` (H, W), which the cosine transform solves at once, is the preconditioner.
    """
    if not weight.any():
        return np.zeros_like(gap)
    screen = weight[..., None]
    stiffness = _laplacian_eigenvalues(*weight.shape)[..., None] + max(float(weight.mean()), 1e-4)
    found = np.zeros_like(gap)
    residual = screen * gap
    goal = _TOLERANCE * float(np.linalg.norm(residual))
    direction, energy = np.zeros_like(gap), 1.0
    for _ in range(_MOST_ITERATIONS):
        if float(np.linalg.norm(residual)) <= goal:
            break
        better = idctn(dctn(residual, axes=(0, 1), norm="ortho") / stiffness, axes=(0, 1), norm="ortho")
        energy, last = float(np.vdot(residual, better)), energy
        direction = better + np.float32(energy / last if direction.any() else 0) * direction
        applied = screen * direction - _laplacian(direction)
        length = np.float32(energy / float(np.vdot(direction, applied)))
        found += length * direction
        residual = residual - length * applied
    return np.asarray(found, np.float32)


def _laplacian(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sum of the differences to the neighbours (H, W, C); beyond the border there are none."""
    result = np.zeros_like(image)
    for axis in (0, 1):
        step = np.diff(image, axis=axis)
        inner = [(0, 0)] * image.ndim
        for side, sign in (((0, 1), 1), ((1, 0), -1)):
            inner[axis] = side
            result += sign * np.pad(step, inner)
    return result


def _laplacian_eigenvalues(height: int, width: int) -> NDArray[np.float32]:
    """Return those of minus the Laplacian for the type II cosine transform (H, W)."""
    vertical, horizontal = (2 - 2 * np.cos(np.pi * np.arange(count) / count) for count in (height, width))
    return np.asarray(vertical[:, None] + horizontal, np.float32)
