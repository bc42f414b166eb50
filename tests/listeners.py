"""What listens to the events of a run: nobody, or somebody who stops it."""

from collections.abc import Callable

from framesmooth.events import Event, Progress, Stop

__all__ = ["Stop", "nothing", "stop_at"]


def nothing(_event: Event) -> None:
    """A listener that ignores all events."""


def stop_at(stage: str, count: int = 1) -> Callable[[Event], None]:
    """Return a listener that stops the run when it hears of a stage for the ``count``-th time."""
    seen = 0

    def listen(event: Event) -> None:
        nonlocal seen
        seen += isinstance(event, Progress) and event.stage == stage
        if seen == count:
            raise Stop

    return listen
