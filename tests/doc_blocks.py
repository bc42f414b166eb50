"""The code blocks of README.md and docs/: found, and read as commands."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HOME: Final = Path(__file__).parent.parent
PAGES: Final = (
    HOME / "README.md",
    *sorted(path for path in (HOME / "docs").rglob("*.md") if "generated" not in path.parts),
)
CODE: Final = ("bash", "python", "yaml", "toml")
"""Languages of blocks that are run, or say why not."""
OTHER: Final = ("text", "json", "{toctree}", "{include}", "{list-table}")
"""Everything else that a fence may hold: output, data, directives of the site."""

_FENCE: Final = re.compile(
    r"^(?P<fence>`{3,}|:{3,})(?P<language>\S*)[^\n]*\n(?P<text>.*?)^(?P=fence)\s*$", re.M | re.S
)
_NOT_RUN: Final = re.compile(r"<!-- not run: (?P<reason>[^>]+?) -->\s*\Z")
_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]*=")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        page: where it is.
        line: of its first line of content, from 1.
        language: what follows the fence.
        text: its content.
        reason: why it is not run, "" where it is.
    """

    page: Path
    line: int
    language: str
    text: str
    reason: str

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"{self.page.relative_to(HOME)}:{self.line}"


@dataclass(frozen=True)
class Command:
    """A line of a shell: its variables and its words."""

    variables: dict[str, str]
    words: list[str]


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    return list(_blocks(page, text))


def _blocks(page: Path, text: str) -> Iterator[Block]:
    for match in _FENCE.finditer(text):
        reason = _NOT_RUN.search(text[: match.start()])
        yield Block(
            page=page,
            line=text.count("\n", 0, match.start("text")) + 1,
            language=match["language"],
            text=match["text"],
            reason=reason["reason"] if reason else "",
        )


def commands(text: str) -> list[Command]:
    """Read the lines of a shell; a backslash at the end of one continues it."""
    lines = text.replace("\\\n", " ").splitlines()
    return [_command(words) for line in lines if (words := shlex.split(line, comments=True))]


def _command(words: list[str]) -> Command:
    variables = {}
    while words and _VARIABLE.match(words[0]):
        name, _, value = words[0].partition("=")
        variables[name] = value
        words = words[1:]
    return Command(variables, words)


def examples(page: Path) -> list[list[str]]:
    """Return the words of every ``framesmooth`` command on a page: not run, or in a pipe, too."""
    found: list[list[str]] = []
    for block in blocks(page):
        for each in commands(block.text) if block.language == "bash" else ():
            found.append([])
            for word in each.words:
                found.append([]) if word == "|" else found[-1].append(word)
    return [words for words in found if words[:1] == ["framesmooth"]]
