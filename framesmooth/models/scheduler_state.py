"""Schedulers that start in the middle of their steps, and the latents they start from."""

import copy
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final

from torch import Tensor

_NOT_RESTARTABLE: Final = (
    "PNDMScheduler",
    "IPNDMScheduler",
    "LMSDiscreteScheduler",
    "DPMSolverSDEScheduler",
)
"""Linear multistep methods that need their first steps, and one whose noise is new at every start."""


def restartable(scheduler: Any) -> Any:
    """Return ``scheduler`` if it can begin at any step, else DPM-Solver++ 2M with its noise schedule."""
    if type(scheduler).__name__ not in _NOT_RESTARTABLE:
        return scheduler
    from diffusers import DPMSolverMultistepScheduler

    return DPMSolverMultistepScheduler.from_config(scheduler.config)


def state_at(
    scheduler: Any, latents: Tensor, noise: Tensor, *, first_step: int, timesteps: Mapping[str, Any]
) -> Tensor:
    """Return the sampler's state before step ``first_step`` for finished ``latents``.

    That is the latents under as much of ``noise`` as there is at that step: where image-to-image begins
    (Meng et al. 2022, SDEdit). Both are float32 (B, C, h, w); at step 0 the state is the noise itself.
    ``timesteps`` are the arguments of the scheduler's ``set_timesteps``.
    """
    if first_step == 0:
        return noise
    scheduler = copy.deepcopy(scheduler)
    scheduler.set_timesteps(**timesteps)
    start = first_step * int(scheduler.order)
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(start)
    at = scheduler.timesteps[start : start + 1].expand(len(latents))
    if hasattr(scheduler, "scale_noise"):  # of flow matching
        return Tensor(scheduler.scale_noise(latents, at, noise))
    return Tensor(scheduler.add_noise(latents, noise, at))


def accept_changes(scheduler: Any) -> None:
    """Let ``scheduler`` go on from latents that were changed after a step.

    UniPC's corrector works out each state again from the one before, which would undo the change.
    """
    if hasattr(scheduler, "disable_corrector"):
        scheduler.disable_corrector = list(range(scheduler.config.num_train_timesteps))


def shift_of(scheduler: Any, tokens: int, *, max_shift: float) -> float:
    """Return how far timesteps are shifted towards noise for an image of so many tokens, as diffusers does.

    ``max_shift`` is the pipeline's default for a scheduler without one.
    """
    from diffusers.pipelines.flux.pipeline_flux import calculate_shift

    config = scheduler.config
    return float(
        calculate_shift(
            tokens,
            config.get("base_image_seq_len", 256),
            config.get("max_image_seq_len", 4096),
            config.get("base_shift", 0.5),
            config.get("max_shift", max_shift),
        )
    )


class LastSteps:
    """A scheduler that, once its timesteps are set, hands out only those from ``first_step`` on.

    A pipeline's ``__call__`` then continues a sampling that was interrupted there. Multistep solvers start
    again at first order, as they do for image-to-image.
    """

    def __init__(self, scheduler: Any, first_step: int) -> None:
        self._scheduler = scheduler
        self._start = first_step * int(scheduler.order)
        self.set_timesteps = self._setter()
        if hasattr(scheduler, "set_begin_index"):
            self.set_begin_index = self._set_begin_index

    def _setter(self) -> Callable[..., None]:
        """Return ``set_timesteps``; its signature is the scheduler's, for pipelines ask what it takes."""

        @wraps(self._scheduler.set_timesteps)
        def set_timesteps(*args: Any, **kwargs: Any) -> None:
            self._scheduler.set_timesteps(*args, **kwargs)
            if hasattr(self._scheduler, "set_begin_index"):
                self._scheduler.set_begin_index(self._start)

        return set_timesteps

    def _set_begin_index(self, index: int = 0) -> None:
        """Begin at an index of the timesteps that are left."""
        self._scheduler.set_begin_index(self._start + index)

    @property
    def timesteps(self) -> Tensor:
        """The timesteps that are left."""
        timesteps: Tensor = self._scheduler.timesteps[self._start :]
        return timesteps

    @property
    def init_noise_sigma(self) -> float:
        """The scale of the latents handed in, as a factor."""
        return 1.0  # the pipeline multiplies its latents by this, and these are scaled already

    def __getattr__(self, name: str) -> Any:
        return getattr(self._scheduler, name)
