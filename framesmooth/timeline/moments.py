"""Moments of a clip that are no frames: seconds (4.5s, 0:04.5) and beats of its sound (beat 16)."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from framesmooth.errors import UsageError

MOMENT: Final = r"beat\s+\d{1,6}(?:\.\d{1,6})?|\d{1,4}:\d\d(?:\.\d{1,6})?|\d{1,6}(?:\.\d{1,6})?\s*s"
"""How a moment is written, for expressions that find one."""
_BEAT: Final = re.compile(r"beat\s+(\d+(?:\.\d+)?)", re.IGNORECASE)
_CLOCK: Final = re.compile(r"(\d+):(\d\d(?:\.\d+)?)")
_SECONDS: Final = re.compile(r"(\d+(?:\.\d+)?)\s*s", re.IGNORECASE)


@dataclass(frozen=True)
class Moment:
    """So many seconds from the start, or beats from the first one, which is beat 0."""

    value: float
    unit: Literal["seconds", "beats"]

    @classmethod
    def parse(cls, text: str) -> "Moment":
        """Read a moment.

        Raises:
            UsageError: the text is none.
        """
        text = text.strip()
        if match := _BEAT.fullmatch(text):
            return cls(float(match[1]), "beats")
        if match := _CLOCK.fullmatch(text):
            return cls(60 * int(match[1]) + float(match[2]), "seconds")
        if match := _SECONDS.fullmatch(text):
            return cls(float(match[1]), "seconds")
        raise UsageError(f"{text[:40]!r} is no time: write a frame, 4.5s, 0:04.5 or beat 16")


def is_moment(text: str) -> bool:
    """Tell whether a text is written like a moment."""
    return re.fullmatch(MOMENT, text.strip(), re.IGNORECASE) is not None
