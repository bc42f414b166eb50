"""Prompts that are longer than a text encoder reads at once, in chunks whose embeddings follow each other.

CLIP reads 77 tokens. AUTOMATIC1111's web interface made it usual to encode a longer prompt in pieces of 75,
each with a start and an end, and to let the denoiser attend to all of them.
"""

import re
from collections.abc import Sequence
from typing import Any

from framesmooth.models.prompt_weighting_spec import Span

_WORD = re.compile(r"\S+\s*|\s+")


def chunks_of(spans: Sequence[Span], tokenizer: Any, room: int, pipe: Any) -> list[tuple[Span, ...]]:
    """Cut a prompt into chunks that the text encoder reads whole, between words.

    Args:
        spans: the prompt in order, each part with its weight.
        tokenizer: of the text encoder.
        room: tokens that it reads at once, with the special ones.
        pipe: the pipeline, which knows the words of textual inversions.

    Returns:
        At least one chunk; a word that is longer than one has a chunk of its own, and is cut there.
    """
    if _tokens("".join(span.text for span in spans), tokenizer, pipe) <= room:
        return [tuple(spans)]
    chunks: list[list[Span]] = [[]]
    for span in spans:
        for word in _WORD.findall(span.text) or [span.text]:
            text = "".join(part.text for part in chunks[-1]) + word
            if chunks[-1] and _tokens(text, tokenizer, pipe) > room:
                chunks.append([])
                word = word.lstrip()
            chunks[-1].append(Span(word, span.weight))
    return [_joined(chunk) for chunk in chunks]


def _tokens(text: str, tokenizer: Any, pipe: Any) -> int:
    """Return how many tokens a text takes, with the special ones."""
    if hasattr(pipe, "maybe_convert_prompt"):
        text = pipe.maybe_convert_prompt(text, tokenizer)
    return len(tokenizer(text, truncation=False).input_ids)


def _joined(chunk: Sequence[Span]) -> tuple[Span, ...]:
    """Join neighbours of one weight."""
    joined: list[Span] = []
    for span in chunk:
        if joined and joined[-1].weight == span.weight:
            joined[-1] = Span(joined[-1].text + span.text, span.weight)
        else:
            joined.append(span)
    return tuple(joined)
