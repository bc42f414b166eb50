"""Reading of single values in a story: seconds, numbers, colours, sizes; errors point at file and line."""

import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Final, TypeVar

from framesmooth import limits
from framesmooth.errors import UsageError
from framesmooth.setting import parse_rate
from framesmooth.story.located import Located

Value = TypeVar("Value")

_SECONDS: Final = re.compile(r"(\d{1,12}(?:\.\d{0,9})?|\.\d{1,9})\s*(?:s|sec|seconds?)?", re.IGNORECASE)
_CLOCK: Final = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2}(?:\.\d{1,9})?)")
_NUMBER: Final = re.compile(r"[-+]?(\d{1,9}(\.\d{0,9})?|\.\d{1,9})")
_SIZE: Final = re.compile(r"(\d{1,6})\s*[x×]\s*(\d{1,6})", re.IGNORECASE)
_YES: Final = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}


def at(value: Located, read: Callable[[str], Value]) -> Value:
    """Return what ``read`` makes of a text; its error is about the text's place.

    Raises:
        UsageError: no text, or what ``read`` raises.
    """
    text = value.text()
    try:
        return read(text)
    except UsageError as error:
        raise value.refused(str(error)) from error


def seconds(value: Located, most: int, *, zero: bool = False) -> Fraction:
    """Return seconds: 4, 2.5, 2.5s or 1:04.5.

    Raises:
        UsageError: anything else, 0 unless that is allowed, or more than ``most``.
    """
    text = value.text()
    clock, plain = _CLOCK.fullmatch(text), _SECONDS.fullmatch(text)
    if clock:
        found = 3600 * int(clock[1] or 0) + 60 * int(clock[2]) + Fraction(clock[3])
    elif plain:
        found = Fraction(plain[1].rstrip("."))
    else:
        raise value.refused(f"{text[:40]!r} is no number of seconds: write 4, 2.5 or 1:04")
    if found > most or (found == 0 and not zero):
        span = f"0 to {most}" if zero else f"more than 0 and at most {most}"
        raise value.refused(f"{text[:40]} seconds: give {span}")
    return found


def number(value: Located, least: float, most: float) -> float:
    """Return a number from ``least`` to ``most``.

    Raises:
        UsageError: anything else.
    """
    text = value.text().lower().removesuffix("db").strip()
    if not _NUMBER.fullmatch(text) or not least <= float(text) <= most:
        raise value.refused(f"{value.text()[:40]!r}: give a number from {least:g} to {most:g}")
    return float(text)


def flag(value: Located) -> bool:
    """Return yes or no.

    Raises:
        UsageError: anything else.
    """
    text = value.text().lower()
    if text not in _YES:
        raise value.refused(f"{text[:40]!r}: write yes or no")
    return _YES[text]


def size(value: Located) -> tuple[int, int]:
    """Return (height, width) of "640x360", or of a list of width and height.

    Raises:
        UsageError: anything else, or sides out of range.
    """
    sides = value.items()
    text = "x".join(one.text() for one in sides)
    found = _SIZE.fullmatch(text)
    if not found:
        raise value.refused(f"{text[:40]!r} is no size: write width x height, as in 640x360")
    width, height = int(found[1]), int(found[2])
    if not (min(width, height) >= 8 and max(width, height) <= limits.MAX_SIDE):
        raise value.refused(f"{text}: sides are 8 to {limits.MAX_SIDE} pixels long")
    if width % 2 or height % 2:
        raise value.refused(f"{text} has an odd side: give even ones, which videos need")
    return height, width


def rate(value: Located) -> Fraction:
    """Return frames per second.

    Raises:
        UsageError: no rate, or one out of range.
    """
    found = at(value, parse_rate)
    if not 0 < found <= limits.MAX_FPS:
        raise value.refused(f"{value.text()} frames per second: give more than 0, {limits.MAX_FPS} at most")
    return found


def texts(value: Located) -> tuple[str, ...]:
    """Return a text, or the texts of a list, as a tuple.

    Raises:
        UsageError: an empty text or list.
    """
    found = tuple(one.text() for one in value.items())
    if not found:
        raise value.refused("is an empty list: give a text")
    return found


def file(value: Located) -> Path:
    """Return the path of a file that is there, from the folder of the story.

    Raises:
        UsageError: there is no such file.
    """
    path = value.file.parent / Path(value.text()).expanduser()
    if not path.is_file():
        raise value.refused(f"{value.text()[:200]} does not exist beside the story: check the name")
    return path
