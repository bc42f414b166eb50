"""Blending of two keyframes that were warped to the time of one frame."""

import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_deep_as, as_float
from framesmooth.interpolation.detail_matching import detail_energy, even_detail

View = tuple[NDArray[np.float32], NDArray[np.float32]]
"""An image (H, W, 3) in 0 to 1 as seen at another time, and how surely it is seen (H, W), 1 to 0."""

_UNSEEN = 1e-3


def fade(ends: tuple[Frame, Frame], views: tuple[View, View], mix: float) -> Frame:
    """Fade from one view to the other, ``mix`` from 0 to 1, each as far as it is surely seen.

    The result has as much fine detail as the images ``ends`` (H, W, 3) that are seen, and is as deep.
    """
    (old, seen_old), (new, seen_new) = views
    weight_old, weight_new = (1 - mix) * (seen_old + _UNSEEN), mix * (seen_new + _UNSEEN)
    share = (weight_new / (weight_old + weight_new))[..., None]
    blended = np.asarray(old + share * (new - old), np.float32)
    energy_old, energy_new = (detail_energy(as_float(image)) for image in ends)
    return as_deep_as(ends[0], even_detail(blended, (1 - mix) * energy_old + mix * energy_new))
