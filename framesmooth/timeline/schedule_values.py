"""The value of a schedule at every frame."""

from fractions import Fraction

from framesmooth.errors import UsageError
from framesmooth.timeline.schedule import Heard, Schedule


def values_of(
    option: str, text: str, num_frames: int, fps: Fraction, seed: int = 0, heard: Heard | None = None
) -> list[float]:
    """Return the values of the schedule ``text`` at every frame; ``heard`` is of the clip's sound.

    Raises:
        UsageError: one that cannot be read; the message names ``option``.
    """
    try:
        return Schedule.parse(text, num_frames, fps, seed=seed, heard=heard).values(num_frames)
    except UsageError as error:
        raise UsageError(f"{option}: {error}") from error
