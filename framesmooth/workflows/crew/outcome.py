"""The outcome of a task, and what an error means to those who gave it."""

import errno
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from framesmooth.errors import FramesmoothError, RunLocked, UsageError
from framesmooth.events import Stop
from framesmooth.video.locks import Held

_FULL: Final = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one try of a task.

    Attributes:
        kind: "done"; "there" where it was done already; "usage" for settings that cannot be; "memory" and
            "full" where that was short, of the machine or of the disk; "stopped"; "locked" by another
            process; "error" for anything else.
        message: one line about what went wrong.
        seconds: how long it took.
        loads: how many models the worker has loaded for it.
        facts: of the result, for people.
    """

    kind: str
    message: str = ""
    seconds: float = 0.0
    loads: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)


def explained(error: BaseException) -> tuple[str, str]:
    """Return (kind of an outcome, one line) for what a task raised."""
    line = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, Stop):
        return "stopped", "stopped"
    if isinstance(error, Held | RunLocked):
        return "locked", "another process works on it"
    chain = list(_chain(error))
    if any(getattr(one, "errno", None) in _FULL for one in chain):
        return "full", line
    if any(isinstance(one, MemoryError) or type(one).__name__ == "OutOfMemoryError" for one in chain):
        return "memory", line
    if "out of memory" in line.lower():
        return "memory", line
    if isinstance(error, UsageError):
        return "usage", line
    return "error", line if isinstance(error, FramesmoothError) else f"{type(error).__name__}: {line}"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
