"""Forward hooks that convert the inputs and outputs of a network, whatever pipeline calls it."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor


def sample_in_float32(denoiser: Any) -> None:
    """Let the sampler pass float32 latents to a network of another dtype and get float32 back."""

    def from_network(_module: Any, _args: Any, output: tuple[Any, ...]) -> tuple[Any, ...]:
        return (output[0].to(torch.float32), *output[1:])

    take_any_dtype(denoiser)
    denoiser.register_forward_hook(from_network)


def take_any_dtype(network: Any) -> None:
    """Let a network be called with tensors of another floating dtype than its own."""

    def to_network(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        dtype = module.dtype  # goes through all modules

        def cast(value: Any) -> Any:
            sample = isinstance(value, Tensor) and value.is_floating_point() and value.ndim > 1
            return value.to(dtype) if sample else value

        return tuple(map(cast, args)), {name: cast(value) for name, value in kwargs.items()}

    network.register_forward_pre_hook(to_network, with_kwargs=True)


@contextmanager
def as_many_as_samples(networks: Iterable[Any]) -> Iterator[None]:
    """Let networks take conditions for twice their samples, of which the second half counts.

    While a pipeline guides it holds every condition twice, for the negative prompt and for the prompt itself.
    When guidance ends it halves the samples, but not all of the conditions.
    """

    def halve(_module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        samples = len(args[0] if args else kwargs["hidden_states"])

        def half(value: Tensor) -> Tensor:
            return value[samples:] if value.ndim > 0 and len(value) == 2 * samples else value

        return args, every_tensor(half, kwargs)

    with ExitStack() as hooks:
        for network in networks:
            hooks.callback(network.register_forward_pre_hook(halve, with_kwargs=True).remove)
        yield


def every_tensor(change: Callable[[Tensor], Tensor], value: Any) -> Any:
    """Return ``value`` with every tensor in it changed, also inside lists, tuples and dictionaries."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, dict):
        return {name: every_tensor(change, one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(every_tensor(change, one) for one in value)
    return value
