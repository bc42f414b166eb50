"""Weights of words in a prompt, in the spelling of AUTOMATIC1111's web interface. Nothing here imports torch.

``(word)`` is 1.1 times as strong, ``[word]`` 1.1 times weaker, ``(word:1.3)`` 1.3 times as strong; brackets
nest and multiply; ``\\(`` and ``\\[`` are plain brackets.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any, Final

from framesmooth.errors import UsageError

_STEP: Final = 1.1
_MOST: Final = 10.0
_PIECE: Final = re.compile(
    r"\\(?P<escaped>[()\[\]\\:|])"
    r"|:\s*(?P<weight>[+-]?(?:\d+\.?\d*|\.\d+))\s*\)"
    r"|(?P<bracket>[()\[\]])"
    r"|(?P<text>[^\\()\[\]:]+|[\\:])"
)
ADDED_NETWORK: Final = re.compile(
    r"<\s*(?:lora|lyco|lycoris|hypernet)\s*:\s*(?P<name>[^:<>]+?)\s*(?::\s*(?P<weight>[^<>]*?)\s*)?>",
    re.IGNORECASE,
)
"""How other tools name a LoRA within a prompt: ``<lora:name:0.8>``."""
MATH_WEIGHT: Final = re.compile(r"`([^`]*)`")
"""How Deforum writes a weight that changes in time: ``(fluffy:`0.5+0.5*sin(t/10)`)``."""
_PAIRS: Final = {")": "(", "]": "["}


@dataclass(frozen=True)
class Span:
    """A part of a prompt as the text encoder reads it, and its weight."""

    text: str
    weight: float = 1.0


@dataclass(frozen=True)
class _Open:
    """A bracket that isn't closed yet."""

    sign: str
    column: int
    first: int
    """Index of the first span inside."""


def parse_weights(prompt: str) -> tuple[Span, ...]:
    """Return the spans of ``prompt``, in order; joined they are the prompt without its weights.

    Raises:
        UsageError: a bracket without its other one, a weight beyond ±10, [from:to:when], which changes a
            prompt from step to step, a weight as a formula, or a LoRA, which has its own option.
    """
    _refuse_foreign(prompt)
    spans: list[Span] = []
    opened: list[_Open] = []
    for match in _PIECE.finditer(prompt):
        bracket, column = match["bracket"], match.start() + 1
        if match["weight"] is not None and opened and opened[-1].sign == "(":
            _close(spans, opened.pop(), _weight(match["weight"], prompt, column))
        elif match["weight"] is not None:
            raise _unpaired(")", match.end(), prompt)
        elif bracket is None:
            spans.append(Span(match["escaped"] or match["text"]))
        elif bracket in "([":
            opened.append(_Open(bracket, column, len(spans)))
        elif not opened or opened[-1].sign != _PAIRS[bracket]:
            raise _unpaired(bracket, column, prompt)
        else:
            start = opened.pop()
            if bracket == "]":
                _refuse_editing(prompt[start.column : match.start()], start.column)
            _close(spans, start, _STEP if bracket == ")" else 1 / _STEP)
    if opened:
        raise _unpaired(opened[-1].sign, opened[-1].column, prompt)
    return _stripped(_joined(spans))


def plain(prompt: str) -> str:
    """Return ``prompt`` as the text encoder reads it."""
    return "".join(span.text for span in parse_weights(prompt))


def words_without_room(prompt: str, tokenizer: Any, room: int) -> str:
    """Return the words at the end of ``prompt`` beyond ``room`` tokens, "" if all fit.

    Args:
        prompt: with weights or without.
        tokenizer: of transformers; its special tokens take room, too.
        room: the most tokens that the text encoder reads.
    """
    words = plain(prompt).split()

    def fits(count: int) -> bool:
        return len(tokenizer(" ".join(words[:count]), truncation=False).input_ids) <= room

    if fits(len(words)):
        return ""
    kept = bisect_right(range(len(words)), False, key=lambda count: not fits(count)) - 1
    return " ".join(words[max(kept, 0) :])


def _close(spans: list[Span], start: _Open, weight: float) -> None:
    spans[start.first :] = [Span(span.text, span.weight * weight) for span in spans[start.first :]]


def _weight(text: str, prompt: str, column: int) -> float:
    weight = float(text)
    if abs(weight) > _MOST:
        raise UsageError(
            f"{prompt!r}, column {column}: a weight of {text} is beyond {_MOST:g}; plain brackets are \\( \\)"
        )
    return weight


def _refuse_editing(inside: str, column: int) -> None:
    if re.search(r"(?<!\\)[:|]", inside):
        raise UsageError(
            f"'[{inside}]', column {column}: prompts that change from step to step are not supported; write "
            "(word:0.8) for a weight, and give prompts their frames for changes in time"
        )


def escaped(text: str) -> str:
    """Return ``text`` with its brackets as plain ones."""
    return re.sub(r"(?<!\\)([()\[\]])", r"\\\1", text)


def _refuse_foreign(prompt: str) -> None:
    """Refuse spellings of other tools that would be read as words."""
    if network := ADDED_NETWORK.search(prompt):
        weight = f":{network['weight']}" if network["weight"] else ""
        raise UsageError(
            f"{network[0]!r}, column {network.start() + 1}: a prompt loads no LoRA: take it out and give "
            f"--lora {network['name']}.safetensors{weight}"
        )
    if formula := MATH_WEIGHT.search(prompt):
        raise UsageError(
            f"{formula[0]!r}, column {formula.start() + 1}: a weight is one number here: give prompts with "
            "their frames, as in '0: a (fluffy:0.5) cat | 24: a (fluffy:1.5) cat', and it travels between"
        )


def _unpaired(sign: str, column: int, prompt: str) -> UsageError:
    return UsageError(f"{prompt!r}, column {column}: unmatched '{sign}'; escape a literal one as \\{sign}")


def _joined(spans: list[Span]) -> list[Span]:
    """Return the spans with neighbours of equal weight made one."""
    joined: list[Span] = []
    for span in spans:
        if joined and joined[-1].weight == span.weight:
            joined[-1] = Span(joined[-1].text + span.text, span.weight)
        else:
            joined.append(span)
    return joined


def _stripped(spans: list[Span]) -> tuple[Span, ...]:
    """Return the spans without space at both ends of them all."""
    while spans and not spans[0].text.strip():
        spans = spans[1:]
    while spans and not spans[-1].text.strip():
        spans = spans[:-1]
    if spans:
        spans[0] = Span(spans[0].text.lstrip(), spans[0].weight)
        spans[-1] = Span(spans[-1].text.rstrip(), spans[-1].weight)
    return tuple(spans)
