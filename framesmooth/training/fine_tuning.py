"""Fine-tuning a denoiser by layers added to it: steps, held-out part, best weights, an end in time."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from framesmooth.models.text_to_image import TextToImage
from framesmooth.training.average import Average
from framesmooth.training.lessons import Lessons, on_device
from framesmooth.training.networks import Objective
from framesmooth.training.precision import autocast
from framesmooth.training.prior import Prior
from framesmooth.training.session import Session

_CHECKS: Final = 16
"""Noises and times at which each held-out picture is judged, the same every time."""
_CLIP: Final = 1.0
"""Largest norm of a step's gradient."""
_AVERAGED: Final = 0.99
"""Share of the average of the weights that stays at each step: it looks back over a hundred."""
_LONGEST: Final = 600.0
"""Seconds that a step of a large denoiser may take on a CPU."""


class Trained(Protocol):
    """What is trained of a denoiser; as a part of a checkpoint it holds those weights alone.

    Attributes:
        stage: what the checkpoint is called.
    """

    stage: ClassVar[str]

    @property
    def weights(self) -> list[nn.Parameter]: ...  # noqa: D102

    def state_dict(self) -> dict[str, Tensor]: ...  # noqa: D102

    def load_state_dict(self, state: dict[str, Tensor]) -> None: ...  # noqa: D102

    def off(self) -> AbstractContextManager[None]:
        """Within, the denoiser is as it was before."""
        ...


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How it is trained.

    Attributes:
        minutes: after which it ends; None for no limit.
        steps: after which it ends; None for no limit.
        rate: the learning rate.
        batch: pictures, or clips, a step.
        dropout: share of captions that are left out.
        kept: share of the times, the noisiest, at which the denoiser stays as it is: layout and palette.
        checks: how often the held-out part is judged, evenly spread.
        patience: checks in a row without a better one, after which training ends; 0 for never.
        seed: of all chance.
    """

    minutes: float | None
    steps: int | None
    rate: float
    batch: int
    dropout: float
    kept: float
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
    adapter: Trained,
    lessons: Lessons,
    held_out: Lessons | None,
    plan: Plan,
    folder: Path,
    *,
    prior: Prior | None = None,
    key: str,
    anew: bool,
    advance: Callable[[int, float], None],
    on_check: Callable[[History], None],
) -> Outcome:
    """Train the layers, or go on with a training that was interrupted in ``folder``.

    Args:
        model: the base, on its device.
        objective: what its denoiser is trained on.
        adapter: the layers in it; in the end they have the best weights.
        lessons: what is learned from.
        held_out: what is not, None for nothing.
        plan: how.
        folder: of the checkpoint and the log.
        prior: what it is held to besides; None for nothing. Captions are then left out of it alone.
        key: what decides the result besides; a checkpoint of another key is not resumed.
        anew: whether to begin anew where there is one of another key.
        advance: is told steps done and progress, 0 to 1.
        on_check: is told of every check, the denoiser idle, with the average of the layers' weights.

    What is judged, kept and returned is that average.
    """
    network, device = objective.family.denoiser, model.device
    trained = nn.ParameterList(adapter.weights)
    average = Average(trained, _AVERAGED)
    optimizer = torch.optim.AdamW(adapter.weights, lr=plan.rate, weight_decay=1e-2)
    history = History()
    session = Session(
        folder,
        adapter.stage,
        plan.minutes,
        {adapter.stage: adapter, "average": average, "optimizer": optimizer, "history": history},
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
            with average.shown(trained):
                judged = held_out_loss(objective, held_out, device, plan.kept)
                history.add(session.step, session.loss, judged, adapter.state_dict())
            session.save()
            with average.shown(trained):
                on_check(history)
        early = session.progress < 1 and plan.patience > 0 and history.stale >= plan.patience
        if early or session.progress >= 1:
            break
        network.train()
        chance, rng = session.generator, session.rng
        dropout = plan.dropout if prior is None else 0.0
        optimizer.zero_grad()
        loss = _learned(objective, adapter, lessons, plan, dropout, rng, chance)
        loss.backward()  # type: ignore[no-untyped-call]
        if prior is not None:
            strayed = prior.weight * _strayed(objective, adapter, prior, device, rng, chance)
            strayed.backward()  # type: ignore[no-untyped-call]
        optimizer.param_groups[0]["lr"] = session.rate(plan.rate, warmup=warmup)
        torch.nn.utils.clip_grad_norm_(adapter.weights, _CLIP)
        optimizer.step()
        average.update(trained, session.step)
        session.tick(float(loss.detach()))
        advance(1, session.progress)
    network.eval()
    adapter.load_state_dict(history.best)
    return Outcome(history, session.step, session.spent / 60, early, resumed_at)


def _learned(
    objective: Objective,
    adapter: Trained,
    lessons: Lessons,
    plan: Plan,
    dropout: float,
    rng: np.random.Generator,
    chance: torch.Generator,
) -> Tensor:
    """Return the loss of a batch of what is learned; at the noisiest times the base says what is right."""
    network = objective.family.denoiser
    device = next(network.parameters()).device
    latents, meaning = lessons.batch(plan.batch, dropout, rng)
    with autocast(device):
        told = on_device(meaning, device, network.dtype)
        asked = objective.question(latents.to(device), chance)
        kept = asked.noisiness > 1 - plan.kept
        if bool(kept.any()):
            with adapter.off(), torch.no_grad():
                some = {name: one[kept] for name, one in told.items()}
                asked.target[kept] = objective.predict(asked.noisy[kept], asked.times[kept], some).float()
        return asked.missed(objective.predict(asked.noisy, asked.times, told)).mean()


def _strayed(
    objective: Objective,
    adapter: Trained,
    prior: Prior,
    device: torch.device,
    rng: np.random.Generator,
    chance: torch.Generator,
) -> Tensor:
    """Return how far what the denoiser says of prior pictures is from what it says without the layers."""
    latents, meaning = prior.lessons.batch(prior.batch, prior.dropout, rng)
    with autocast(device):
        told = on_device(meaning, device, objective.family.denoiser.dtype)
        asked = objective.question(latents.to(device), chance)
        with adapter.off(), torch.no_grad():
            before = objective.predict(asked.noisy, asked.times, told)
        after = objective.predict(asked.noisy, asked.times, told)
        return (after.float() - before.float()).square().mean()


def _is_due(history: History, session: Session, plan: Plan) -> bool:
    """Tell whether a check is to be made before the next step."""
    reached = int(session.progress * plan.checks + 1e-9)
    return reached > len(history.steps) and history.steps[-1:] != [session.step]


@torch.no_grad()
def held_out_loss(
    objective: Objective, held_out: Lessons | None, device: torch.device, kept: float = 0.0
) -> float:
    """Return the mean loss of pictures that are not learned from, at noise that never changes; or nan.

    Times at which the denoiser stays as it is, a share ``kept`` of them, do not count.
    """
    if held_out is None:
        return float("nan")
    losses = []
    for number, lesson in enumerate(held_out.lessons):
        chance = torch.Generator().manual_seed(number)
        shown = held_out.judged(lesson)
        asked = objective.question(shown.expand(_CHECKS, *shown.shape), chance)
        meaning = held_out.meanings[lesson.example.caption]
        missed = []
        for part in torch.split((asked.noisiness <= 1 - kept).nonzero().flatten(), objective.at_once):
            batch = {name: one.expand(len(part), *one.shape[1:]) for name, one in meaning.items()}
            some = asked.part(part).to(device)
            with autocast(device):
                told = on_device(batch, device, objective.family.denoiser.dtype)
                missed.append(some.missed(objective.predict(some.noisy, some.times, told)))
        losses.append(float(torch.cat(missed).mean()))
    return sum(losses) / len(losses)
