"""Frequency bands of a frame, and their bilateral filter along motion trajectories."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.warp import Mask

Band = NDArray[np.float32]
"""(H, W, 3) float32, one band of a frame in sRGB [0, 1]; fine and mid ones are signed."""

Weight = NDArray[np.float32]

# Half a level of 255 is what rounding makes; less noise than one level cannot be told from it.
_UNCHANGED, _LEAST_NOISE = 0.5 / 255, 1 / 255
_NOISE_SAMPLES = 10_000


@dataclass(frozen=True)
class Neighbour:
    """A band of another frame warped onto the current one: how far in time, and where it can be trusted."""

    distance: int
    band: Band
    mask: Mask | Weight


def gaussian(image: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Return the image (H, W[, C]) blurred; strong blurs work on a smaller image."""
    if sigma < 6 or min(image.shape[:2]) < 16:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32)
    height, width = image.shape[:2]
    small = cv2.resize(image, (max(width // 4, 1), max(height // 4, 1)), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), sigma / 4)
    return np.asarray(cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def noise_level(centre: Band, neighbours: Sequence[Neighbour]) -> float:
    """Return the standard deviation of the band's noise where it changes, 1/255 at least.

    From the median difference to the nearest neighbours (MAD) over about 10,000 pixels. Samples that stay
    the same are left out: a flat or frozen background says nothing about the rest of the picture.
    """
    nearest = min((abs(other.distance) for other in neighbours), default=0)
    step = max(int((centre.shape[0] * centre.shape[1] / _NOISE_SAMPLES) ** 0.5), 1)
    sparse = np.s_[::step, ::step]
    gaps = [
        np.abs(centre[sparse] - other.band[sparse])[other.mask[sparse] > 0.5].ravel()
        for other in neighbours
        if abs(other.distance) == nearest
    ]
    samples = np.concatenate([np.zeros(0, np.float32), *gaps])
    changing = samples[samples > _UNCHANGED]
    found = 1.4826 * float(np.median(changing)) / 2**0.5 if changing.size else 0.0
    return max(found, _LEAST_NOISE)


def filter_band(
    centre: Band,
    neighbours: Sequence[Neighbour],
    *,
    radius: float,
    tolerance: float,
    window: float,
    noise: float,
) -> tuple[Band, Weight]:
    """Average a band along its trajectories; return it and the neighbours' total weight (H, W).

    Each neighbour weighs mask exp(-(k / (radius + 1/2))^2) exp(-max(D / (2 h^2 s^2) - 1/2, 0)), with k its
    distance in frames, D the mean squared difference over a Gaussian ``window`` (sigma, pixels), h the
    ``tolerance`` and s the ``noise``; the frame itself weighs 1.

    Where only earlier or only later frames can be followed, a picture that changes steadily (a dissolve, a
    sunset) would be averaged to another time than its surroundings and show as a patch. So the average is
    moved to the frame's own time along the trend, a weighted least-squares slope over the surroundings.
    """
    total = np.ones(centre.shape[:2], np.float32)
    mean = centre.copy()
    lean, spread = np.zeros_like(total), np.zeros_like(total)
    rise = np.zeros_like(centre)
    scale = max(2 * (tolerance * noise) ** 2, 1e-8)
    for other in neighbours:
        gap = other.band - centre
        unlike = np.maximum(gaussian(_dot(gap, gap), window) / (3 * scale) - 0.5, 0)
        weight = other.mask * np.exp(-unlike - (other.distance / (radius + 0.5)) ** 2)
        total += weight
        mean += weight[..., None] * other.band
        lean += weight * other.distance
        spread += weight * other.distance**2
        rise += (weight * other.distance)[..., None] * gap
    slope = gaussian(rise, 2 * window) / np.maximum(gaussian(spread, 2 * window), 1e-3)[..., None]
    filtered = (mean - lean[..., None] * slope) / total[..., None]
    return np.asarray(filtered, np.float32), total - 1


def diffuse(correction: Band, support: Weight, *, sigma: float) -> Band:
    """Carry a correction from pixels with temporal support into those without (normalised convolution).

    ``support`` is the neighbours' weight (H, W); below 1 the blurred correction of the surroundings takes
    over, so that occlusions do not keep their flicker.
    """
    certainty = np.minimum(support, 1.0)
    spread = gaussian(correction * certainty[..., None], sigma)
    known = gaussian(certainty, sigma)
    filled = spread / np.maximum(known, 1e-3)[..., None]
    return np.asarray(filled + certainty[..., None] * (correction - filled), np.float32)


def detail_gain(wanted: Band, filtered: Band, *, window: float, limit: float) -> Weight:
    """Return the local least-squares slope (H, W) of the input band on the filtered one, in [1, ``limit``].

    It gives back the contrast that averaging lost to misregistration, and none of the noise: noise that the
    average removed is uncorrelated with what is left.
    """
    product = gaussian(_dot(wanted, filtered), window)
    energy = gaussian(_dot(filtered, filtered), window)
    return np.asarray(np.clip((product + 1e-6) / (energy + 1e-6), 1.0, limit), np.float32)


def _dot(first: Band, second: Band) -> NDArray[np.float32]:
    """Return the sum over the channels of the products (H, W); OpenCV is far quicker at it than numpy."""
    return np.asarray(cv2.transform(first * second, np.ones((1, 3), np.float32)), np.float32)
