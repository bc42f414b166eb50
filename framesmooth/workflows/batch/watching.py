"""Events of a batch, as plain values for a front end."""

from collections.abc import Callable
from dataclasses import dataclass

from framesmooth.events import Notice


@dataclass(frozen=True)
class BatchStarted:
    """The work begins.

    Attributes:
        jobs: how many there are in this part.
        done: how many of them are done already.
        workers: how many work.
    """

    jobs: int
    done: int
    workers: int


@dataclass(frozen=True)
class JobChanged:
    """A job has another status.

    Attributes:
        name: of the job.
        status: one of those in ``records``.
        worker: who does it, or did.
        message: why it failed, or is tried again.
        seconds: how long it took.
    """

    name: str
    status: str
    worker: str = ""
    message: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class JobStage:
    """How far a running job is; ``total`` is None where nobody knows."""

    name: str
    worker: str
    stage: str
    done: int
    total: int | None


BatchEvent = BatchStarted | JobChanged | JobStage | Notice
Watcher = Callable[[BatchEvent], None]


def unwatched(_event: BatchEvent) -> None:
    """Ignore an event."""
