"""Cross-frame attention: every image of a batch attends to a shared anchor frame.

A network's self-attention compares the parts of an image with each other. In place of its own, every
image gets the keys and values of the anchor, a frame that is denoised along with the batch, so that what is
in both takes the same form (Khachatryan et al. 2023, Text2Video-Zero). The anchor attends to itself, so it is
the same frame in every batch, and so is every other one.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from framesmooth.models.conditioning import Conditioning, stack

_SELF_ATTENTION: Final = "attn1"


@dataclass(frozen=True)
class Anchor:
    """The frame that all others attend to.

    Attributes:
        latents: float32 (C, h, w), the sampler's state where the others begin.
        conditioning: batch size 1.
        seed: for schedulers that draw noise at every step.
    """

    latents: Tensor
    conditioning: Conditioning
    seed: int

    def before(
        self, latents: Tensor, conditioning: Conditioning, seeds: Sequence[int]
    ) -> tuple[Tensor, Conditioning, list[int]]:
        """Return a batch (B + 1, C, h, w) with the anchor first, its conditioning and seeds."""
        singles = [
            {name: value[index : index + 1] for name, value in conditioning.items()}
            for index in range(len(latents))
        ]
        return (
            torch.cat([self.latents[None], latents]),
            stack([self.conditioning, *singles]),
            [self.seed, *seeds],
        )


def self_attentions(network: Any) -> list[Any]:
    """Return the layers of a network that attend within an image."""
    return [layer for name, layer in network.named_modules() if name.endswith(f".{_SELF_ATTENTION}")]


@contextmanager
def attending_to_first(network: Any, images: int) -> Iterator[None]:
    """Let all images of a batch attend to the first of ``images`` alone, while the block runs.

    The network may see the batch twice, for the negative prompt and for the prompt itself.
    """

    def look_at_first(_layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        hidden = args[0] if args else kwargs["hidden_states"]
        if kwargs.get("encoder_hidden_states") is not None:
            return args, kwargs
        first = hidden[::images].repeat_interleave(images, dim=0)
        return args, kwargs | {"encoder_hidden_states": first}

    with ExitStack() as hooks:
        for layer in self_attentions(network):
            hooks.callback(layer.register_forward_pre_hook(look_at_first, with_kwargs=True).remove)
        yield
