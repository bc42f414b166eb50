"""Events of a task as compact plain messages, few enough for a pipe."""

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from framesmooth.events import Event, Listener, Notice, Progress, StageFinished, StageStarted, Stop

_INTERVAL: Final = 0.25
"""Seconds between two messages about one stage."""


def telling(tell: Callable[[dict[str, Any]], None], stop: threading.Event) -> Listener:
    """Return a listener that tells of stages and warnings, and raises ``Stop`` once ``stop`` is set."""
    done: dict[str, int] = {}
    totals: dict[str, int | None] = {}
    last = 0.0

    def listen(event: Event) -> None:
        nonlocal last
        if stop.is_set():
            raise Stop
        if isinstance(event, Notice) and event.warning:
            tell({"event": "notice", "message": event.message})
        elif isinstance(event, StageStarted):
            done[event.stage], totals[event.stage] = 0, event.total
            last = 0.0
        elif isinstance(event, Progress):
            done[event.stage] = done.get(event.stage, 0) + event.advance
        if not isinstance(event, StageStarted | Progress | StageFinished):
            return
        now = time.monotonic()
        if now - last >= _INTERVAL:
            last = now
            name = event.stage
            tell({"event": "stage", "stage": name, "done": done.get(name, 0), "total": totals.get(name)})

    return listen
