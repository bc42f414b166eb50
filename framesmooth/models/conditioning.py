"""Prompts as embeddings, and the travel between two of them.

A conditioning is a dictionary from argument names of the pipeline's ``__call__`` (``prompt_embeds``,
``negative_prompt_embeds``, for some classes ``pooled_prompt_embeds``, ``prompt_attention_mask`` ...) to
float32 tensors of batch size 1, so the travel needs to know nothing of the pipeline's class. Masks say which
share of attention each token gets.
"""

import math
from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

Conditioning = dict[str, Tensor]

TOKENS: Final = frozenset({"prompt_embeds", "negative_prompt_embeds"})
"""Names of sequences of tokens, (B, n, d)."""


def interpolate_conditioning(start: Conditioning, end: Conditioning, mix: float) -> Conditioning:
    """Interpolate two conditionings token by token, keeping the length of every token's vector.

    A text encoder ends in a layer norm: its tokens are all near one sphere, and the mean of two of them lies
    inside it, which weakens the prompt halfway. So the direction is linear and the length is the
    interpolated length.

    Args:
        start: what mix = 0 gives, the same object.
        end: the same names and shapes; what mix = 1 gives.
        mix: in [0, 1].
    """
    if mix <= 0.0:
        return start
    if mix >= 1.0:
        return end
    start, end = of_one_length([start, end])
    return {
        name: torch.lerp(tokens, end[name], mix) if "mask" in name else _travel_tokens(tokens, end[name], mix)
        for name, tokens in start.items()
    }


def _travel_tokens(start: Tensor, end: Tensor, mix: float) -> Tensor:
    """Interpolate tensors (..., d) along their last axis."""
    mean = torch.lerp(start, end, mix)
    length = torch.lerp(_length(start), _length(end), mix)
    return mean * (length / _length(mean).clamp_min(torch.finfo(mean.dtype).tiny))


def _length(tokens: Tensor) -> Tensor:
    length: Tensor = torch.linalg.vector_norm(tokens, dim=-1, keepdim=True)
    return length


def stack(conditionings: Sequence[Conditioning]) -> Conditioning:
    """Return one conditioning with a batch of len(``conditionings``), in order."""
    same = of_one_length(conditionings)
    return {name: torch.cat([one[name] for one in same]) for name in same[0]}


def of_one_length(conditionings: Sequence[Conditioning]) -> list[Conditioning]:
    """Return conditionings of one shape: sequences of tokens are repeated until all are equally long.

    Attention over tokens that are all repeated equally often is the attention over them.
    """
    names = TOKENS & conditionings[0].keys()
    lengths = {name: {one[name].shape[1] for one in conditionings} for name in names}
    uneven = {name: math.lcm(*each) for name, each in lengths.items() if len(each) > 1}
    return [
        one | {name: one[name].repeat(1, length // one[name].shape[1], 1) for name, length in uneven.items()}
        for one in conditionings
    ]
