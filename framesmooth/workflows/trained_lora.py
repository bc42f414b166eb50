"""What training a LoRA returns."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framesmooth.events import Notice


@dataclass(frozen=True, kw_only=True)
class TrainedLora:
    """A trained LoRA.

    Attributes:
        output: the file.
        folder: of the training: checkpoint, log, loss plot, pictures.
        steps: done in all.
        best_step: whose weights the file has.
        minutes: of training.
        held_out: loss of the held-out part at each check, nan without one.
        stopped_early: whether training ended because the held-out part got no better.
        learned_from: files.
        judged_by: files that were held out, by name.
        resumed_at: the step that an interrupted training went on from, 0 for a new one.
        notices: what the user should know.
    """

    output: Path
    folder: Path
    steps: int
    best_step: int
    minutes: float
    held_out: tuple[float, ...]
    stopped_early: bool
    learned_from: int
    judged_by: tuple[str, ...]
    resumed_at: int
    notices: tuple[Notice, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        return {
            "output": str(self.output),
            "folder": str(self.folder),
            "steps": self.steps,
            "best_step": self.best_step,
            "minutes": round(self.minutes, 2),
            "held_out_loss": [round(loss, 6) if loss == loss else None for loss in self.held_out],
            "stopped_early": self.stopped_early,
            "learned_from": self.learned_from,
            "held_out": list(self.judged_by),
            "resumed_at": self.resumed_at,
        }
