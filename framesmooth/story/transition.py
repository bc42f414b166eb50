"""The transition into a shot, as a word and a time: "dissolve 0.5", "fade black 1", "wipe left 0.5"."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from typing import Final, Literal

from framesmooth.errors import UsageError
from framesmooth.video.reading import BLACK, Color, color_name, parse_color
from framesmooth.video.xfade import XFADES

Kind = Literal["cut", "match", "dissolve", "fade", "fade in", "fade out", "dip", "wipe", "morph", "xfade"]

DIRECTIONS: Final = ("left", "right", "up", "down")
"""Where the edge of a wipe moves to."""
LONGEST: Final = 10
"""Seconds of a transition."""
_USUAL_SECONDS: Final = Fraction(1, 2)
_WHITE: Final[Color] = (255, 255, 255)
_NUMBER: Final = re.compile(r"(?P<seconds>\d{1,6}(\.\d{1,6})?|\.\d{1,6})\s*(s|sec|seconds?)?")
_INSTANT: Final = ("cut", "match")
_OVERLAPPING: Final = ("dissolve", "wipe", "xfade", "morph")
_WORDS: Final = ("cut", "match", "dissolve", "fade", "dip", "wipe", "morph")


@dataclass(frozen=True, kw_only=True)
class Transition:
    """How a shot begins.

    Attributes:
        kind: "cut"; "match" starts the shot from the last frame of the one before; "dissolve" and "wipe" show
            both shots; "fade" goes to a colour in ``seconds`` and comes from it in as many, "fade out" and
            "fade in" are one of the two, and "dip" is both within ``seconds``; "morph" travels from the last
            frames of one shot to the first of the next through the model's latents; "xfade" is any transition
            of FFmpeg's filter of that name.
        seconds: how long it takes.
        color: of a fade or a dip.
        name: the direction of a wipe, or the name of an xfade.
    """

    kind: Kind = "cut"
    seconds: Fraction = Fraction(0)
    color: Color = BLACK
    name: str = ""

    @property
    def overlaps(self) -> bool:
        """Whether frames of both shots are needed at the same time."""
        return self.kind in _OVERLAPPING

    def __str__(self) -> str:
        color = color_name(self.color) if self.kind.startswith(("fade", "dip")) else ""
        words = {"xfade": [self.name], "wipe": ["wipe", self.name], "fade in": ["fade", "from", color]}
        words["fade out"] = ["fade", "to", color]
        chosen = words.get(self.kind, [self.kind, *([color] if color else [])])
        return " ".join([*chosen, *([f"{float(self.seconds):g}"] if self.seconds else [])])


CUT: Final = Transition()


def parse_transition(text: str) -> Transition:
    """Read a transition, as "dissolve 0.5", "fade from white 1", "dip black", "wipe left 0.4", "circleopen".

    Raises:
        UsageError: an unknown word, with the nearest one, or a time that is none.
    """
    words = text.lower().replace(",", " ").replace("-", " ").split()
    if not words:
        raise UsageError("a transition is empty: write cut, or 'dissolve 0.5'")
    words, seconds = _without_time(words)
    head, rest = words[0] if words else "", words[1:]
    if head in ("cross", "crossfade", "crossdissolve"):
        head, rest = "dissolve", [word for word in rest if word not in ("dissolve", "fade")]
    if head == "smash" and rest[:1] == ["cut"]:
        head, rest = "cut", rest[1:]
    if head in _INSTANT:
        if rest[:1] == ["cut"]:
            rest = rest[1:]
        if rest or seconds:
            raise UsageError(f"{text!r}: a {head} takes no time: write {head}")
        return Transition(kind="match" if head == "match" else "cut")
    seconds = _USUAL_SECONDS if seconds is None else seconds
    if not 0 < seconds <= LONGEST:
        raise UsageError(f"{text!r}: a transition takes more than 0 and at most {LONGEST} seconds")
    if head in ("dissolve", "morph") and not rest:
        return Transition(kind="dissolve" if head == "dissolve" else "morph", seconds=seconds)
    if head in ("fade", "dip"):
        return _fade(text, head, rest, seconds)
    if head == "wipe":
        if len(rest) != 1 or rest[0] not in DIRECTIONS:
            raise UsageError(f"{text!r}: write where the wipe goes: wipe left, right, up or down")
        return Transition(kind="wipe", seconds=seconds, name=rest[0])
    name = "".join(words)
    if name in XFADES:
        return Transition(kind="xfade", seconds=seconds, name=name)
    near = get_close_matches(head, [*_WORDS, *XFADES], n=1)
    advice = f"did you mean {near[0]}?" if near else f"write one of {', '.join(_WORDS)}, or FFmpeg's xfades"
    raise UsageError(f"{text[:60]!r} is no transition: {advice}")


def _without_time(words: list[str]) -> tuple[list[str], Fraction | None]:
    """Return the words without the seconds at their end, and those."""
    for count in (2, 1):
        found = _NUMBER.fullmatch(" ".join(words[-count:])) if len(words) >= count else None
        if found:
            return words[:-count], Fraction(found["seconds"])
    return words, None


def _fade(text: str, head: str, rest: list[str], seconds: Fraction) -> Transition:
    kind: Kind = "dip" if head == "dip" else "fade"
    if rest and rest[0] in ("to", "out", "from", "in") and head == "fade":
        kind = "fade out" if rest[0] in ("to", "out") else "fade in"
    words = [word for word in rest if word not in ("to", "out", "from", "in", "through")]
    if len(words) > 1:
        raise UsageError(f"{text!r}: write a colour and a time, as in '{head} black 0.5'")
    color = parse_color(words[0]) if words else _WHITE if head == "dip" else BLACK
    return Transition(kind=kind, seconds=seconds, color=color)
