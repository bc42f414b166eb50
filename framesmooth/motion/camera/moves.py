"""Camera moves: a schedule for each, and their ranges."""

from dataclasses import dataclass, fields
from fractions import Fraction
from typing import ClassVar, Final

from framesmooth.errors import UsageError
from framesmooth.limits import MAX_SIDE, MAX_SIDEWAYS, MAX_TURN, MAX_ZOOM
from framesmooth.timeline.schedule import Heard
from framesmooth.timeline.schedule_values import values_of

_PIXELS: Final = (-MAX_SIDE, MAX_SIDE, "pixels from one frame to the next")

_DEGREES: Final = (-MAX_SIDEWAYS, MAX_SIDEWAYS, "degrees from one frame to the next")

RANGES: Final[dict[str, tuple[float, float, str]]] = {
    "zoom": (1 / MAX_ZOOM, MAX_ZOOM, "it is the factor from one frame to the next, 1 is none"),
    "pan_x": _PIXELS,
    "pan_y": _PIXELS,
    "roll": (-MAX_TURN, MAX_TURN, "degrees from one frame to the next"),
    "translate_z": (100 * (1 - MAX_ZOOM), 100 * (1 - 1 / MAX_ZOOM), "at 100 the camera is there"),
    "rotate_3d_x": _DEGREES,
    "rotate_3d_y": _DEGREES,
}
"""Move -> its least and largest value, and what they are."""


@dataclass(frozen=True, kw_only=True)
class Moves:
    """How the camera moves, as schedules in text: per frame, from the frame before to this one."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}  # of moves in a record

    zoom: str = "1"
    """Factor by which the image grows."""
    pan_x: str = "0"
    """Pixels that the image moves to the right."""
    pan_y: str = "0"
    """Pixels that the image moves down."""
    roll: str = "0"
    """Degrees that the image turns counter-clockwise."""
    translate_z: str = "0"
    """Percent of the way to the image that the camera approaches it."""
    rotate_3d_x: str = "0"
    """Degrees that the camera turns upwards."""
    rotate_3d_y: str = "0"
    """Degrees that the camera turns to the right."""

    def values(
        self, num_frames: int, fps: Fraction, seed: int = 0, heard: Heard | None = None
    ) -> dict[str, list[float]]:
        """Return the value of each move at every frame, by name.

        Raises:
            UsageError: a schedule that cannot be read, or a value out of its range.
        """
        found = {}
        for field in fields(self):
            option = f"--{field.name.replace('_', '-')}"
            values = values_of(option, getattr(self, field.name), num_frames, fps, seed, heard)
            least, largest, what = RANGES[field.name]
            for frame, value in enumerate(values):
                if not least <= value <= largest:
                    raise UsageError(
                        f"{option}: {value:g} at frame {frame} is outside {least:g} to {largest:g}: {what}"
                    )
            found[field.name] = values
        return found
