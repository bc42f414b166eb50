"""Fine-tuning a denoiser by layers added to it: steps, held-out part, best weights, an end in time."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from framesmooth.models.text_to_image import TextToImage
from framesmooth.training.average import Average
from framesmooth.training.history import History, Outcome
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
    training = _Training(
        objective, adapter, lessons, held_out, plan, prior, model.device, folder=folder, key=key, anew=anew
    )
    session, history = training.session, training.history
    resumed_at = session.step
    advance(session.step, session.progress)
    while True:
        if _is_due(history, session, plan):  # after an interruption too, if it came before the check
            training.check()
            session.save()
            with training.averaged():
                on_check(history)
        early = session.progress < 1 and plan.patience > 0 and history.stale >= plan.patience
        if early or session.progress >= 1:
            break
        training.step()
        advance(1, session.progress)
    training.end()
    return Outcome(history, session.step, session.spent / 60, early, resumed_at)


class _Training:
    """A training and where it stands: its weights, their average, the optimizer, and the checks so far."""

    def __init__(
        self,
        objective: Objective,
        adapter: Trained,
        lessons: Lessons,
        held_out: Lessons | None,
        plan: Plan,
        prior: Prior | None,
        device: torch.device,
        *,
        folder: Path,
        key: str,
        anew: bool,
    ) -> None:
        self._objective, self._adapter, self._plan, self._prior = objective, adapter, plan, prior
        self._lessons, self._held_out, self._device = lessons, held_out, device
        self._trained = nn.ParameterList(adapter.weights)
        self._average = Average(self._trained, _AVERAGED)
        self._optimizer = torch.optim.AdamW(adapter.weights, lr=plan.rate, weight_decay=1e-2)
        self._warmup = min(50, max((plan.steps or 500) // 10, 1))
        self.history = History()
        self.session = Session(
            folder,
            adapter.stage,
            plan.minutes,
            {
                adapter.stage: adapter,
                "average": self._average,
                "optimizer": self._optimizer,
                "history": self.history,
            },
            steps=plan.steps,
            seed=plan.seed,
            key=key,
            anew=anew,
            save_seconds=60.0,
            log_steps=10,
            longest=_LONGEST,
        )

    def averaged(self) -> AbstractContextManager[None]:
        """Within, the layers have the average of their weights."""
        return self._average.shown(self._trained)

    def check(self) -> None:
        """Judge the average by the held-out part, and keep it if it is the best so far."""
        self._objective.family.denoiser.eval()
        with self.averaged():
            judged = held_out_loss(self._objective, self._held_out, self._device, self._plan.kept)
            self.history.add(self.session.step, self.session.loss, judged, self._adapter.state_dict())

    def step(self) -> None:
        """Learn from one batch."""
        self._objective.family.denoiser.train()
        self._optimizer.zero_grad()
        loss = self._gradients()
        self._optimizer.param_groups[0]["lr"] = self.session.rate(self._plan.rate, warmup=self._warmup)
        torch.nn.utils.clip_grad_norm_(self._adapter.weights, _CLIP)
        self._optimizer.step()
        self._average.update(self._trained, self.session.step)
        self.session.tick(loss)

    def _gradients(self) -> float:
        """Add the gradients of a batch, and of one of the prior, to the weights; return the batch's loss."""
        chance, rng, prior = self.session.generator, self.session.rng, self._prior
        dropout = self._plan.dropout if prior is None else 0.0
        loss = _learned(self._objective, self._adapter, self._lessons, self._plan, dropout, rng, chance)
        loss.backward()  # type: ignore[no-untyped-call]
        if prior is not None:
            strayed = _strayed(self._objective, self._adapter, prior, self._device, rng, chance)
            (prior.weight * strayed).backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    def end(self) -> None:
        """Give the layers the best weights."""
        self._objective.family.denoiser.eval()
        self._adapter.load_state_dict(self.history.best)


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
