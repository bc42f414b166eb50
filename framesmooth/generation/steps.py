"""Counting a pipeline's iterations as steps, and ending guidance among them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

StepCallback = Callable[[int, Tensor], None]
"""Is told (number of steps done in all, latents after it)."""


@dataclass
class Steps:
    """A pipeline's callback: counts its iterations as steps, and ends guidance after ``guided`` of them."""

    first: int
    total: int
    guided: int | None
    """None where guidance doesn't end."""
    on_step: StepCallback | None

    def __post_init__(self) -> None:
        self.done = self.first

    def __call__(self, pipe: Any, iterations: int, latents: Tensor) -> None:
        """Count ``iterations`` done, and tell of the latents after them."""
        before, left = self.done, self.total - self.first
        self.done = self.first + min(left, iterations * left // len(pipe.scheduler.timesteps))
        if self.done > before and self.on_step is not None:
            self.on_step(self.done, latents)
        if self.guided is not None and before < self.guided <= self.done:
            pipe._guidance_scale = 0.0  # how diffusers' guide to callbacks ends guidance
