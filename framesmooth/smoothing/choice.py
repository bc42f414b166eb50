"""How a clip was smoothed, in the few words that a person reads: method, strength, loop."""

from dataclasses import dataclass
from typing import Any

from framesmooth.registry import name_of
from framesmooth.smoothing.base import Smoother
from framesmooth.timeline.schedule import Schedule


@dataclass(frozen=True)
class SmoothingChoice:
    """What decides the look of a smoothed clip.

    Attributes:
        method: name of the smoother.
        strength: 0 to 1, or a schedule of it over the frames.
        loop: whether the last frame leads on to the first.
    """

    method: str
    strength: float | Schedule
    loop: bool = False

    @classmethod
    def of(cls, smoother: Smoother, *, loop: bool = False) -> "SmoothingChoice":
        """Return the choice that ``smoother`` was made with."""
        return cls(name_of("smoother", smoother), smoother.strength, loop)

    @property
    def words(self) -> str:
        """Such as "trajectory at strength 0.6"."""
        strength = self.strength
        if isinstance(strength, Schedule):
            how = f"by the schedule {strength.text}"
        else:
            how = f"at strength {strength:g}"
        return f"{self.method} {how}{', as a loop' if self.loop else ''}"

    @property
    def folder_name(self) -> str:
        """The words as part of a file name: "trajectory-0.6", "ema-schedule-loop"."""
        strength = "schedule" if isinstance(self.strength, Schedule) else f"{self.strength:g}"
        return f"{self.method}-{strength}{'-loop' if self.loop else ''}"

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON; a schedule is its text."""
        strength = self.strength.text if isinstance(self.strength, Schedule) else self.strength
        return {"method": self.method, "strength": strength, "loop": self.loop}
