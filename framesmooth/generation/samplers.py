"""Samplers (diffusers calls them schedulers) that begin in the middle of their steps, and at what."""

import copy
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


def state_at(scheduler: Any, latents: Tensor, noise: Tensor, *, first_step: int, steps: int) -> Tensor:
    """Return the sampler's state before step ``first_step`` of ``steps`` for finished ``latents``.

    That is the latents under as much of ``noise`` as there is at that step: where image-to-image begins
    (Meng et al. 2022, SDEdit). Both are float32 (B, C, h, w); at step 0 the state is the noise itself.
    """
    if first_step == 0:
        return noise
    scheduler = copy.deepcopy(scheduler)
    scheduler.set_timesteps(steps)
    start = first_step * int(scheduler.order)
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(start)
    timesteps = scheduler.timesteps[start : start + 1].expand(len(latents))
    if hasattr(scheduler, "scale_noise"):  # of flow matching
        return Tensor(scheduler.scale_noise(latents, timesteps, noise))
    return Tensor(scheduler.add_noise(latents, noise, timesteps))


class LastSteps:
    """A scheduler that, once its timesteps are set, hands out only those from ``first_step`` on.

    A pipeline's ``__call__`` then continues a sampling that was interrupted there. Multistep solvers start
    again at first order, as they do for image-to-image.
    """

    def __init__(self, scheduler: Any, first_step: int) -> None:
        self._scheduler = scheduler
        self._start = first_step * int(scheduler.order)

    def set_timesteps(self, *args: Any, **kwargs: Any) -> None:
        """Set the timesteps of the whole schedule and begin at the first step wanted."""
        self._scheduler.set_timesteps(*args, **kwargs)
        if hasattr(self._scheduler, "set_begin_index"):
            self._scheduler.set_begin_index(self._start)

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
