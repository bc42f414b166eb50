"""The formula of each metric, from its docstring."""

import inspect
import re
from collections.abc import Iterable
from typing import Final

from markupsafe import Markup, escape

from framesmooth.registry import load, names

_TYPESET: Final = (
    (r"-&gt;", "→"),
    (r"&gt;=", "≥"),
    (r"&lt;=", "≤"),
    (r"&lt;(.+?)&gt;", r"⟨\1⟩"),
    (r":class:`(\w+)`", r"\1"),
    (r"\bsqrt\(", "√("),
    (r"\bsigma\b", "σ"),
    (r"\bx 1000\b", "× 1000"),
    (r" - ", " − "),
    (r"\b(t|[a-z]|\d)-(\d)\b", r"\1−\2"),
    (r"\^(\d+)", r"<sup>\1</sup>"),
    # O_t, mean_M and R_(t+1), but no names such as luma_flicker
    (r"\b([A-Za-z]{1,4})_(?:\(([^()]*)\)|([A-Za-z0])(?![A-Za-z_]))", r"\1<sub>\2\3</sub>"),
)


def formulas(metrics: Iterable[str]) -> dict[str, list[Markup]]:
    """Return the paragraphs of each metric's docstring by its name, as HTML; other names are left out."""
    known = set(names("metric"))
    return {name: _paragraphs(load("metric", name)) for name in metrics if name in known}


def _paragraphs(kind: type) -> list[Markup]:
    text = (inspect.getdoc(kind) or "").replace("``", "")
    return [typeset(" ".join(paragraph.split())) for paragraph in text.split("\n\n") if paragraph.strip()]


def typeset(text: str) -> Markup:
    """Return plain text as HTML, with the formulas in it set as formulas: "R_(t+1)^2" with a subscript."""
    html = str(escape(text))
    for pattern, replacement in _TYPESET:
        html = re.sub(pattern, replacement, html)
    return Markup(html)
