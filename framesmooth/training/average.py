"""A moving average of a network's weights."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


class Average(nn.Module):
    """Exponential moving average of a network's weights, a part that a checkpoint can hold."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        super().__init__()
        self.decay = decay
        self.shadow = nn.ParameterList(
            [nn.Parameter(p.detach().clone(), requires_grad=False) for p in model.parameters()]
        )

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Move the average towards the network; quickly at first."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.shadow), list(model.parameters()), 1 - decay)

    @torch.no_grad()
    def copy_to(self, model: nn.Module) -> None:
        """Write the averaged weights into a network."""
        for target, source in zip(model.parameters(), self.shadow, strict=True):
            target.copy_(source)

    @contextmanager
    @torch.no_grad()
    def shown(self, model: nn.Module) -> Iterator[None]:
        """Within, a network has the averaged weights; afterwards its own again."""
        own = [weight.detach().clone() for weight in model.parameters()]
        self.copy_to(model)
        try:
            yield
        finally:
            for target, source in zip(model.parameters(), own, strict=True):
                target.copy_(source)
