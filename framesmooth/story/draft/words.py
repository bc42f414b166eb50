"""Words about the camera, the light and the cut, found in a sentence and taken out of it."""

import re
from dataclasses import dataclass
from typing import Final

_SPEED: Final = r"(?:very\s+)?(?:slow(?:ly)?|gentl[ey]|gently|fast|quick(?:ly)?|rapid(?:ly)?|swift(?:ly)?)"
_SIDE: Final = r"(?:to\s+the\s+)?(?:left|right)"
_VERTICAL: Final = r"(?:up(?:wards?)?|down(?:wards?)?)"
_INWARD: Final = r"(?:in(?:to)?|out|forwards?|backwards?|closer)"
_MOVES: Final = (
    ("pan", r"pan(?:s|ning|ned)?", _SIDE),
    ("tilt", r"tilt(?:s|ing|ed)?", _VERTICAL),
    ("truck", r"(?:truck|track)(?:s|ing|ed)?", _SIDE),
    ("crane", r"crane(?:s|d)?|craning|boom(?:s|ing|ed)?|pedestal(?:s|ing|ed)?", _VERTICAL),
    ("dolly", r"doll(?:y|ies|ying|ied)|push(?:es|ing|ed)?|pull(?:s|ing|ed)?", rf"{_INWARD}|back"),
    ("zoom", r"zoom(?:s|ing|ed)?", rf"{_INWARD}"),
    ("roll", r"roll(?:s|ing|ed)?", rf"{_SIDE}|clockwise|counter-?clockwise"),
    ("orbit", r"orbit(?:s|ing|ed)?|circl(?:es|ing|ed)|arc(?:s|ing|ed)?", rf"{_SIDE}"),
)
_INVENTED: Final = ("roll", "orbit")
"""Verbs that need "the camera" before them, as other things roll and circle, too."""
_TRANSITIONS: Final = (
    (r"match\s+cut(?:s)?(?:\s+to)?", "match"),
    (r"(?:smash|jump|hard)\s+cut(?:s)?(?:\s+to)?|cut(?:s)?\s+(?:back\s+)?to", "cut"),
    (r"(?:cross[- ]?)?dissolve(?:s)?(?:\s+(?:to|into))?|cross-?fade(?:s)?(?:\s+to)?", "dissolve 0.5"),
    (r"fade(?:s)?\s+(?:out\s+)?to\s+(?P<to>black|white)", "fade {to} 0.5"),
    (r"fade(?:s)?\s+(?:in|up)?\s*from\s+(?P<from>black|white)", "fade from {from} 0.5"),
    (r"fade(?:s)?\s+in(?:\s+(?:on|to))?", "fade from black 0.5"),
    (r"fade(?:s)?\s+out", "fade to black 0.5"),
    (r"wipe(?:s)?\s+(?:to\s+the\s+)?(?P<way>left|right|up|down)(?:\s+to)?", "wipe {way} 0.5"),
    (r"morph(?:s|ing)?\s+(?:to|into)", "morph 1"),
)
_LIGHT: Final = re.compile(
    r"\b(?:(?:at|in|by|under|during)\s+(?:the\s+)?)?(?:early\s+|late\s+|deep\s+|bright\s+|soft\s+)?"
    r"(dawn|sunrise|daybreak|morning|noon|midday|afternoon|golden\s+hour|sunset|dusk|twilight|evening|nightfall|"
    r"night|midnight|moonlight|starlight|candlelight|firelight|sunlight|daylight)\b",
    re.IGNORECASE,
)
_LEADING: Final = re.compile(
    r"^(?:and\s+then|and\s+now|then|now|next|meanwhile|later|finally|suddenly|we\s+see|we\s+open\s+on|we\s+are|"
    r"there\s+(?:is|are)|here\s+(?:is|are))\b[,:]?\s*",
    re.IGNORECASE,
)
_TRAILING: Final = re.compile(
    r"(?:[,;:\s]|\b(?:and|as|while|when|then|over|across|to|on|with)\b)+$", re.IGNORECASE
)
_HEADING: Final = re.compile(
    r"^(?:[,;:.\s—–-]|\b(?:and|as|while|then|over|across|to|on|into|of)\b\s)+", re.IGNORECASE
)


