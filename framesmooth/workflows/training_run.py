"""What all trainings share: what decides them, how they are shown, and what they end in."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from framesmooth.errors import UsageError
from framesmooth.events import Notice, stage
from framesmooth.models.checkpoints import is_checkpoint, weight_hashes
from framesmooth.reports.loss_plot import write_loss_plot
from framesmooth.video import write_text
from framesmooth.workflows.settings.train import TrainSettings
from framesmooth.workflows.workflow import NoticeCollector

if TYPE_CHECKING:
    from framesmooth.models.text_to_image import TextToImage
    from framesmooth.training.dataset import DataSet, Example
    from framesmooth.training.fine_tuning import Plan, Trained
    from framesmooth.training.history import History, Outcome
    from framesmooth.training.lessons import Lessons
    from framesmooth.training.networks import Objective
    from framesmooth.training.prior import Prior
    from framesmooth.workflows.check_data import DataReport

_STEPS: Final = 1000
LARGE: Final = 500_000_000
"""Weights of a denoiser from which on it is trained with gradient checkpointing."""
_FEWEST_HELD_OUT: Final = 8
_DECIDES_NOTHING: Final = ("output", "device", "overwrite", "on_event", "pictures", "prompts", "minutes")
"""Settings without influence on the weights."""
_BY_CONTENT: Final = ("steps", "data", "model", "config", "motion_adapter")
"""Settings whose influence is told by what they lead to."""


@dataclass(frozen=True)
class TrainingRun:
    """One training: the data, the base, and what is shown on the way.

    Attributes:
        settings: of the training.
        folder: of checkpoint, log, loss plot.
        data: what is learned from, and what is not.
        model: the base.
        emit: is told what happens.
    """

    settings: TrainSettings
    folder: Path
    data: "DataSet"
    model: "TextToImage"
    emit: NoticeCollector

    def plan(self, rate: float, batch: int, kept: float = 0.0) -> "Plan":
        """Return how it goes; ``rate`` and ``batch`` where the settings say nothing."""
        from framesmooth.training.fine_tuning import Plan

        settings = self.settings
        endless = settings.steps is None and settings.minutes is None
        return Plan(
            minutes=settings.minutes,
            steps=_STEPS if endless else settings.steps,
            rate=settings.rate or rate,
            batch=settings.batch or batch,
            dropout=settings.caption_dropout,
            kept=kept,
            checks=settings.checks,
            patience=settings.patience,
            seed=settings.seed,
        )

    def checkpointing(self, count: int) -> bool:
        """Tell whether a denoiser of so many weights computes its layers twice."""
        asked = self.settings.gradient_checkpointing
        return count > LARGE if asked is None else asked

    @property
    def base(self) -> dict[str, str]:
        """The hashes of the base's weights."""
        given = self.settings.model
        return weight_hashes(self.model.folder, Path(given).expanduser() if is_checkpoint(given) else None)

    def key(self, plan: "Plan", more: Any = None) -> str:
        """Return what decides the weights as one hash: settings, base, pictures, captions, and ``more``."""
        settings, digest = self.settings, hashlib.sha256()
        decided = {
            each.name: str(getattr(settings, each.name))
            for each in fields(settings)
            if each.name not in (*_DECIDES_NOTHING, *_BY_CONTENT)
        }
        facts = decided | {"steps": plan.steps, "base": self.base, "more": more}
        digest.update(json.dumps(facts, sort_keys=True, default=str).encode())
        for one in self.data.examples:
            digest.update(f"{one.path.relative_to(self.data.folder)}\0{one.caption}\0".encode())
            digest.update(hashlib.sha256(one.path.read_bytes()).digest())
        return digest.hexdigest()

    def train(
        self,
        objective: "Objective",
        layers: "Trained",
        learned: "Lessons",
        held_out: "Lessons | None",
        plan: "Plan",
        *,
        prior: "Prior | None" = None,
        more: Any = None,
        on_check: Callable[[int], None] = lambda _: None,
    ) -> "Outcome":
        """Train, with a bar and a plot of the loss; ``on_check`` is told the step of every check."""
        from framesmooth.training.fine_tuning import fine_tune

        total = plan.steps if plan.minutes is None else 1000
        with stage(self.emit, "train", total, "steps" if plan.minutes is None else "‰") as advance:
            seen = 0

            def told(steps: int, progress: float) -> None:
                nonlocal seen
                reached = seen + steps if plan.minutes is None else round(progress * 1000)
                advance(reached - seen)
                seen = reached

            def checked(history: "History") -> None:
                plotted = history.steps, history.trained, history.held_out, history.best_step
                write_loss_plot(self.folder / "loss.png", *plotted)
                on_check(history.steps[-1])

            outcome = fine_tune(
                self.model, objective, layers, learned, held_out, plan, self.folder, prior=prior,
                key=self.key(plan, more), anew=self.settings.overwrite, advance=told, on_check=checked,
            )  # fmt: skip
        if outcome.resumed_at:
            self.emit(Notice(f"went on from step {outcome.resumed_at}"))
        if outcome.stopped_early:
            best = outcome.history.best_step
            self.emit(
                Notice(f"ended early at step {outcome.steps}: the held-out part is best at step {best}")
            )
        return outcome

    def told(self, outcome: "Outcome", learned: "Lessons", held_out: "Lessons | None") -> dict[str, Any]:
        """Return what every result says of a training."""
        judged = () if held_out is None else held_out.lessons
        return {
            "output": self.settings.output,
            "folder": self.folder,
            "steps": outcome.steps,
            "best_step": outcome.history.best_step,
            "minutes": outcome.minutes,
            "held_out": tuple(outcome.history.held_out),
            "stopped_early": outcome.stopped_early,
            "learned_from": len({one.example.path for one in learned.lessons}),
            "judged_by": tuple(dict.fromkeys(one.example.path.name for one in judged)),
            "resumed_at": outcome.resumed_at,
            "notices": self.emit.notices,
        }

    def note(self, result: dict[str, Any]) -> None:
        """Write what a training ended in beside its checkpoint."""
        write_text(self.folder / "training.json", json.dumps(result, indent=2) + "\n")


def refuse_unusable(report: "DataReport", data: Path, emit: NoticeCollector) -> None:
    """Say what is wrong with the data.

    Raises:
        UsageError: if nothing can be learned from it.
    """
    for problem in report.problems:
        if problem.fatal:
            raise UsageError(f"nothing can be learned from {data}: {problem}")
        emit(Notice(str(problem), warning=True))


def held_out_files(examples: "tuple[Example, ...]", share: float, seed: int) -> frozenset[Path]:
    """Return the files that are judged and not learned from; none where there are few."""
    files = [one.path for one in examples]
    if share == 0 or len(files) < _FEWEST_HELD_OUT:
        return frozenset()
    count = max(round(share * len(files)), 1)
    drawn = np.random.default_rng([seed, 2]).permutation(len(files))[:count]
    return frozenset(files[int(at)] for at in drawn)
