"""A batch that is denoised picture by picture, as if it were one."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from framesmooth.generation.embeddings import Conditioning
from framesmooth.generation.steps import StepCallback


def one_by_one(
    denoise: Callable[..., Tensor],
    latents: Tensor,
    conditioning: Conditioning,
    seeds: Sequence[int],
    on_step: StepCallback | None,
    **settings: Any,
) -> Tensor:
    """Denoise a batch picture by picture, and tell of each step once the last picture has done it."""
    states: dict[int, list[Tensor]] = {}

    def told(done: int, state: Tensor) -> None:
        states.setdefault(done, []).append(state.cpu())
        if on_step is not None and len(states[done]) == len(seeds):
            on_step(done, torch.cat(states.pop(done)))

    finals = [
        denoise(
            latents[index : index + 1],
            {name: value[index : index + 1] for name, value in conditioning.items()},
            [seed],
            on_step=told,
            **settings,
        )
        for index, seed in enumerate(seeds)
    ]
    return torch.cat(finals)
