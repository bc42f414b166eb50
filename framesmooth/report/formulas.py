"""What each metric computes, in the words of its class."""

import inspect
from collections.abc import Iterable

from framesmooth.plugins import load, names


def formulas(metrics: Iterable[str]) -> dict[str, list[str]]:
    """Return the paragraphs of each metric's docstring by its name; names of no metric are left out."""
    known = set(names("metric"))
    return {name: _paragraphs(load("metric", name)) for name in metrics if name in known}


def _paragraphs(kind: type) -> list[str]:
    text = (inspect.getdoc(kind) or "").replace("``", "")
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n") if paragraph.strip()]
