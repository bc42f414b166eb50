"""Where lines of text may end, and lines of even length.

A small part of the Unicode line breaking algorithm (UAX 14): at spaces, after hyphens and dashes, and between
characters of Chinese, Japanese and Korean, but never before closing punctuation or small kana, nor after an
opening bracket (kinsoku). A word that is wider than the line is broken anywhere.
"""

from collections.abc import Callable, Iterator
from typing import Final

Width = Callable[[str], float]
"""Returns how wide a text is, in any unit."""

_NEVER_FIRST: Final = frozenset(
    "、。，．・：；？！ー々ゝゞヽヾ」』】）〕〉》〗〙］｝”’…‥ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.!?:;)]}%"
)
_NEVER_LAST: Final = frozenset("「『【（〔〈《〖〘［｛“‘([{$£¥€")
_BREAKS_AFTER: Final = frozenset("-‐–—/")
_IDEOGRAPHS: Final = (
    (0x2E80, 0x303F), (0x3040, 0x30FF), (0x3100, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
    (0xAC00, 0xD7AF), (0xF900, 0xFAFF), (0xFF00, 0xFFEF), (0x20000, 0x3FFFF),
)  # fmt: skip


def broken(text: str, width: Width, room: float) -> list[str]:
    """Return the text in as few lines no wider than ``room`` as it takes, of lengths as even as they can be.

    Line breaks in the text are kept.
    """
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        parts = [part for unit in _units(paragraph) for part in _fitting(unit, width, room)]
        lines += _even(parts, width, room)
    return lines


def _even(parts: list[tuple[str, str]], width: Width, room: float) -> list[str]:
    """Return the lines of the narrowest room in which there are no more of them than in ``room``."""
    fewest = _greedy(parts, width, room)
    if len(fewest) < 2:
        return fewest
    low, high = room / len(fewest), room
    for _ in range(12):
        middle = (low + high) / 2
        tried = _greedy(parts, width, middle)
        fits = len(tried) <= len(fewest) and all(width(line) <= middle for line in tried)
        low, high = (low, middle) if fits else (middle, high)
    return _greedy(parts, width, high)


def _greedy(parts: list[tuple[str, str]], width: Width, room: float) -> list[str]:
    lines, line, glue = list[str](), "", ""
    for part, after in parts:
        longer = f"{line}{glue}{part}"
        if line and width(longer) > room:
            lines.append(line)
            line = part
        else:
            line = longer
        glue = after
    return [*lines, line]


def _fitting(unit: tuple[str, str], width: Width, room: float) -> Iterator[tuple[str, str]]:
    """Yield a unit, or the parts of one that is wider than a line."""
    text, glue = unit
    if width(text) <= room:
        yield unit
        return
    part = ""
    for character in text:
        if part and width(part + character) > room:
            yield part, ""
            part = ""
        part += character
    yield part, glue


def _units(text: str) -> Iterator[tuple[str, str]]:
    """Yield (what stays together, what stands between it and the next on the same line)."""
    unit, spaced = "", False
    for character in text:
        if character in " \t\u3000":
            spaced = bool(unit)
            continue
        if unit and spaced:
            yield unit, " "
            unit, spaced = "", False
        elif unit and _may_break(unit[-1], character):
            yield unit, ""
            unit = ""
        unit += character
    if unit:
        yield unit, ""


def _may_break(before: str, after: str) -> bool:
    if after in _NEVER_FIRST or before in _NEVER_LAST:
        return False
    if before in _BREAKS_AFTER:
        return not after.isdigit()
    return _is_ideograph(before) or _is_ideograph(after)


def _is_ideograph(character: str) -> bool:
    code = ord(character)
    return any(first <= code <= last for first, last in _IDEOGRAPHS)
