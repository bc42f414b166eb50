"""The contract of smoothers, and how to make one by name."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, cast, runtime_checkable

from framesmooth.errors import UsageError
from framesmooth.frames import Frame, FrameSource
from framesmooth.registry import load
from framesmooth.timeline.schedule import Schedule


@runtime_checkable
class Smoother(Protocol):
    """A temporal filter: as many frames out as in, in the same order; the input is never modified.

    Attributes:
        lookahead: how many frames are read ahead before a frame is answered: memory is bounded by it.
        strength: 0 to 1, or a schedule of it; 0 gives the input back bit for bit.
    """

    @property
    def lookahead(self) -> int: ...  # noqa: D102

    @property
    def strength(self) -> float | Schedule: ...  # noqa: D102

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the smoothed frames (H, W, 3), of the type of the input's."""
        ...


def create_smoother(name: str, strength: float | Schedule, **settings: Any) -> Smoother:
    """Return the smoother called ``name`` with this strength (0 to 1) and settings of its own.

    Raises:
        UsageError: unknown name or setting, or a strength outside 0 to 1.
    """
    kind = load("smoother", name)
    try:
        return cast(Smoother, kind(strength=strength, **settings))
    except TypeError as error:
        raise UsageError(f"smoother {name!r}: {error}") from error


def check_strength(strength: float | Schedule) -> None:
    """Raise UsageError unless 0 <= strength <= 1, at every frame of a schedule."""
    values = strength.values(strength.num_frames) if isinstance(strength, Schedule) else [strength]
    for frame, value in enumerate(values):
        if not 0 <= value <= 1:
            where = f" at frame {frame}" if len(values) > 1 else ""
            raise UsageError(
                f"smoothing strength {value:g}{where} is outside 0 to 1: 0 changes nothing, 1 is strongest"
            )


def scheduled(strength: str, clip: FrameSource) -> float | Schedule:
    """Return the strength that a text asks for: a number, or a schedule over the frames of ``clip``.

    Raises:
        UsageError: neither of them, or a schedule for a clip whose number of frames is unknown.
    """
    try:
        return float(strength)
    except ValueError:
        if clip.num_frames is None:
            raise UsageError(
                "a schedule of the strength needs to know how many frames the clip has: give --frame-range"
            ) from None
        return Schedule.parse(strength, clip.num_frames, clip.fps)
