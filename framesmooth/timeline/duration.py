"""Durations as people write them, in seconds."""

import re
from fractions import Fraction
from typing import Final

from framesmooth.errors import UsageError
from framesmooth.limits import MAX_FRAMES

_CLOCK: Final = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2}(?:\.\d{1,6})?)")
_NUMBER: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?|\.\d{1,6})\s*(ms|s|sec|min|m|h)?")
_UNITS: Final = {
    "ms": Fraction(1, 1000),
    "": Fraction(1),
    "s": Fraction(1),
    "sec": Fraction(1),
    "min": Fraction(60),
    "m": Fraction(60),
    "h": Fraction(3600),
}


def parse_duration(text: str) -> Fraction:
    """Read a duration in seconds: 10s, 2500ms, 1.5min, 1:30 (minutes and seconds), 1:02:03, or plain 10.

    Raises:
        UsageError: anything else.
    """
    written = text.strip().lower()
    if clock := _CLOCK.fullmatch(written):
        hours, minutes, seconds = (Fraction(part or 0) for part in clock.groups())
        if seconds < 60 and (minutes < 60 or not hours):
            return 3600 * hours + 60 * minutes + seconds
    elif number := _NUMBER.fullmatch(written):
        return Fraction(number[1]) * _UNITS[number[2] or ""]
    raise UsageError(f"{text[:40]!r} is no duration: write 10s, 2500ms, 1:30 or 1.5min")


def frames_in(duration: Fraction, fps: Fraction) -> int:
    """Return how many frames last ``duration`` seconds, the nearest whole number.

    Raises:
        UsageError: none, or more than a clip may have.
    """
    count = round(duration * fps)
    if not 1 <= count <= MAX_FRAMES:
        told = f"--duration {float(duration):g} s is {count} frames at {float(fps):g} a second"
        raise UsageError(f"{told}: clips have 1 to {MAX_FRAMES}")
    return count
