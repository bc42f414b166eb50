"""Drafts of screenplays in Fountain (fountain.io): scenes, action, dialogue, transitions."""

import re
from dataclasses import dataclass, field, replace
from typing import Final

from framesmooth.errors import UsageError
from framesmooth.story.draft.sentences import sentences
from framesmooth.story.draft.story_text import Draft, DraftShot
from framesmooth.story.draft.words import directions_of, light_of

_HEADING: Final = re.compile(r"^(?:INT\.?/EXT|INT/EXT|I/E|INT|EXT|EST)[. ]\s*(.+)$", re.IGNORECASE)
_CHARACTER: Final = re.compile(r"^@?[^a-z]*[A-Z][^a-z]*(?:\([^)]*\))?\s*\^?$")
_TRANSITION: Final = re.compile(r"^(?:[A-Z ]+TO:|FADE (?:IN|OUT)[:.]?|FADE TO (?:BLACK|WHITE)[:.]?)$")
_TITLE_KEY: Final = re.compile(r"^([A-Z][A-Za-z ]{0,30}):\s*(.*)$")
_TIMES: Final = re.compile(
    r"\s*[-–—]\s*(CONTINUOUS|LATER|MOMENTS LATER|SAME|SAME TIME|DAY)\s*$", re.IGNORECASE
)
_SHOT: Final = re.compile(r"^(?:CLOSE(?:[- ]UP)?(?: ON| OF)?|ANGLE ON|INSERT|POV)\b[\s:—–-]*", re.IGNORECASE)

_SHORT: Final = 40
"""Letters of a sentence that stays in the shot of the one before."""


def is_fountain(text: str) -> bool:
    """Tell whether a text looks like a screenplay: it has the heading of a scene on a line of its own."""
    return any(_is_heading(line.strip()) for line in text.splitlines()[:400])


def draft_of_fountain(text: str) -> Draft:
    """Return the draft of a screenplay: a shot for each paragraph of action, with the dialogue after it.

    Raises:
        UsageError: a screenplay without anything to see.
    """
    work = _Screenplay()
    plain = re.sub(r"/\*.*?\*/|\[\[.*?\]\]", "", text.replace("\r\n", "\n"), flags=re.DOTALL)
    lines = work.title_page(plain.split("\n"))
    blocks = re.split(r"\n\s*\n", "\n".join(lines).strip("\n"))
    for block in blocks:
        if block.strip():
            work.add([line.rstrip() for line in block.split("\n") if line.strip()])
    return work.draft()


def _is_heading(line: str) -> bool:
    forced = re.match(r"^\.[^.\s]", line) is not None
    return forced or (
        _HEADING.match(line) is not None and not line.endswith((".", "!", "?")) and len(line) < 120
    )


