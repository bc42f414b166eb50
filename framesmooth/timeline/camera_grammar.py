"""The words of film for camera moves: which move, which way, how fast; and where a prompt has such words."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from framesmooth.errors import UsageError

SPEEDS: Final[Mapping[str, float]] = {"slow": 0.05, "normal": 0.12, "fast": 0.25}
"""Word -> share of the picture's width a second."""

FASTEST: Final = 2.0

_SPEED_WORDS: Final = {
    "slow": "slow slowly gentle gently subtle subtly slight slightly soft softly gradual gradually",
    "normal": "normal normally steady steadily smooth smoothly medium",
    "fast": "fast quick quickly rapid rapidly swift swiftly whip",
}
_SPEED_OF: Final = {word: name for name, words in _SPEED_WORDS.items() for word in words.split()}

_ACTION_WORDS: Final = {
    "pan": "pan pans panning panned",
    "tilt": "tilt tilts tilting",
    "truck": "truck trucks trucking track tracks tracking slide slides sliding strafe strafes",
    "crane": "crane cranes craning boom booms pedestal jib rise rises rising sink sinks sinking",
    "dolly": "dolly dollies dollying push pushes pushing pull pulls pulling move moves moving",
    "zoom": "zoom zooms zooming",
    "roll": "roll rolls rolling",
    "orbit": "orbit orbits orbiting arc arcs arcing circle circles circling",
    "handheld": "handheld hand-held shaky shake shakes shaking",
    "static": "static still locked locked-off fixed",
}
_ACTION_OF: Final = {word: name for name, words in _ACTION_WORDS.items() for word in words.split()}

_DIRECTION_WORDS: Final = {
    "left": "left leftward leftwards",
    "right": "right rightward rightwards",
    "up": "up upward upwards",
    "down": "down downward downwards",
    "in": "in into closer forward forwards towards toward inward",
    "out": "out back backward backwards away outward",
    "clockwise": "clockwise",
    "anticlockwise": "anticlockwise counterclockwise counter-clockwise",
}
_DIRECTION_OF: Final = {word: name for name, words in _DIRECTION_WORDS.items() for word in words.split()}

_IMPLIED: Final = {"rise": "up", "rises": "up", "rising": "up", "sink": "down", "sinks": "down"} | {
    word: direction
    for direction, words in (("in", "push pushes pushing"), ("out", "pull pulls pulling"))
    for word in words.split()
}
"""Direction of a word that needs none."""
_USUAL: Final = {"dolly": "in", "zoom": "in", "roll": "right", "orbit": "right"}

_MEANT: Final[dict[tuple[str, str], tuple[str, int]]] = {
    ("pan", "left"): ("pan", -1),
    ("pan", "right"): ("pan", 1),
    ("pan", "up"): ("tilt", 1),
    ("pan", "down"): ("tilt", -1),
    ("tilt", "up"): ("tilt", 1),
    ("tilt", "down"): ("tilt", -1),
    ("truck", "left"): ("truck", -1),
    ("truck", "right"): ("truck", 1),
    ("truck", "in"): ("dolly", 1),
    ("truck", "out"): ("dolly", -1),
    ("crane", "up"): ("crane", 1),
    ("crane", "down"): ("crane", -1),
    ("dolly", "in"): ("dolly", 1),
    ("dolly", "out"): ("dolly", -1),
    ("dolly", "left"): ("truck", -1),
    ("dolly", "right"): ("truck", 1),
    ("dolly", "up"): ("crane", 1),
    ("dolly", "down"): ("crane", -1),
    ("zoom", "in"): ("zoom", 1),
    ("zoom", "out"): ("zoom", -1),
    ("roll", "left"): ("roll", -1),
    ("roll", "right"): ("roll", 1),
    ("roll", "anticlockwise"): ("roll", -1),
    ("roll", "clockwise"): ("roll", 1),
    ("orbit", "left"): ("orbit", -1),
    ("orbit", "right"): ("orbit", 1),
    ("orbit", "clockwise"): ("orbit", -1),
    ("orbit", "anticlockwise"): ("orbit", 1),
}
"""(action, direction) -> (move, sign); many say "pan up" for a tilt, and "dolly left" for a truck."""

_FILLER_TEXT: Final = (
    "a about along an around at by camera for is it its of on remains scene shot speed stands stays subject "
    "the to very view with"
)
_FILLERS: Final = frozenset(_FILLER_TEXT.split())
_WORD: Final = re.compile(r"\d+(?:\.\d+)?\s*%|[^\W\d_]+(?:-[^\W\d_]+)*|\S")


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_SAID: Final = (
    rf"(?:(?:is|stays|stands|remains)\s+)?(?:(?:{_any(_SPEED_OF)})\s+)*(?:{_any(_ACTION_OF)})\b"
    rf"(?:\s+(?:to the |very )?(?:{_any((*_DIRECTION_OF, *_SPEED_OF))})\b)*"
)
_IN_PROMPT: Final = re.compile(
    rf"(?:^|[,.;]\s*|\s+(?:while|as|and)\s+|\s+)(?:the |a )?camera(?:\s*:)?\s+"
    rf"(?P<said>{_SAID}(?:\s*(?:,|,?\s*and|,?\s*then)\s+{_SAID})*)",
    re.IGNORECASE,
)
"""What a prompt says of the camera, with what joins it to the rest."""


