"""Fine-tuning a denoiser by a LoRA: the steps, the held-out part, the best weights, an end in time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from framesmooth.models.text_to_image import TextToImage
from framesmooth.training.lessons import Lessons, on_device
from framesmooth.training.lora import Adapter
from framesmooth.training.networks import Objective
from framesmooth.training.precision import autocast
from framesmooth.training.session import Session

_CHECKS: Final = 16
"""Noises and times at which each held-out picture is judged, the same every time."""
_CLIP: Final = 1.0
"""Largest norm of a step's gradient."""
_LONGEST: Final = 600.0
"""Seconds that a step of a large denoiser may take on a CPU."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a LoRA is trained.

    Attributes:
        minutes: after which it ends; None for no limit.
        steps: after which it ends; None for no limit.
        rate: the learning rate.
        batch: pictures a step.
        dropout: share of captions that are left out.
        checks: how often the held-out part is judged, evenly spread.
        patience: checks in a row without a better one, after which training ends; 0 for never.
        seed: of all chance.
    """

    minutes: float | None
    steps: int | None
    rate: float
    batch: int
    dropout: float
    checks: int
    patience: int
    seed: int


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


def fine_tune(
    model: TextToImage,
    objective: Objective,
    adapter: Adapter,
    lessons: Lessons,
    held_out: Lessons | None,
    plan: Plan,
    folder: Path,
    *,
    key: str,
    anew: bool,
    advance: Callable[[int, float], None],
    on_check: Callable[[History], None],
) -> Outcome:
    """Train the LoRA, or go on with a training that was interrupted in ``folder``.

    Args:
        model: the base, on its device.
        objective: what its denoiser is trained on.
        adapter: the LoRA in it; in the end it has the best weights.
        lessons: what is learned from.
        held_out: what is not, None for nothing.
        plan: how.
        folder: of the checkpoint and the log.
        key: what decides the result besides; a checkpoint of another key is not resumed.
        anew: whether to begin anew where there is one of another key.
        advance: is told steps done and progress, 0 to 1.
        on_check: is told of every check, the denoiser idle.
    """
    network, device = objective.family.denoiser, model.device
    optimizer = torch.optim.AdamW(adapter.weights, lr=plan.rate, weight_decay=1e-2)
    history = History()
    session = Session(
        folder,
        "lora",
        plan.minutes,
        {"lora": adapter, "optimizer": optimizer, "history": history},
        steps=plan.steps,
        seed=plan.seed,
        key=key,
        anew=anew,
        save_seconds=60.0,
        log_steps=10,
        longest=_LONGEST,
    )
    resumed_at = session.step
    advance(session.step, session.progress)
    warmup = min(50, max((plan.steps or 500) // 10, 1))
    while True:
        if _is_due(history, session, plan):  # after an interruption too, if it came before the check
            network.eval()
            judged = held_out_loss(objective, held_out, device)
            history.add(session.step, session.loss, judged, adapter.state_dict())
            session.save()
            on_check(history)
        early = session.progress < 1 and plan.patience > 0 and history.stale >= plan.patience
        if early or session.progress >= 1:
            break
        latents, meaning = lessons.batch(plan.batch, plan.dropout, session.rng)
        network.train()
        with autocast(device):
            loss = objective.loss(
                latents.to(device), on_device(meaning, device, network.dtype), session.generator
            ).mean()
        optimizer.param_groups[0]["lr"] = session.rate(plan.rate, warmup=warmup)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(adapter.weights, _CLIP)
        optimizer.step()
        session.tick(float(loss.detach()))
        advance(1, session.progress)
    network.eval()
    adapter.load_state_dict(history.best)
    return Outcome(history, session.step, session.spent / 60, early, resumed_at)


def _is_due(history: History, session: Session, plan: Plan) -> bool:
    """Tell whether a check is to be made before the next step."""
    reached = int(session.progress * plan.checks + 1e-9)
    return reached > len(history.steps) and history.steps[-1:] != [session.step]


@torch.no_grad()
def held_out_loss(objective: Objective, held_out: Lessons | None, device: torch.device) -> float:
    """Return the mean loss of pictures that are not learned from, at noise that never changes; or nan."""
    if held_out is None:
        return float("nan")
    losses = []
    for number, lesson in enumerate(held_out.lessons):
        chance = torch.Generator().manual_seed(number)
        latents = lesson.latents.expand(_CHECKS, -1, -1, -1).to(device)
        meaning = held_out.meanings[lesson.example.caption]
        with autocast(device):
            batch = {name: one.expand(_CHECKS, *one.shape[1:]) for name, one in meaning.items()}
            batch = on_device(batch, device, objective.family.denoiser.dtype)
            losses.append(float(objective.loss(latents, batch, chance).mean()))
    return sum(losses) / len(losses)
