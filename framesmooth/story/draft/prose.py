"""Drafts of plain text and of Markdown: a shot for each sentence, headings as titles."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from framesmooth.errors import UsageError
from framesmooth.story.draft.sentences import sentences
from framesmooth.story.draft.story_text import Draft, DraftShot
from framesmooth.story.draft.words import directions_of

_QUOTED: Final = re.compile(r"[“\"«„]([^“”\"«»„]{2,400})[”\"»“]")
_LONGEST_TITLE: Final = 60
_MARKS: Final = (
    (re.compile(r"<!--.*?-->", re.DOTALL), " "),
    (re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.DOTALL | re.MULTILINE), " "),
    (re.compile(r"!\[[^\]]*\]\([^)]*\)"), " "),
    (re.compile(r"\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"(\*\*|__|\*|`|~~)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<!\w)_(?=\S)(.+?)(?<=\S)_(?!\w)"), r"\1"),
)
_FRONT_MATTER: Final = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_LIST_ITEM: Final = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+(.*)$")


def draft_of_prose(text: str, *, markdown: bool = False) -> Draft:
    """Return the draft of a text.

    A sentence is a shot. What it says of the camera and the cut becomes keys of the shot. Prose without such
    directions is narrated: each sentence is spoken over its shot; with them only what is in quotes is.

    Raises:
        UsageError: a text without a sentence.
    """
    blocks = list(_markdown_blocks(text) if markdown else _blocks(text))
    directed = any(
        found.camera or found.transition
        for kind, block in blocks
        if kind == "text"
        for found in map(directions_of, sentences(block))
    )
    shots: list[DraftShot] = []
    title, transition = "", ""
    for kind, block in blocks:
        if kind == "title":
            title = block
            continue
        for sentence in sentences(block):
            shot = _shot(sentence, narrated=not directed)
            pending = shot.transition or transition
            if not shot.prompt:  # "Fade to black." is about the next shot
                transition = pending
                if shot.say and shots:
                    shots[-1] = replace(shots[-1], say=f"{shots[-1].say} {shot.say}".strip())
                if shot.camera and shots:
                    shots[-1] = replace(
                        shots[-1], camera=", ".join(filter(None, [shots[-1].camera, shot.camera]))
                    )
                continue
            shots.append(replace(shot, transition=pending if shots or "from" in pending else "", title=title))
            title, transition = "", ""
    if not shots:
        raise UsageError("the text holds no sentence that a shot could show: write what is to be seen")
    end = transition if transition.startswith("fade") and "from" not in transition else ""
    said = "each sentence is narrated" if not directed else "only what is in quotes is spoken"
    return Draft(shots=tuple(shots), end=end, notes=(f"{len(shots)} shots; {said}",)).with_light()


def _shot(sentence: str, *, narrated: bool) -> DraftShot:
    found = directions_of(_QUOTED.sub(" ", sentence))
    if not found.text and narrated:  # all of it is spoken
        found = directions_of(_QUOTED.sub(r"\1", sentence))
    return DraftShot(
        prompt=found.text,
        camera=found.camera,
        transition=found.transition,
        say=sentence.strip() if narrated else " ".join(_QUOTED.findall(sentence)),
    )


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield ("title" or "text", block) of plain text; a short first line without an end mark is a title."""
    paragraphs = [one.strip() for one in re.split(r"\n\s*\n", text.strip()) if one.strip()]
    for index, block in enumerate(paragraphs):
        is_title = index == 0 and len(paragraphs) > 1 and "\n" not in block
        is_title = is_title and len(block) <= _LONGEST_TITLE and block[-1] not in '.!?…:。！？"”'
        yield ("title" if is_title else "text"), block


def _markdown_blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield the same of Markdown: headings are titles, every item of a list is a paragraph of its own."""
    text = text.replace("\r\n", "\n")
    front = _FRONT_MATTER.match(text)
    if front:
        named = re.search(r"^title:\s*[\"']?(.+?)[\"']?\s*$", front[1], re.MULTILINE)
        if named:
            yield "title", named[1]
        text = text[front.end() :]
    for pattern, plain in _MARKS:
        text = pattern.sub(plain, text)
    paragraph: list[str] = []
    for line in [*text.splitlines(), ""]:
        heading = re.match(r"^#{1,6}\s+(.*?)\s*#*$", line)
        item = _LIST_ITEM.match(line)
        is_rule = re.fullmatch(r"\s*([-*_=]\s*){3,}", line) is not None
        if (heading or item or is_rule or not line.strip()) and paragraph:
            yield "text", " ".join(paragraph)
            paragraph = []
        if heading:
            yield "title", heading[1]
        elif item:
            paragraph = [item[1]]
        elif line.strip() and not is_rule:
            paragraph.append(re.sub(r"^\s*>\s?", "", line).strip())