@dataclass(frozen=True)
class CameraMove:
    """One move: its name, its sign (1 is right, up, in, clockwise), and its share of the width a second."""

    name: str
    sign: int
    speed: float


def read_camera_words(text: str) -> tuple[tuple[CameraMove, ...], ...]:
    """Return the moves that ``text`` names: those of each step happen at once, the steps one after another.

    Raises:
        UsageError: words that name no move.
    """
    steps = re.split(r"\bthen\b|;|→|->", text.lower())
    if not text.strip():
        raise UsageError("--camera is empty: say how it moves, as in 'slow pan left'")
    return tuple(tuple(_moves(step)) for step in steps if step.strip(" ,."))


def camera_words_in(prompt: str) -> str | None:
    """Return what a prompt says of the camera ("the camera pans right" -> "pans right"), None if nothing.

    Only what names the camera and a move that is known counts: "a camera on a table" doesn't.
    """
    found = [match["said"].strip() for match in _camera_phrases(_spaced(prompt))]
    return ", ".join(found) or None


def without_camera_words(prompt: str) -> str:
    """Return the prompt without what it says of the camera, as a model of pictures should read it."""
    kept, place, text = [], 0, _spaced(prompt)
    for match in _camera_phrases(text):
        kept.append(text[place : match.start()])
        place = match.end()
    if place == 0:
        return prompt
    left = "".join([*kept, text[place:]])
    return re.sub(r"\s+([,.;])", r"\1", left).strip(" ,;") or prompt


def _spaced(prompt: str) -> str:
    """Return a prompt with single spaces, on which expressions take no time; "" where no camera is in it."""
    return " ".join(prompt.split()) if "camera" in prompt.lower() else ""


def _camera_phrases(prompt: str) -> Iterator[re.Match[str]]:
    for match in _IN_PROMPT.finditer(prompt):
        try:
            read_camera_words(match["said"])
        except UsageError:
            continue
        yield match


def _moves(step: str) -> Iterator[CameraMove]:
    """Yield the moves of one step; a "static" camera makes none."""
    for phrase in re.split(r",|\band\b|\+|\bwhile\b", step):
        words = [word for word in _WORD.findall(phrase.replace("hand held", "handheld")) if word != "."]
        words = [word for word in words if word not in _FILLERS or word in _DIRECTION_OF]
        if words and (move := _move(words, phrase.strip())) is not None:
            yield move


def _move(words: Sequence[str], phrase: str) -> CameraMove | None:
    action, direction, speed, implied = "", "", SPEEDS["normal"], ""
    for word in (part for whole in words for part in _parts(whole)):
        if word in _ACTION_OF and not action:
            action, implied = _ACTION_OF[word], _IMPLIED.get(word, "")
        elif word in _DIRECTION_OF and not direction:
            direction = _DIRECTION_OF[word]
        elif word in _SPEED_OF:
            speed = SPEEDS[_SPEED_OF[word]]
        elif word.endswith("%") and len(word) > 1:
            speed = _percent(word)
        else:
            raise UsageError(_unknown(word, phrase))
    if not action:
        raise UsageError(f"camera: {phrase!r} names no move: give one of {', '.join(_ACTION_WORDS)}")
    if action == "static":
        return None
    if action == "handheld":
        return CameraMove(action, 1, speed)
    asked = direction or implied or _USUAL.get(action, "")
    if (action, asked) not in _MEANT:
        known = [name for name in _DIRECTION_WORDS if (action, name) in _MEANT]
        where = f"{action} {direction}" if direction else repr(phrase)
        raise UsageError(f"camera: {where} has no direction that is known: say {action} {' or '.join(known)}")
    name, sign = _MEANT[action, asked]
    return CameraMove(name, sign, speed)


def _parts(word: str) -> list[str]:
    """Return a word, or the words joined in it, as in AnimateDiff's zoom-in and rolling-clockwise."""
    known = word in _ACTION_OF or word in _DIRECTION_OF or word in _SPEED_OF
    return [word] if known or word.endswith("%") else word.split("-")


def _percent(word: str) -> float:
    share = float(word.rstrip("% ")) / 100
    if not 0 < share <= FASTEST:
        raise UsageError(f"camera: {word} is out of range: give more than 0% to {FASTEST:.0%} of the width")
    return share


def _unknown(word: str, phrase: str) -> str:
    known = [*_ACTION_OF, *_DIRECTION_OF, *_SPEED_OF]
    near = get_close_matches(word, known, n=1)
    advice = f"did you mean {near[0]}?" if near else f"known moves are {', '.join(_ACTION_WORDS)}"
    return f"camera: unknown word {word!r} in {phrase!r}: {advice}"
