"""Types of settings: an annotation taken apart, with what it accepts in words."""

import re
from dataclasses import dataclass, is_dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from annotated_types import Interval

from framesmooth.errors import UsageError

_TYPE_NAMES: Final = {
    int: "integer",
    float: "number",
    str: "text",
    bool: "flag",
    Path: "path",
    Fraction: "rate",
    object: "anything",
}

_NTSC: Final = {
    "23.976": "24000/1001",
    "23.98": "24000/1001",
    "29.97": "30000/1001",
    "59.94": "60000/1001",
}
_RATE: Final = re.compile(r"\s*-?\d{1,12}(\.\d{0,12})?(/\d{1,12})?\s*")  # exponents can be endless


def parse_rate(text: str) -> Fraction:
    """Read frames per second: 24, 23.976 or 24000/1001.

    Raises:
        UsageError: anything else.
    """
    written = _NTSC.get(text, text)
    try:
        return Fraction(written if _RATE.fullmatch(written) else "")
    except (ValueError, ZeroDivisionError) as error:
        raise UsageError(f"{text[:40]!r} is no frame rate: write 24, 23.976 or 24000/1001") from error


@dataclass(frozen=True, kw_only=True)
class ValueType:
    """A type annotation taken apart.

    Attributes:
        base: int, float, str, bool, Path, Fraction or a dataclass; NoneType if only ``words`` are accepted.
        words: texts that are accepted, besides the values of ``base``.
        interval: the range of a number.
        optional: whether None is accepted.
        many: whether it is a tuple of any length.
        parts: the types of a tuple of fixed length; () for all others.
    """

    base: type
    words: tuple[str, ...] = ()
    interval: Interval | None = None
    optional: bool = False
    many: bool = False
    parts: "tuple[ValueType, ...]" = ()

    @property
    def holds_path(self) -> bool:
        """Whether a value is, or holds, the path of a file."""
        inside = get_type_hints(self.base).values() if is_dataclass(self.base) else ()
        return self.base is Path or Path in inside or any(part.holds_path for part in self.parts)

    def __str__(self) -> str:
        if self.parts:
            return " and ".join(map(str, self.parts))
        names = [*map(repr, self.words)] if self.base is not NoneType else ["choice"]
        if self.base is not NoneType:
            names.append(_TYPE_NAMES.get(self.base, self.base.__name__))
        return " or ".join(names) + (", several" if self.many else "")

    @property
    def accepted(self) -> str:
        """What is accepted, in words: "0 to 1", "one of pad, crop", "auto, or 0 to 1"; "" for anything."""
        words = ", ".join(self.words)
        if self.base is NoneType:
            return f"one of {words}"
        span = _range_text(self.interval)
        if span and self.base is int:
            span = f"a whole number, {span}"
        return f"{words}, or {span}" if words and span else words or span


def type_of(hint: Any) -> ValueType:
    """Take the annotation ``hint`` of a setting apart.

    Raises:
        TypeError: a type that settings cannot have.
    """
    interval: Interval | None = None
    while get_origin(hint) is Annotated:
        hint, *said = get_args(hint)
        interval = next((one for one in said if isinstance(one, Interval)), interval)
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Literal:
        return ValueType(base=NoneType, words=tuple(map(str, inside)))
    if origin in (Union, UnionType):
        kinds = [type_of(one) for one in inside if one is not NoneType]
        words = tuple(word for kind in kinds for word in kind.words)
        (kind,) = [kind for kind in kinds if kind.base is not NoneType] or [ValueType(base=NoneType)]
        optional = NoneType in inside
        return replace(kind, words=words, optional=optional, interval=kind.interval or interval)
    if origin is tuple and inside[-1] is Ellipsis:
        return replace(type_of(inside[0]), many=True)
    if origin is tuple:
        return ValueType(base=tuple, parts=tuple(map(type_of, inside)))
    if not isinstance(hint, type):
        raise TypeError(f"a setting cannot be of type {hint}")
    return ValueType(base=hint, interval=interval)


def _range_text(interval: Interval | None) -> str:
    """Return a range in words: "0 to 1", "at least 0 and less than 1"."""
    if interval is None:
        return ""
    if interval.gt is None and interval.lt is None and interval.ge is not None and interval.le is not None:
        return f"{interval.ge} to {interval.le}"
    bounds = {
        "at least": interval.ge,
        "more than": interval.gt,
        "at most": interval.le,
        "less than": interval.lt,
    }
    return " and ".join(f"{words} {bound}" for words, bound in bounds.items() if bound is not None)
