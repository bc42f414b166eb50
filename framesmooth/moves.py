"""How a camera is asked to move: numbers in time for each of its moves."""

from dataclasses import dataclass, fields
from fractions import Fraction
from typing import ClassVar, Final

from framesmooth.errors import UsageError
from framesmooth.schedule import Schedule

_LEAST_ZOOM: Final = 0.1
_MOST_ZOOM: Final = 10.0


@dataclass(frozen=True, kw_only=True)
class Moves:
    """How the camera moves, as schedules in text: per frame, from the frame before to this one."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}  # of moves in a record

    zoom: str = "1"
    """Factor by which the picture grows."""
    pan_x: str = "0"
    """Pixels that the picture moves to the right."""
    pan_y: str = "0"
    """Pixels that the picture moves down."""
    roll: str = "0"
    """Degrees that the picture turns counter-clockwise."""
    translate_z: str = "0"
    """Percent of the way to the picture that the camera approaches it."""
    rotate_3d_x: str = "0"
    """Degrees that the camera turns upwards."""
    rotate_3d_y: str = "0"
    """Degrees that the camera turns to the right."""

    def values(self, num_frames: int, fps: Fraction, seed: int = 0) -> dict[str, list[float]]:
        """Return the value of each move at every frame, by name.

        Raises:
            UsageError: a schedule that cannot be read, or a value that no picture is left of.
        """
        found = {}
        for field in fields(self):
            option = f"--{field.name.replace('_', '-')}"
            found[field.name] = values_of(option, getattr(self, field.name), num_frames, fps, seed)
        for frame, zoom in enumerate(found["zoom"]):
            if not _LEAST_ZOOM <= zoom <= _MOST_ZOOM:
                raise UsageError(
                    f"--zoom: {zoom:g} at frame {frame} is outside {_LEAST_ZOOM:g} to {_MOST_ZOOM:g}: "
                    "it is the factor from one frame to the next, 1 is none"
                )
        for frame, share in enumerate(found["translate_z"]):
            if share > 100 * (1 - 1 / _MOST_ZOOM):
                raise UsageError(
                    f"--translate-z: {share:g} at frame {frame} is too much: at 100 the camera is there"
                )
        return found


def values_of(option: str, text: str, num_frames: int, fps: Fraction, seed: int = 0) -> list[float]:
    """Return the values of the schedule ``text`` at every frame.

    Raises:
        UsageError: one that cannot be read; the message names ``option``.
    """
    try:
        return Schedule.parse(text, num_frames, fps, seed=seed).values(num_frames)
    except UsageError as error:
        raise UsageError(f"{option}: {error}") from error
