"""A drafted story: its shots, and the YAML that is written of them."""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Final

from framesmooth.story.draft.words import light_of
from framesmooth.story.subtitles import reading_seconds, shortest_shot

_SHORTEST, _LONGEST = Fraction(3), Fraction(8)
"""Seconds of a shot that says nothing."""
_WIDTH: Final = 100


@dataclass(frozen=True, kw_only=True)
class DraftShot:
    """A shot as it is drafted; "" leaves a key out."""

    prompt: str
    camera: str = ""
    transition: str = ""
    title: str = ""
    say: str = ""
    asked_seconds: float = 0
    """How long it is to last, 0 for as long as its words ask for."""

    @property
    def seconds(self) -> float:
        """How long it lasts: for its words to be spoken, or else for its prompt to be read, in halves."""
        if self.asked_seconds:
            return self.asked_seconds
        words = shortest_shot(reading_seconds(self.say)) if self.say else Fraction(0)
        seen = Fraction(0) if self.say else min(_LONGEST, reading_seconds(self.prompt))
        halves = -(-max(words, seen, _SHORTEST) * 2 // 1)
        return float(halves / 2)

    def as_dict(self) -> dict[str, Any]:
        """Return the shot as the story has it."""
        keys = ("camera", "transition", "title", "say")
        given = {key: getattr(self, key) for key in keys if getattr(self, key)}
        seconds = int(self.seconds) if self.seconds == int(self.seconds) else self.seconds
        return {"prompt": self.prompt, "duration": seconds, **given}


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A drafted story.

    Attributes:
        shots: in order.
        end: how the film ends, "" for a cut.
        notes: what was left out or guessed, in sentences.
    """

    shots: tuple[DraftShot, ...]
    end: str = ""
    notes: tuple[str, ...] = field(default=())

    def with_light(self) -> "Draft":
        """Return the draft with the light of a shot in those after it that say none."""
        light, shots = "", []
        for shot in self.shots:
            own = light_of(shot.prompt)
            shots.append(shot if own or not light else replace(shot, prompt=f"{shot.prompt}, {light}"))
            light = own or light
        return replace(self, shots=tuple(shots))


def yaml_text(draft: Draft, source: str, output: str) -> str:
    """Return a draft as the text of a story file."""
    import yaml

    def dumped(content: Any) -> str:
        return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=_WIDTH))

    head = [
        f"# Drafted from {source}: look at each shot, then run",
        f"#   framesmooth storyboard {output} -o film.mp4 --preview",
        "# Other keys of a film: fps, size, style, music, voice, defaults; of a shot: caption, style, seed,",
        "# and every setting of 'framesmooth generate', such as steps or negative_prompt.",
    ]
    parts = ["\n".join(head) + "\n"]
    if draft.end:
        parts.append(dumped({"end": draft.end}))
    parts.append("shots:\n" + "\n".join(dumped([shot.as_dict()]) for shot in draft.shots))
    return "\n".join(parts)
