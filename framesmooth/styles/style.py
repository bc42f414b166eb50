"""A style: words around a prompt, what to avoid, and settings."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from framesmooth.errors import UsageError

_PLACE: Final = "{prompt}"


@dataclass(frozen=True, kw_only=True)
class Style:
    """A preset.

    Attributes:
        name: by which it is asked for.
        prompt: words that are added to a prompt, or a text with ``{prompt}`` in it.
        negative: what to avoid.
        settings: of ``generate`` and of stories, by their long option without dashes; the values as written.
        about: a line on it.
        source: the file that it is from, "" for those built in.
    """

    name: str
    prompt: str = ""
    negative: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    about: str = ""
    source: str = ""

    def words(self, prompt: str) -> str:
        """Return a prompt in this style."""
        return _with(self.prompt, prompt)

    def avoided(self, negative: str) -> str:
        """Return what to avoid, with what this style avoids."""
        return _with(self.negative, negative)


def _with(words: str, text: str) -> str:
    if _PLACE in words:
        placed = words.replace(_PLACE, text)
        return re.sub(r"(?:,\s*)+,", ",", placed).strip(" ,")
    return ", ".join(filter(None, (text.strip().rstrip(","), words.strip().strip(","))))


def find_styles(names: Iterable[str], known: Iterable[Style]) -> list[Style]:
    """Return the styles of these names, in their order; case doesn't matter, and the last of a name counts.

    Raises:
        UsageError: a name that none has.
    """
    by_name = {style.name.casefold(): style for style in known}
    found = []
    for name in names:
        style = by_name.get(name.strip().casefold())
        if style is None:
            near = get_close_matches(name.casefold(), by_name, n=1)
            advice = f"did you mean {by_name[near[0]].name}?" if near else "'framesmooth styles' lists them"
            raise UsageError(f"unknown style {name[:60]!r}: {advice}")
        found.append(style)
    return found


def stacked(styles: Iterable[Style]) -> dict[str, Any]:
    """Return the settings of several styles: of one that two give, the later one's; lists are joined."""
    found: dict[str, Any] = {}
    for style in styles:
        for name, value in style.settings.items():
            before = found.get(name)
            both = isinstance(before, list) and isinstance(value, list)
            found[name] = [*before, *value] if both else value  # type: ignore[misc]
    return found
