"""Sentences of a text: abbreviations, initials, numbers, ellipses and quotes are no ends."""

import re
from collections.abc import Iterator
from typing import Final

_LISTED: Final = """
mr mrs ms mx dr prof st sr jr rev hon gen col capt lt sgt cmdr adm gov sen rep vs etc approx no nos vol fig ch
pp ed al ca cf e.g i.e a.m p.m u.s u.k ph.d inc ltd co corp dept est mt ft ave blvd rd jan feb mar apr jun
jul aug sep sept oct nov dec bzw usw z.b d.h nr str mme mlle
"""
_ABBREVIATIONS: Final = frozenset(_LISTED.split())
"""Words, in lower case and without the last point, after which a point ends no sentence."""
_MAY_END: Final = frozenset(["etc", "a.m", "p.m", "inc", "ltd", "co", "corp", "jr", "sr"])
"""Those after which a sentence may end all the same, if a capital follows."""
_CANDIDATE: Final = re.compile(
    r"""(?P<mark>[.!?…]+|[。！？]+)(?P<close>["'”’»)\]」』]*)(?P<space>\s+|(?=[^\s\x00-\x7f])|$)"""
)
_OPENERS: Final = "\"'“‘«([¿¡「『—-"


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a paragraph, each with its end mark; line breaks are spaces."""
    text = " ".join(text.split())
    start = 0
    for found in _CANDIDATE.finditer(text):
        if found.end() == len(text) or _ends(text, start, found):
            sentence = text[start : found.end("close")].strip()
            if sentence:
                yield sentence
            start = found.end()
    rest = text[start:].strip()
    if rest:
        yield rest


def _ends(text: str, start: int, found: re.Match[str]) -> bool:
    """Tell whether a mark ends a sentence."""
    mark, following = found["mark"], text[found.end() :].lstrip(_OPENERS)
    if mark[0] in "。！？":
        return True
    if not found["space"]:
        return False
    capital = following[:1].isupper() or following[:1].isdigit() or not following[:1].isascii()
    if mark in ("…", "...") or mark.startswith("..") or found["close"] or mark[0] in "!?":
        return capital
    word = re.search(r"[\w.]+$", text[start : found.start()])
    last = word[0].lower() if word else ""
    if last in _ABBREVIATIONS:
        return last in _MAY_END and following[:1].isupper()
    if word and re.fullmatch(r"(?:[A-Z]\.)*[A-Z]", word[0]):
        return (word[0] == "I" and word.start() > 0) or len(word[0]) > 3  # initials, as in J. R. R. Tolkien
    return capital