@dataclass(frozen=True)
class Directions:
    """What a sentence says of the making of a shot.

    Attributes:
        text: the sentence without it.
        camera: camera words, as "slow pan left"; "" for none.
        transition: into the shot, "" for none.
    """

    text: str
    camera: str = ""
    transition: str = ""


def directions_of(sentence: str) -> Directions:
    """Take what is about the camera and the cut out of a sentence."""
    text, transition = _without_transition(sentence.strip())
    text, camera = _without_camera(text)
    return Directions(text=tidied(text), camera=camera, transition=transition)


def light_of(text: str) -> str:
    """Return the light or the time of day of a text, as "at dawn"; "" where it says none."""
    found = list(_LIGHT.finditer(text))
    if not found:
        return ""
    word = " ".join(found[-1][1].lower().split())
    if word in ("morning", "afternoon", "evening"):
        return f"in the {word}"
    return f"in {word}" if word.endswith("light") and word != "twilight" else f"at {word}"


def tidied(text: str) -> str:
    """Return a sentence as a prompt: without its end mark and words that only join sentences."""
    text = " ".join(text.split()).strip(" \"“”'’")
    text = re.sub(r"\s+([,;.])", r"\1", text).rstrip(".!?…。！？ ")
    previous = None
    while previous != text:
        previous = text
        text = _TRAILING.sub("", _LEADING.sub("", _HEADING.sub("", text)))
    return text


def _without_transition(text: str) -> tuple[str, str]:
    for pattern, words in _TRANSITIONS:
        found = re.search(rf"\b(?:we\s+)?(?:{pattern})\b\s*[:.,—–-]*\s*", text, re.IGNORECASE)
        if found and (
            found.start() == 0 or text[: found.start()].rstrip().endswith((".", ",", ";", "—", "and"))
        ):
            given = {key: value.lower() for key, value in found.groupdict().items() if value}
            return f"{text[: found.start()]} {text[found.end() :]}", words.format(**given)
    return text, ""


def _without_camera(text: str) -> tuple[str, str]:
    """Return the text without camera moves, and these as words."""
    found_words: list[str] = []
    for name, verb, ways in _MOVES:
        camera = r"(?:(?:the\s+)?camera\s+|we\s+|a\s+)" + ("" if name in _INVENTED else "?")
        pattern = (
            rf"\b{camera}(?P<before>{_SPEED}\s+)?(?:{verb})\b(?:\s+(?P<after>{_SPEED}))?"
            rf"(?:\s+(?P<way>{ways})\b){'' if name not in ('orbit',) else '?'}"
            rf"(?:\s+(?P<last>{_SPEED})\b)?(?:\s+(?:shot|of|over|across|along|around|from|toward[s]?|on|to)\b)?"
        )
        found = re.search(pattern, text, re.IGNORECASE)
        if found:
            speed = _speed(found["before"] or found["after"] or found["last"] or "")
            way = _way(name, found["way"] or "", found[0].lower())
            found_words.append(" ".join(filter(None, [speed, name, way])))
            text = f"{text[: found.start()]} {text[found.end() :]}"
    for word in ("handheld", "static"):
        found = re.search(rf"\b(?:a\s+)?{word}(?:\s+(?:camera|shot)(?:\s+of)?)\b", text, re.IGNORECASE)
        if found:
            found_words.append(word)
            text = f"{text[: found.start()]} {text[found.end() :]}"
    return text, ", ".join(found_words)


def _speed(words: str) -> str:
    words = words.lower()
    if re.search(r"slow|gent", words):
        return "slow"
    return "fast" if words.strip() else ""


def _way(name: str, words: str, whole: str) -> str:
    words = words.lower().replace("to the ", "")
    if name == "dolly" and not re.search(r"doll", whole):
        return "out" if "pull" in whole else "in"
    table = {
        "into": "in",
        "forward": "in",
        "forwards": "in",
        "closer": "in",
        "back": "out",
        "backward": "out",
    }
    table |= {"backwards": "out", "upward": "up", "upwards": "up", "downward": "down", "downwards": "down"}
    return table.get(words, words)
