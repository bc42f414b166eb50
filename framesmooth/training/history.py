"""The validations of a training, and its result."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass
class History:
    """The checks so far, a part of a checkpoint.

    Attributes:
        steps: at which they were.
        trained: the loss of training, smoothed.
        held_out: the loss of the held-out part; nan without one.
        best: the weights with the smallest held-out loss; without a held-out part the last.
    """

    steps: list[int] = field(default_factory=list)
    trained: list[float] = field(default_factory=list)
    held_out: list[float] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)

    def add(self, step: int, trained: float, held_out: float, weights: dict[str, Tensor]) -> None:
        """Take a check, and keep the weights if it is the best so far."""
        if held_out != held_out or held_out <= min(self.held_out, default=held_out):
            self.best = weights
        self.steps.append(step)
        self.trained.append(trained)
        self.held_out.append(held_out)

    @property
    def best_step(self) -> int:
        """The step of the best check; of the last one without a held-out part."""
        known = [(loss, step) for loss, step in zip(self.held_out, self.steps, strict=True) if loss == loss]
        return min(known)[1] if known else self.steps[-1]

    @property
    def stale(self) -> int:
        """Checks since the best one."""
        return len(self.steps) - 1 - self.steps.index(self.best_step) if self.steps else 0

    def state_dict(self) -> dict[str, Any]:
        """Return all of it."""
        return {
            "steps": [*self.steps],
            "trained": [*self.trained],
            "held_out": [*self.held_out],
            "best": self.best,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take another state."""
        self.steps, self.trained, self.held_out = (
            [*state[name]] for name in ("steps", "trained", "held_out")
        )
        self.best = dict(state["best"])


@dataclass(frozen=True)
class Outcome:
    """What a training ended in.

    Attributes:
        history: the checks, and the best weights.
        steps: done in all.
        minutes: of training.
        stopped_early: whether the held-out part got no better for long.
        resumed_at: the step that an interrupted training went on from, 0 for a new one.
    """

    history: History
    steps: int
    minutes: float
    stopped_early: bool
    resumed_at: int
