"""What moves by itself around a subject, read from a prompt's words: water, weather, clouds, smoke, flames.

"a lighthouse by the sea, waves rolling" tells of water that moves; "a boat sailing on the lake in the rain"
implies moving water and falling rain. Clouds, fog, smoke and flames move only where words of motion say so.
English only.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["water", "snow", "rain", "fog", "clouds", "smoke", "fire"]

_WATER: Final = r"waves?|sea|ocean|water|waters|lake|river|stream|pond|surf|tide|bay|lagoon|harbou?r|canal"
_SNOW: Final = r"snow|snowflakes?|flakes"
_RAIN: Final = r"rain|raindrops?|drizzle"
_FOG: Final = r"fog|mist|haze"
_CLOUDS: Final = r"clouds?|(?:cloudy|stormy|overcast)\s+(?:sky|skies)"
_SMOKE: Final = r"smoke|steam"
_FIRE: Final = r"flames?|fire|campfire|bonfire|fireplace|candles?|torch(?:es)?|lanterns?"
_OTHER: Final = r"leaves|petals|stars|dust|sparks|grass|flags?|branches"
_MOVES: Final = {
    "water": r"roll|rippl|glitter|sparkl|shimmer|glisten|flow|crash|lapp?|splash|mov|surg|danc|rush",
    "snow": r"fall|drift|swirl|whirl|com|float|tumbl|blow",
    "rain": r"fall|pour|com|pelt|lash|drizzl",
    "fog": r"drift|roll|com|swirl|mov|billow|creep|pass|float|flow",
    "clouds": r"drift|pass|float|mov|roll|rac|sail|blow|glid|travel|rush",
    "smoke": r"ris|billow|curl|drift|com|pour|puff|mov|drift",
    "fire": r"flicker|burn|danc|blaz|crackl|mov",
    "other": r"drift|pass|float|ris|fall|mov|roll|swirl|billow|twinkl|flicker|burn|blow|sway|curl|rac",
}
_PACES: Final = {
    0.5: r"slowly|gently|softly|calmly|lightly",
    1.8: r"fast|quickly|heavily|wildly|hard|swiftly",
}
_PACE: Final = "|".join(_PACES.values())
_NOUNS: Final = {
    "water": _WATER,
    "snow": _SNOW,
    "rain": _RAIN,
    "fog": _FOG,
    "clouds": _CLOUDS,
    "smoke": _SMOKE,
    "fire": _FIRE,
    "other": _OTHER,
}
_LEFT: Final = re.compile(r"\bleft(?:wards?)?\b", re.IGNORECASE)
_LEFT_LATER: Final = re.compile(
    r"(?:(?!\b\w+ing\b)[^,])*?\b(?:(?:to|towards?) the left|leftwards?)\b", re.IGNORECASE
)
"""A way at the end of a clause, "over a castle to the left", that no other verb stands before."""


_ADJECTIVE: Final = r"\b(?!(?:of|with|and|under|in|over|as|while|from)\b)[\w'-]+"
_LINK: Final = r"(?:(?:that|which)\s+)?(?:is\s+|are\s+)?(?:\w+ing\s+and\s+)?"


def _clause(kind: str) -> str:
    """Return the pattern of a noun that moves: "soft snow falling gently", "gently falling snow"."""
    noun, verb = _NOUNS[kind], rf"(?:{_MOVES[kind]})(?:ing|s|es|e)?"
    pace = rf"(?:(?:{_PACE})\s+)?"
    after = (
        rf"(?:\s+(?:down|in|past|by|{_PACE}|(?:to(?:wards?)? the )?(?:left|right)(?:wards?)?|upwards?|up"
        r"|overhead|over (?:it|them)\b|(?:across|through|in) the (?:sky|skies|air)))*"
    )
    behind = rf"(?:the\s+)?(?:{_ADJECTIVE}\s+)?\b(?:{noun})\b\s+{_LINK}{pace}\b{verb}\b{after}"
    before = rf"{pace}\b(?:{_MOVES[kind]})ing\s+(?:{noun})\b"
    return rf"(?:{behind})|(?:{before})"


_SMOKING: Final = r"\bsmoking\s+chimneys?\b|\bchimneys?\s+(?:is\s+|are\s+)?smok(?:ing|es?)\b"
_LED_IN: Final = r"(?:^|,|\bwith\b|\band\b|\bwhile\b|\bas\b|\bunder\b|\bin\b|\bthrough\b)\s*"
_TOLD: Final[dict[str, re.Pattern[str]]] = {
    "water": re.compile(rf"(?:{_LED_IN})(?P<what>{_clause('water')})", re.IGNORECASE),
    "snow": re.compile(rf"(?P<what>{_clause('snow')}|(?:it(?:'s| is)\s+)?\bsnowing\b)", re.IGNORECASE),
    "rain": re.compile(
        rf"(?P<what>{_clause('rain')}|(?:it(?:'s| is)\s+)?\b(?:pouring\s+)?raining\b)", re.IGNORECASE
    ),
    "fog": re.compile(rf"(?P<what>{_clause('fog')})", re.IGNORECASE),
    "clouds": re.compile(rf"(?P<what>{_clause('clouds')})", re.IGNORECASE),
    "smoke": re.compile(rf"(?P<what>{_clause('smoke')}|{_SMOKING})", re.IGNORECASE),
    "fire": re.compile(rf"(?P<what>{_clause('fire')})", re.IGNORECASE),
}
# Leaves that fall at the start of a prompt are its subject.
_ASIDE: Final = re.compile(
    rf"(?:,|\bwith\b|\band\b|\bwhile\b|\bas\b)\s*(?P<what>{_clause('other')})", re.IGNORECASE
)
_IMPLIED: Final[dict[str, re.Pattern[str]]] = {
    "water": re.compile(
        rf"\b(?:on|in|over|above|across|by|through|at)\s+(?:[\w'-]+\s+){{0,3}}?(?:{_WATER})\b", re.IGNORECASE
    ),
    "snow": re.compile(r"\b(?:snowfall|snowstorm|blizzard)\b", re.IGNORECASE),
    "rain": re.compile(rf"\b(?:in|with|and)\s+(?:the\s+|heavy\s+)?(?:{_RAIN})\b|\brainy\b", re.IGNORECASE),
}


@dataclass(frozen=True)
class Ambient:
    """Something around the subject that moves by itself.

    Attributes:
        kind: what it is.
        noun: the word that names it in the prompt, lower case; "" for rain, snow and fog.
        pace: factor of its speed.
        way: "left" where the words say so, else "".
    """

    kind: Kind
    noun: str = ""
    pace: float = 1.0
    way: str = ""


def told_ambient(prompt: str) -> tuple[Ambient, ...]:
    """Return what moves by itself as a prompt says, in words of motion; each kind once."""
    found = ((kind, pattern.search(prompt)) for kind, pattern in _TOLD.items())
    return tuple(_ambient(kind, match["what"], prompt[match.end() :]) for kind, match in found if match)


def implied_ambient(prompt: str) -> tuple[Ambient, ...]:
    """Return what moves by itself where anything moves: what is told, and water and weather by name."""
    told = {one.kind: one for one in told_ambient(prompt)}
    for kind, pattern in _IMPLIED.items():
        match = pattern.search(prompt)
        if match and kind not in told:
            told[kind] = _ambient(kind, match.group())  # type: ignore[index]
    return tuple(told.values())


def stays_unmoved(prompts: Sequence[str]) -> tuple[str, ...]:
    """Return the clauses that tell of something, such as leaves or stars, that can't be moved by itself."""
    found = (match["what"].strip() for prompt in prompts for match in _ASIDE.finditer(prompt))
    return tuple(dict.fromkeys(found))


def ambient_blanked(prompt: str) -> str:
    """Return a prompt with spaces in place of such clauses, so that no subject moves by them: same length."""
    blanked = prompt
    for start, end in _spans(prompt):
        blanked = blanked[:start] + " " * (end - start) + blanked[end:]
    return blanked


def _spans(prompt: str) -> Iterator[tuple[int, int]]:
    for pattern in (*_TOLD.values(), _ASIDE):
        for match in pattern.finditer(prompt):
            yield match.span("what")


def _ambient(kind: str, words: str, after: str = "") -> Ambient:
    noun = ""
    if kind not in ("rain", "snow", "fog"):
        named = re.findall(rf"\b(?:{_NOUNS[kind]})\b", words, re.IGNORECASE)
        noun = named[-1].lower() if named else kind
    pace = next((factor for factor, each in _PACES.items() if re.search(rf"\b(?:{each})\b", words)), 1.0)
    left = _LEFT.search(words) or _LEFT_LATER.match(after)
    way = "left" if kind in ("clouds", "fog") and left else ""
    return Ambient(kind=kind, noun=noun, pace=pace, way=way)  # type: ignore[arg-type]
