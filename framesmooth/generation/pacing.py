"""Even pacing: frames at equal distances along the path of the images (arc length).

A constant speed in prompt space changes the image in jerks: for a while nothing happens, then everything.
The path is measured by the distances between the diffused frames, and sampled again at constant speed (arc
length), from prompt to prompt, so that every prompt keeps its time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

_LEAST: Final = 0.05
"""Smallest weight of a stretch, as a share of an even one: something has to happen between all frames."""

_NOTHING: Final = 1e-9
"""Length of a path below which its distances are rounding errors: it is sampled evenly."""


@dataclass(frozen=True)
class Pace:
    """A monotone map of positions onto positions that keeps whole numbers; between the points it is linear.

    Attributes:
        at: rising positions at a constant speed of the prompts.
        to: the positions that they become, rising, as many.
    """

    at: tuple[float, ...]
    to: tuple[float, ...]

    def __call__(self, position: float) -> float:
        """Return where a frame is placed that would be at ``position`` at an even pace of the prompts."""
        return float(np.interp(position, self.at, self.to))


def even_pace(positions: Sequence[float], distances: Sequence[float]) -> Pace:
    """Return the map of positions that makes the speed constant from each keyframe to the next.

    Args:
        positions: of the images, rising, in keyframes (1.5 is half-way from keyframe 1 to 2); every whole
            number between the first and the last is among them.
        distances: from each image to the next one, 0 or more, in any unit; one fewer than ``positions``.
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
