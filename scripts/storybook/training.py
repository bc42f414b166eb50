"""What training stages share: a clock, a checkpoint to resume from, a log, a learning rate."""

import json
import time
from pathlib import Path
from typing import Any

import torch

from framesmooth.models.devices import choose_dtype

LONGEST = 20.0  # seconds that a step can take; more is a pause from outside, which must cost no training


def autocast(device: torch.device) -> torch.autocast:
    """Mixed precision where the hardware multiplies bfloat16; elsewhere float32, which is faster there."""
    enabled = choose_dtype("auto", device) != torch.float32
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)


class Session:
    """One stage's clock and checkpoint: ``progress`` runs 0 → 1 over its minutes, across interruptions."""

    def __init__(self, folder: Path, stage: str, minutes: float, parts: dict[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path, self.log, self.stage = folder / f"{stage}.pt", folder / "log.jsonl", stage
        self.budget, self.parts, self.step, self.spent = minutes * 60, parts, 0, 0.0
        self.loss = 0.0
        if self.path.exists():
            state = torch.load(self.path, weights_only=True)
            for name, part in parts.items():
                part.load_state_dict(state["parts"][name])
            self.step, self.spent = state["step"], state["spent"]
        self._mark = self._saved = time.monotonic()

    @property
    def progress(self) -> float:
        """Share of the stage's time that is spent."""
        return min(self.spent / self.budget, 1.0) if self.budget > 0 else 1.0

    def rate(self, peak: float, warmup: int = 200, decay: float = 0.4) -> float:
        """Learning rate: linear warm-up, flat, then down to zero over the last ``decay`` of the time."""
        return peak * min((self.step + 1) / warmup, 1.0) * min((1 - self.progress) / decay, 1.0)

    def tick(self, loss: float, **more: float) -> bool:
        """Counts a step; logs and saves now and then; False when the time is over."""
        now = time.monotonic()
        self.spent += min(now - self._mark, LONGEST)
        self._mark, self.step = now, self.step + 1
        self.loss = loss if self.loss == 0 else 0.98 * self.loss + 0.02 * loss
        if self.step % 100 == 0:
            self.write(loss=round(self.loss, 5), **more)
        if now - self._saved > 120 or self.progress >= 1:
            self.save()
        return self.progress < 1

    def write(self, **values: Any) -> None:
        """Adds a line to log.jsonl and prints it."""
        line = json.dumps(
            {"stage": self.stage, "step": self.step, "minutes": round(self.spent / 60, 1), **values}
        )
        print(line, flush=True)
        with self.log.open("a") as log:
            log.write(line + "\n")

    def save(self) -> None:
        """Writes the checkpoint, whole or not at all."""
        partial = self.path.with_suffix(".partial")
        parts = {name: part.state_dict() for name, part in self.parts.items()}
        torch.save({"parts": parts, "step": self.step, "spent": self.spent}, partial)
        partial.rename(self.path)
        self._saved = time.monotonic()


class Average(torch.nn.Module):
    """Exponential moving average of a model's weights."""

    def __init__(self, model: torch.nn.Module, decay: float) -> None:
        super().__init__()
        self.decay = decay
        self.shadow = torch.nn.ParameterList(
            [torch.nn.Parameter(p.detach().clone(), requires_grad=False) for p in model.parameters()]
        )

    @torch.no_grad()
    def update(self, model: torch.nn.Module, step: int) -> None:
        """Moves the average towards the model; quickly at first."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.shadow), list(model.parameters()), 1 - decay)

    @torch.no_grad()
    def copy_to(self, model: torch.nn.Module) -> None:
        """Writes the averaged weights into a model."""
        for target, source in zip(model.parameters(), self.shadow, strict=True):
            target.copy_(source)
