"""Pictures that move along without end."""

from math import cos, pi

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]
"""(H, W) or (H, W, C)."""


def drifted(picture: Picture, speed: float, seconds: float, period: float | None = None) -> Picture:
    """Return a picture that has moved to the right, mirrored at its borders without end.

    In a loop two copies, half a period apart, take turns, each shown most in the middle of its way (as in
    Holynski et al. 2021, Animating Pictures with Eulerian Motion Fields).

    Args:
        picture: float32 (H, W) or (H, W, C).
        speed: pixels a second; below 0 to the left.
        seconds: since it began.
        period: seconds after which it is as it was; None where it needn't be.
    """
    if period is None:
        return _along(picture, speed * seconds)
    phases = seconds / period % 1, (seconds / period + 0.5) % 1
    copies = (
        (0.5 - 0.5 * cos(2 * pi * phase)) * _along(picture, speed * period * (phase - 0.5))
        for phase in phases
    )
    return np.asarray(sum(copies), np.float32)


def _along(picture: Picture, pixels: float) -> Picture:
    width = picture.shape[1]
    doubled = np.concatenate([picture, picture[:, ::-1]], axis=1)
    whole, part = divmod(pixels, 1.0)
    places = (np.arange(width) - int(whole)) % (2 * width)
    before = (places - 1) % (2 * width)
    return np.asarray((1 - part) * doubled[:, places] + part * doubled[:, before], np.float32)
