"""torch.compile for the networks of a pipeline: slow at first, then faster.

A network's ``forward`` is compiled, not its call: what is hooked onto the call from batch to batch stays
outside, and doesn't make it compile again.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch

from framesmooth.errors import ModelError
from framesmooth.models.deferred_imports import mark_for_compiler


def check_compiler(device: torch.device, backend: str = "inductor") -> None:
    """Compile a sum.

    Raises:
        ModelError: when there is no compiler for the device; on CPUs it needs one of C++, on GPUs Triton.
    """
    with _compile_errors(), torch.inference_mode():
        torch.compile(torch.add, backend=backend)(torch.zeros(2, device=device), torch.ones(2, device=device))


def compile_networks(networks: Iterable[Any], backend: str = "inductor") -> None:
    """Have networks compiled when they are first called, and once more for a batch of another size."""
    mark_for_compiler()
    for network in networks:
        network.forward = torch.compile(network.forward, backend=backend)


def compile_errors(*, compiled: bool) -> Any:
    """Return a context that turns what a compiler cannot do into a ModelError, where one is at work."""
    return _compile_errors() if compiled else nullcontext()


@contextmanager
def _compile_errors() -> Iterator[None]:
    from torch._dynamo.exc import TorchDynamoException

    try:
        yield
    except TorchDynamoException as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(
            f"torch.compile does not work here ({reason}): generate without --compile"
        ) from error
