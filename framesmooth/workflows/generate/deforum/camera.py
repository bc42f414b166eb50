"""Deforum's camera moves in units of ours.

In 2D the units are the same: pixels to the right and down, degrees counter-clockwise, a factor. In 3D Deforum
takes an image without depth for a plane at distance 1 that reaches from -1 to 1, and moves each point as far
as its projection moves; with s = 1 / tan(fov / 2) that is, to first order,

- translation_x: the camera goes right, the image s W / (400 aspect) pixels left; translation_y: the camera
  goes up, the image s H / 400 pixels down; translation_z: it comes nearer by s / 2 percent;
- rotation_3d_x, _y: the camera turns up, right, the image's centre s H / 2 tan(angle) pixels down, and
  s W / (2 aspect) tan(angle) to the left; rotation_3d_z: the image turns s times the angle,
  counter-clockwise.
"""

import math
from typing import Final

from framesmooth.defaults import FIELD_OF_VIEW

FLAT: Final = {"zoom": "zoom", "angle": "roll", "translation_x": "pan_x", "translation_y": "pan_y"}
"""Deforum's moves in 2D, and ours."""
DEEP: Final = {
    "translation_x": "pan_x", "translation_y": "pan_y", "translation_z": "translate_z",
    "rotation_3d_x": "rotate_3d_x", "rotation_3d_y": "rotate_3d_y", "rotation_3d_z": "roll",
}  # fmt: skip
"""Those in 3D."""


def factors(width: int, height: int, fov: float, aspect: float) -> dict[str, float]:
    """Return what Deforum's moves in 3D are multiplied with, for images of so many pixels.

    ``fov`` is in degrees, ``aspect`` is width over height as Deforum takes it.
    """
    scale = 1 / math.tan(math.radians(fov / 2))
    across, down = scale * width / 2 / aspect, scale * height / 2
    focal = max(width, height) / 2 / math.tan(math.radians(FIELD_OF_VIEW / 2))
    return {
        "translation_x": -across / 200,
        "translation_y": down / 200,
        "translation_z": scale / 2,
        "rotation_3d_x": down / focal,
        "rotation_3d_y": across / focal,
        "rotation_3d_z": scale,
    }
