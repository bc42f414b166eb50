"""The value of a schedule at every frame."""

from fractions import Fraction

from framesmooth.errors import UsageError
from framesmooth.timeline.schedule import Schedule


def values_of(option: str, text: str, num_frames: int, fps: Fraction, seed: int = 0) -> list[float]:
    """Return the values of the schedule ``text`` at every frame.

    Raises:
        UsageError: one that cannot be read; the message names ``option``.
    """
    try:
        return Schedule.parse(text, num_frames, fps, seed=seed).values(num_frames)
    except UsageError as error:
        raise UsageError(f"{option}: {error}") from error
