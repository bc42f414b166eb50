"""A stage of training: its clock, its checkpoint to resume from, its log, its learning rate."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from framesmooth.errors import ModelError, UsageError
from framesmooth.video.atomic import atomic_path, remove_leftovers

LONGEST: Final = 20.0
"""Seconds that a step can take; more is a pause from outside, which must cost no training."""
_SAVE_SECONDS: Final = 120.0
_LOG_STEPS: Final = 100
_SMOOTHING: Final = 0.98


class Session:
    """One stage's clock and checkpoint: ``progress`` runs from 0 to 1 across interruptions.

    A checkpoint is written whole or not at all, and between steps only. A stage that is limited by its steps
    and draws its chance from ``rng`` and ``generator`` thus ends in the same weights however often it was
    killed; one limited by minutes does as many steps as there was time for.

    Attributes:
        step: steps done.
        spent: seconds of training.
        loss: smoothed over about 50 steps.
        resumed: whether a checkpoint was there.
    """

    def __init__(
        self,
        folder: Path,
        stage: str,
        minutes: float | None,
        parts: Mapping[str, Any],
        *,
        steps: int | None = None,
        seed: int = 0,
        key: str = "",
        anew: bool = False,
        save_seconds: float = _SAVE_SECONDS,
        log_steps: int = _LOG_STEPS,
        longest: float = LONGEST,
        say: Callable[[str], None] | None = None,
    ) -> None:
        """Begin, or go on from the checkpoint ``folder``/``stage``.pt.

        Args:
            folder: of checkpoints and log.jsonl; it is made.
            stage: name of the checkpoint.
            minutes: after which the stage ends; None for no limit.
            parts: what a checkpoint holds: everything with ``state_dict`` and ``load_state_dict``.
            steps: after which it ends; None for no limit.
            seed: of the chance in training.
            key: what decides the result besides the parts; a checkpoint of another key is not resumed.
            anew: whether to begin anew where there is a checkpoint of another key.
            save_seconds: between checkpoints.
            log_steps: between lines of the log.
            longest: seconds that a step can take; what is beyond is taken for a pause.
            say: is told each line of the log.

        Raises:
            UsageError: neither minutes nor steps, or a checkpoint of another key.
            ModelError: a checkpoint that cannot be read.
        """
        if minutes is None and steps is None:
            raise UsageError("a training without an end: give minutes or steps")
        folder.mkdir(parents=True, exist_ok=True)
        self.path, self.log, self.stage = folder / f"{stage}.pt", folder / "log.jsonl", stage
        self.budget, self.steps = None if minutes is None else minutes * 60, steps
        self.parts, self.seed, self.key, self.say = dict(parts), seed, key, say
        self.step, self.spent, self.loss, self.resumed = 0, 0.0, 0.0, False
        self._save_seconds, self._log_steps, self._longest = save_seconds, log_steps, longest
        if self.path.exists():
            self._load(anew)
        self._mark = self._saved = time.monotonic()

    def _load(self, anew: bool) -> None:
        try:
            state = torch.load(self.path, weights_only=True, map_location="cpu")
        except Exception as error:  # torch, pickle and zipfile have many kinds
            raise ModelError(f"{self.path} cannot be read: remove it to train anew") from error
        if state.get("key", "") != self.key:
            if anew:
                return
            raise UsageError(
                f"{self.path.parent} holds a training with other settings or data: give those again, or "
                "another output, or --overwrite to begin anew"
            )
        for name, part in self.parts.items():
            part.load_state_dict(state["parts"][name])
        self.step, self.spent, self.loss = state["step"], state["spent"], state.get("loss", 0.0)
        self.resumed = True

    @property
    def progress(self) -> float:
        """Share of the stage that is done, by its steps or its time, whichever ends first."""
        by_time = by_steps = 0.0
        if self.budget is not None:
            by_time = self.spent / self.budget if self.budget > 0 else 1.0
        if self.steps is not None:
            by_steps = self.step / self.steps if self.steps > 0 else 1.0
        return min(max(by_time, by_steps), 1.0)

    @property
    def rng(self) -> np.random.Generator:
        """NumPy's chance of the step to come: the same after an interruption."""
        return np.random.default_rng([self.seed, self.step])

    @property
    def generator(self) -> torch.Generator:
        """PyTorch's chance of the step to come, on the CPU: the same after an interruption."""
        drawn = int(np.random.default_rng([self.seed, self.step, 1]).integers(2**63))
        return torch.Generator().manual_seed(drawn)

    def rate(self, peak: float, warmup: int = 200, decay: float = 0.4) -> float:
        """Return the learning rate: linear warm-up, flat, then down to zero over the last ``decay``."""
        return peak * min((self.step + 1) / warmup, 1.0) * min((1 - self.progress) / decay, 1.0)

    def tick(self, loss: float, **more: float) -> bool:
        """Count a step; log and save now and then; return False when the stage is over.

        Raises:
            ModelError: a loss that is no number; the last checkpoint stays as it is.
        """
        if not np.isfinite(loss):
            raise ModelError(
                f"training diverged at step {self.step} (the loss is {loss}): lower the learning rate"
            )
        now = time.monotonic()
        self.spent += min(now - self._mark, self._longest)
        self._mark, self.step = now, self.step + 1
        self.loss = loss if self.loss == 0 else _SMOOTHING * self.loss + (1 - _SMOOTHING) * loss
        if self.step % self._log_steps == 0:
            self.write(loss=round(self.loss, 5), **more)
        if now - self._saved > self._save_seconds or self.progress >= 1:
            self.save()
        return self.progress < 1

    def write(self, **values: Any) -> None:
        """Add a line to log.jsonl, and say it."""
        line = json.dumps(
            {"stage": self.stage, "step": self.step, "minutes": round(self.spent / 60, 1), **values}
        )
        if self.say is not None:
            self.say(line)
        with self.log.open("a", encoding="utf-8") as log:
            log.write(line + "\n")

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        parts = {name: part.state_dict() for name, part in self.parts.items()}
        remove_leftovers(self.path)
        with atomic_path(self.path) as partial:
            torch.save(
                {
                    "parts": parts,
                    "step": self.step,
                    "spent": self.spent,
                    "loss": self.loss,
                    "key": self.key,
                },
                partial,
            )
        self._saved = time.monotonic()