@dataclass
class _Screenplay:
    """What is read of a screenplay so far."""

    shots: list[DraftShot] = field(default_factory=list)
    place: str = ""
    light: str = ""
    title: str = ""
    transition: str = ""
    seen: bool = False
    """Whether the scene has a shot."""
    left_out: int = 0

    def title_page(self, lines: list[str]) -> list[str]:
        """Read the title page, and return the lines after it."""
        if not lines or not _TITLE_KEY.match(lines[0]) or _TRANSITION.match(lines[0].strip()):
            return lines
        end = next((index for index, line in enumerate(lines) if not line.strip()), len(lines))
        for index, line in enumerate(lines[:end]):
            found = _TITLE_KEY.match(line)
            if found and found[1].lower() == "title":
                named = found[2] or (lines[index + 1].strip() if index + 1 < end else "")
                self.title = _unmarked(named)
        return lines[end:]

    def add(self, lines: list[str]) -> None:
        """Read a block of lines between blank ones."""
        first = lines[0].strip()
        if first.startswith(("#", "=", "~")):
            self.left_out += 1
        elif first.startswith(">") and first.endswith("<"):
            self._close_scene()
            self.title = _unmarked(first.strip("<> "))
        elif first.startswith(">") or _TRANSITION.match(first):
            self._close_scene()
            self.place = ""
            self.transition = directions_of(first.lstrip("> ").rstrip(":.").lower()).transition or "cut"
            if lines[1:]:
                self.add(lines[1:])
        elif _is_heading(first):
            self._scene(first)
            if lines[1:]:
                self.add(lines[1:])
        elif len(lines) > 1 and _CHARACTER.match(first) and not first.startswith("!"):
            self._dialogue(lines[1:])
        else:
            self._action(" ".join(line.strip().lstrip("!") for line in lines))

    def _scene(self, line: str) -> None:
        self._close_scene()
        forced = line[1:] if line.startswith(".") else line
        found = _HEADING.match(forced)
        name = re.sub(r"\s*#[^#]+#$", "", found[1] if found else forced)
        inside = re.match(r"^(?:INT)\b(?!\.?/)", line, re.IGNORECASE) is not None
        self.light = light_of(name)
        plain = re.sub(r"\s*[-–—]\s*[^-–—]*$", "", name) if self.light else _TIMES.sub("", name)
        self.place = f"{'inside ' if inside else ''}{re.sub(r' +[-–—] +', ', ', plain.strip().lower())}"
        self.seen = False

    def _close_scene(self) -> None:
        """Give a scene without action a shot of its place."""
        if self.place and not self.seen:
            self._shot(DraftShot(prompt=""))

    def _action(self, text: str) -> None:
        for part in _paragraphs_of_action(text):
            found = directions_of(_SHOT.sub("close-up of ", _unmarked(part)))
            if found.camera and not found.text and self.seen:  # a sentence about the camera alone
                self.shots[-1] = replace(self.shots[-1], camera=found.camera)
            elif found.text or found.camera:
                self._shot(DraftShot(prompt=found.text, camera=found.camera, transition=found.transition))
            elif found.transition:
                self.transition = found.transition

    def _shot(self, shot: DraftShot) -> None:
        parts = [shot.prompt, self.place if self.place.lower() not in shot.prompt.lower() else "", self.light]
        if light_of(shot.prompt):
            parts[2] = ""
        transition = shot.transition or self.transition
        prompt = ", ".join(part for part in parts if part)
        if prompt:
            kept = transition if self.shots or "from" in transition else ""
            self.shots.append(replace(shot, prompt=prompt, transition=kept, title=self.title))
            self.title, self.transition, self.seen = "", "", True

    def _dialogue(self, lines: list[str]) -> None:
        spoken = [line for line in lines if not re.fullmatch(r"\s*\(.*\)\s*", line)]
        self.left_out += len(lines) - len(spoken)
        words = _unmarked(" ".join(line.strip() for line in spoken))
        if not words:
            return
        if not self.seen or (self.shots and self.shots[-1].say):
            previous = self.shots[-1].prompt if self.seen else ""
            if previous:
                self.shots.append(DraftShot(prompt=previous))
            else:
                self._shot(DraftShot(prompt="" if self.place else "a person speaks"))
        self.shots[-1] = replace(self.shots[-1], say=words)

    def draft(self) -> Draft:
        """Return what was read.

        Raises:
            UsageError: nothing to see.
        """
        self._close_scene()
        if not self.shots:
            raise UsageError(
                "the screenplay holds no action: write what is to be seen below a scene's heading"
            )
        notes = [f"{len(self.shots)} shots; dialogue is spoken"]
        if self.left_out:
            notes.append(f"{self.left_out} sections, synopses, lyrics and parentheses are left out")
        end = self.transition if self.transition.startswith("fade") and "from" not in self.transition else ""
        if self.title:
            self.shots[-1] = replace(self.shots[-1], title=self.shots[-1].title or self.title)
        return Draft(shots=tuple(self.shots), end=end, notes=tuple(notes))


def _paragraphs_of_action(text: str) -> list[str]:
    """Return action as shots: sentences, of which short ones stay with the one before."""
    parts: list[str] = []
    for sentence in sentences(text):
        found = directions_of(sentence)
        plain = not (found.camera or found.transition or _SHOT.match(sentence))
        if parts and len(sentence) < _SHORT and plain:
            parts[-1] = f"{parts[-1]} {sentence}"
        else:
            parts.append(sentence)
    return parts


def _unmarked(text: str) -> str:
    """Return a text without Fountain's marks of emphasis."""
    return re.sub(r"\*{1,3}|(?<!\w)_|_(?!\w)", "", text).strip()
