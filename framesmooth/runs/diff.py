"""Differences between the settings of a run and the requested ones."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

_LONGEST: Final = 60
_HASH_LENGTH: Final = 64


def differences(before: Any, now: Any, name: str = "") -> Iterator[str]:
    """Yield "name: before, now ..." for every value that is not the same, by its dotted name."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in sorted({*before, *now}):
            yield from differences(before.get(key), now.get(key), f"{name}.{key}" if name else str(key))
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for index, (old, new) in enumerate(zip(before, now, strict=True)):
            yield from differences(old, new, f"{name}[{index}]")
    elif before != now:
        yield f"{name}: {_shown(before)}, now {_shown(now)}"


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    text = str(value)
    if len(text) == _HASH_LENGTH and set(text) <= set("0123456789abcdef"):
        return text[:12]
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
