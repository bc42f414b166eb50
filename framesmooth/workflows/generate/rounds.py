"""The batches of one call: those that wait, those that workers generate, those that are done."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Round:
    """The batches of one call, in order."""

    waiting: "deque[Batch]" = field(default_factory=deque)
    made: "list[Batch]" = field(default_factory=list)
    limit: int = 0
    """Batches from here on are not begun yet."""

    def next(self) -> "Batch | None":
        """Return the next batch that may be begun."""
        if not self.waiting or self.waiting[0].index >= self.limit:
            return None
        batch = self.waiting.popleft()
        batch.told = 0
        return batch


@dataclass(eq=False)
class Batch:
    """A batch that waits, is made, or is made already.

    Attributes:
        round: which it belongs to.
        index: among those of the round.
        what: works out what a worker is asked for.
        told: how many steps are done, in this try.
        counted: how many were passed on, those of a try that failed among them.
        facts: what a worker has made.
    """

    round: Round
    index: int
    what: Callable[[], Mapping[str, Any]]
    told: int = 0
    counted: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def new_steps(self) -> int:
        """Return how many steps are to be passed on, and count them."""
        new = max(0, self.told - self.counted)
        self.counted += new
        return new
