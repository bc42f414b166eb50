"""Even pacing: frames equally far apart along the way that the picture really goes.

A prompt that is travelled evenly changes its picture in jerks: for a while nothing happens, then all does.
The way is measured by the distances between the diffused frames, and travelled anew at constant speed (arc
length), from prompt to prompt, so that every prompt keeps its time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

_LEAST: Final = 0.05
"""No stretch counts for less than this share of an even one: something has to happen between all frames."""

_NOTHING: Final = 1e-9
"""A way this short is travelled evenly: what rounding leaves of distances has no pace."""


@dataclass(frozen=True)
class Pace:
    """A monotone map of positions, whole numbers onto themselves; linear between the points given."""

    at: tuple[float, ...]
    to: tuple[float, ...]

    def __call__(self, position: float) -> float:
        """Return the position where a frame is that would be at ``position``."""
        return float(np.interp(position, self.at, self.to))


def even_pace(positions: Sequence[float], distances: Sequence[float]) -> Pace:
    """Return the pace at which what is travelled between whole positions is travelled at constant speed.

    Args:
        positions: of the pictures, rising; from each whole number to the next there is one at both.
        distances: from each picture to the next one, 0 or more.
    """
    at, to = [positions[0]], [positions[0]]
    for segment in range(int(positions[0]), int(np.ceil(positions[-1]))):
        stretches = [
            (start, end, distance)
            for (start, end), distance in zip(pairwise(positions), distances, strict=True)
            if segment <= start and end <= segment + 1
        ]
        total = sum(distance for _, _, distance in stretches)
        counted = [
            max(distance, _LEAST * total * (end - start)) if total > _NOTHING else end - start
            for start, end, distance in stretches
        ]
        shares = np.cumsum(counted) / sum(counted)
        at += [segment + float(share) for share in shares[:-1]] + [segment + 1.0]
        to += [end for _, end, _ in stretches]
    return Pace(tuple(at), tuple(to))
