"""How a subject moves by itself: its body rises and leans, its limbs bend.

Limbs are not told apart. Wings beat where the subject is far from its middle, legs step where it is low, a
tail beats at its rear, a tree bends at its top: smooth displacements of a cut-out picture, as in the
animation of paper puppets (compare Igarashi et al. 2005, As-Rigid-As-Possible Shape Manipulation).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sin
from typing import Final

import numpy as np
from numpy.typing import NDArray

from framesmooth.motion.flow.base import FlowField

Grid = NDArray[np.float32]


@dataclass(frozen=True)
class Gait:
    """How a subject moves by itself: sine waves in time.

    Attributes:
        rise: how far up and down, in heights of the subject.
        lean: how far it turns, in degrees.
        rate: times a second.
        limbs: what bends, one of ``LIMBS``; "" for nothing.
        turns: of a windmill's sails, a second.
    """

    rise: float = 0.0
    lean: float = 0.0
    rate: float = 1.0
    limbs: str = ""
    turns: float = 0.0


GAITS: Final = {
    "": Gait(),
    "bob": Gait(rise=0.03, lean=2.0, rate=0.45),
    "roll": Gait(rise=0.008, rate=2.2),
    "walk": Gait(rise=0.015, lean=0.7, rate=1.2, limbs="steps"),
    "gallop": Gait(rise=0.03, lean=2.0, rate=1.5, limbs="strides"),
    "swim": Gait(rise=0.02, lean=2.0, rate=0.8, limbs="tail"),
    "fly": Gait(rise=0.05, lean=2.0, rate=1.2, limbs="wings"),
    "glide": Gait(rise=0.02, lean=1.5, rate=0.4),
    "sway": Gait(lean=0.8, rate=0.4, limbs="top"),
    "turn": Gait(turns=0.12),
    "leap": Gait(rise=0.25, lean=5.0, rate=0.7),
}


def _wings(across: Grid, _down: Grid, phase: float) -> tuple[Grid, Grid]:
    lift = np.asarray(-0.16 * sin(phase) * (np.abs(2 * across - 1) ** 1.5 - 0.3), np.float32)
    return 0 * across, lift


def _legs(swing: float, apart: float) -> Callable[[Grid, Grid, float], tuple[Grid, Grid]]:
    def displaced(across: Grid, down: Grid, phase: float) -> tuple[Grid, Grid]:
        low = np.clip((down - 0.55) / 0.45, 0, 1.2)
        return swing * low * np.sin(phase + 2 * pi * apart * across), 0 * down

    return displaced


def _tail(across: Grid, _down: Grid, phase: float) -> tuple[Grid, Grid]:
    return 0 * across, 0.13 * across**2 * np.sin(phase - 0.8 * 2 * pi * across)


def _top(across: Grid, down: Grid, phase: float) -> tuple[Grid, Grid]:
    return 0.05 * np.clip(1 - down, 0, 1.2) ** 2 * np.sin(phase + 1.5 * across), 0 * down


LIMBS: Final[dict[str, Callable[[Grid, Grid, float], tuple[Grid, Grid]]]] = {
    "wings": _wings,
    "steps": _legs(0.05, 1.5),
    "strides": _legs(0.09, 1.0),
    "tail": _tail,
    "top": _top,
}
"""Each returns how far pixels are moved across and down, in heights of the subject.

It is given their places, 0 to 1 from the front to the rear and from the top to the foot, and the phase.
"""


@dataclass(frozen=True)
class Bend:
    """How a subject's limbs are bent.

    Attributes:
        limbs: one of ``LIMBS``.
        phase: radians.
        facing_left: whether its front is on the left.
    """

    limbs: str
    phase: float
    facing_left: bool = False

    def flow(self, size: tuple[int, int], box: tuple[int, int, int, int]) -> FlowField:
        """Return from where in the picture each pixel is taken, as a backward flow (H, W, 2) in pixels.

        Args:
            size: (height, width) of the picture.
            box: (left, top, right, bottom) of the subject in it.
        """
        left, top, right, bottom = box
        wide, tall = max(right - left, 1), max(bottom - top, 1)
        across = np.clip((np.arange(size[1], dtype=np.float32) - left) / wide, 0, 1)[None]
        down = ((np.arange(size[0], dtype=np.float32) - top) / tall)[:, None]
        front = across if self.facing_left else 1 - across
        places = np.broadcast_to(front, size), np.broadcast_to(down, size)
        along, below = (np.asarray(each, np.float32) for each in places)
        moved = LIMBS[self.limbs](along, below, self.phase)
        return np.asarray(np.stack(moved, axis=-1) * -tall, np.float32)
