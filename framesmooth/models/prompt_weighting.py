"""Prompt weighting: the weights of words applied to their embeddings.

A token's embedding is moved along the line from what the empty prompt has at that place: weight 1 leaves it,
0 removes the word's own meaning, more than 1 extrapolates in the same direction.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from framesmooth.models.prompt_weighting_spec import Span


def token_weights(spans: Sequence[Span], readers: Sequence[tuple[Any, int]], pipe: Any) -> Tensor:
    """Return the weights of all tokens, float32 (n,), 1 for padding.

    Args:
        spans: the prompt in order, each part with its weight.
        readers: the tokenizers, each with how many tokens it makes; n is the sum of these.
        pipe: the pipeline, which knows the words of textual inversions.
    """
    return torch.cat([_of_reader(spans, tokenizer, room, pipe) for tokenizer, room in readers])


def _of_reader(spans: Sequence[Span], tokenizer: Any, room: int, pipe: Any) -> Tensor:
    """Return the weights of the ``room`` tokens that one tokenizer makes of the spans, padding being 1."""
    if hasattr(pipe, "maybe_convert_prompt"):  # learned words of several vectors are written several times
        spans = [Span(pipe.maybe_convert_prompt(span.text, tokenizer), span.weight) for span in spans]
    of_letters = [span.weight for span in spans for _ in span.text]
    text = "".join(span.text for span in spans)
    read = tokenizer(text, truncation=True, max_length=room, return_offsets_mapping=True)
    weights = torch.ones(room)
    for index, (start, end) in enumerate(read["offset_mapping"]):
        if end > start:  # special tokens stand for no letters
            weights[index] = of_letters[end - 1]
    return weights


def weighted(embeds: Tensor, empty: Tensor, weights: Tensor) -> Tensor:
    """Return embeddings (1, n, d) with each token's distance from the ``empty`` prompt's times its weight.

    ``weights`` are those of the first tokens; what follows them stays as it is.
    """
    count = len(weights)
    moved = torch.lerp(empty[:, :count], embeds[:, :count], weights.to(embeds)[None, :, None])
    return torch.cat(
        [
            torch.where((weights == 1).to(embeds.device)[None, :, None], embeds[:, :count], moved),
            embeds[:, count:],
        ],
        dim=1,
    )
