"""Water that ripples: the picture itself, displaced by waves that are finer and lower towards the horizon.

It is periodic, so that a clip can be a loop, and depends on the time alone: frames can be made in any order.
"""

from dataclasses import dataclass
from functools import cached_property
from math import pi
from typing import Final

import cv2
import numpy as np

from framesmooth.frames import Frame
from framesmooth.generation.subject_layers import cut_out
from framesmooth.generation.word_maps import Map
from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.warping import backward_warp
from framesmooth.timeline.ambient_words import Ambient

_AMPLITUDE: Final = 0.012
"""Of a wave that is near, in heights of the picture."""
_LENGTHS: Final = (0.025, 0.13)
"""Of waves at the horizon, and near, in heights of the picture."""
_WAVES: Final = 0.45
"""Times a second."""
_GLITTER: Final = 0.07
"""Share by which a wave lightens and darkens."""
_WIDE: Final = 0.15
"""Sigma along a row, in widths of the picture: water is wide, and a single spot of a map is none."""
_BELOW: Final = 0.08
"""How far below the horizon water is sure, in heights of the picture."""
_REACHES_DOWN: Final = 0.3
"""Share of the lower border that water reaches, or what was found isn't water."""
_SHORE: Final = 0.008
"""Sigma of the shore's soft edge, in heights of the picture."""


@dataclass(frozen=True)
class Ripples:
    """Water that moves.

    Attributes:
        region: how far each pixel is water, float32 (H, W), 0 to 1.
        rate: waves a second.
    """

    region: Map
    rate: float

    @cached_property
    def _nearness(self) -> Map:
        """0 at the horizon, 1 at the lower border, (H, 1)."""
        rows = np.flatnonzero((self.region > 0.5).any(axis=1))
        top = rows[0] if len(rows) else 0
        height = len(self.region)
        return np.asarray(
            np.clip((np.arange(height) - top) / max(height - top, 1), 0, 1)[:, None], np.float32
        )

    @cached_property
    def _phase(self) -> Map:
        """Of the waves, in radians (H, W)."""
        height, width = self.region.shape
        near, far = _LENGTHS[1], _LENGTHS[0]
        length = height * (far + (near - far) * self._nearness)
        down = np.cumsum(2 * pi / length, axis=0)
        across = np.linspace(0, 1, width, dtype=np.float32)[None]
        bent = 0.9 * np.sin(2 * pi * 1.7 * across + 0.11 * down) + 0.6 * np.sin(
            2 * pi * 4.3 * across - 0.23 * down
        )
        return np.asarray(down + bent, np.float32)

    def __call__(self, frame: Frame, seconds: float) -> Frame:
        """Return a frame (H, W, 3) whose water is as far on."""
        turn = 2 * pi * self.rate * seconds
        first, second = np.sin(self._phase - turn), np.sin(1.7 * self._phase + 1.1 - 2 * turn)
        height = _AMPLITUDE * len(frame) * self.region * (0.15 + 0.85 * self._nearness)
        flow: FlowField = np.stack([height * (0.7 * first + 0.3 * second), 0.35 * height * second], axis=-1)
        moved = backward_warp(frame.astype(np.float32), np.asarray(flow, np.float32))
        light = 1 + _GLITTER * self.region * (0.5 + 0.5 * self._nearness) * first * second
        return np.asarray(np.clip(moved * light[..., None] + 0.5, 0, 255), np.uint8)


def ripples(water: Ambient, where: Map, speed: float, period: float | None) -> Ripples:
    """Return how the water of a picture moves.

    Args:
        water: what the prompt says of it.
        where: how far each pixel is water, float32 (H, W).
        speed: factor of all speeds.
        period: seconds after which it is as it was; None where it needn't be.
    """
    rate = _WAVES * water.pace * speed
    return Ripples(where, rate if period is None else max(1, round(rate * period)) / period)


def water_in(scene: Frame, likely: Map) -> Map:
    """Return how far each pixel of a scene is water, found from where that is likely.

    Args:
        scene: uint8 (H, W, 3).
        likely: float32 (h, w), 0 to 1: where the model draws otherwise without the word for it.

    Returns:
        float32 (H, W), 0 to 1, with soft edges; all 0 where what is found doesn't reach the lower border.
    """
    height, width = scene.shape[:2]
    heat = np.asarray(cv2.resize(likely, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    heat = np.asarray(cv2.GaussianBlur(heat, (0, 0), _WIDE * width, sigmaY=1), np.float32)
    heat *= np.linspace(0, 1, height, dtype=np.float32)[:, None]  # clouds can be as likely
    # A map is strongest around the horizon, on both sides of it: what is below that is water, for sure.
    below = round(_BELOW * height)
    heat = np.pad(heat, ((below, 0), (0, 0)), mode="constant")[:height]
    fading = np.float32(0.5 ** (1 / height))
    for row in range(1, height):
        heat[row] = np.maximum(heat[row], fading * heat[row - 1])
    found = cut_out(scene, heat, soft_edge=_SHORE * height)
    return found if found[-max(height // 16, 1) :].mean() > _REACHES_DOWN else np.zeros_like(found)
