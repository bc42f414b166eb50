"""The contract of a group of workers, whether they are processes here or actors of Ray.

What a worker does with a task is a function that it finds by its name, "module:function": it takes the task
in plain types, a listener, the models that the worker keeps and the worker's name, and returns an Outcome.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from framesmooth.events import Listener
from framesmooth.models.pool import ModelPool
from framesmooth.workflows.crew.outcome import Outcome


class Task(Protocol):
    """What a worker is given."""

    def as_dict(self) -> dict[str, Any]:
        """Return it in plain types, as JSON has them."""


Doing = Callable[[Mapping[str, Any], Listener, ModelPool, str], Outcome]
"""Does a task, in plain types; the last argument is the worker's name. It raises nothing."""


@dataclass(frozen=True)
class Ready:
    """A worker is there, and waits for a task."""

    worker: int


@dataclass(frozen=True)
class Told:
    """A worker tells how far its task is: a stage, or a notice.

    Attributes:
        worker: who.
        event: "stage" with its name, what is done and the total; "notice" with the message.
    """

    worker: int
    event: Mapping[str, Any]


@dataclass(frozen=True)
class Ended:
    """A worker has done its task, or failed at it, and waits for another."""

    worker: int
    outcome: Outcome


@dataclass(frozen=True)
class Died:
    """A worker has ended by itself, or was ended from outside; ``how`` says by what."""

    worker: int
    how: str


News = Ready | Told | Ended | Died


@dataclass(frozen=True)
class Place:
    """Where a worker works.

    Attributes:
        name: for people: "worker 1", "GPU 0".
        environment: variables of its process, besides those of the driver.
    """

    name: str
    environment: Mapping[str, str] = field(default_factory=dict)


Given = TypeVar("Given", bound=Task, contravariant=True)


class Crew(Protocol[Given]):
    """Workers, numbered from 0."""

    def __len__(self) -> int:
        """Return how many there are."""

    def name(self, worker: int) -> str:
        """Return what a worker is called."""

    def start(self, worker: int) -> None:
        """Start a worker, or another one in the place of one that died."""

    def give(self, worker: int, task: Given) -> None:
        """Give a task to a worker that is ready."""

    def news(self, seconds: float) -> list[News]:
        """Return what has happened; wait so long for it at most."""

    def ask_to_stop(self) -> None:
        """Ask all workers to stop at the next event of their tasks, and to end."""

    def close(self) -> None:
        """End all workers at once."""
