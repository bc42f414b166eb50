"""The contract of smoothers, and how to make one by name."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, cast, runtime_checkable

from framesmooth.errors import UsageError
from framesmooth.frames import Frame
from framesmooth.plugins import load


@runtime_checkable
class Smoother(Protocol):
    """As many frames out as in, in the same order, never changing its input.

    Attributes:
        lookahead: how many frames are read ahead before a frame is answered: memory is bounded by it.
        strength: 0 to 1; 0 gives the input back bit for bit.
    """

    @property
    def lookahead(self) -> int: ...  # noqa: D102

    @property
    def strength(self) -> float: ...  # noqa: D102

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the smoothed (H, W, 3) uint8 frames."""
        ...


def create_smoother(name: str, strength: float, **settings: Any) -> Smoother:
    """Return the smoother called ``name`` with this strength (0 to 1) and settings of its own.

    Raises:
        UsageError: unknown name or setting, or a strength outside 0 to 1.
    """
    kind = load("smoother", name)
    try:
        return cast(Smoother, kind(strength=strength, **settings))
    except TypeError as error:
        raise UsageError(f"smoother {name!r}: {error}") from error


def check_strength(strength: float) -> None:
    """Raise UsageError unless 0 <= strength <= 1."""
    if not 0 <= strength <= 1:
        raise UsageError(
            f"smoothing strength {strength} is outside 0 to 1: 0 changes nothing, 1 is strongest"
        )
