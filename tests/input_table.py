"""The page docs/inputs.md: what goes in and what happens, told by the tests that hold it.

A test that shows what happens with a kind of input is marked, itself or one of its parameter sets::

    @pytest.mark.input_table("Sound", "a track that starts late", "starts as late in the result")
    pytest.param("clip.ts", marks=pytest.mark.input_table("Containers", ".ts, .mts", "read with their sound"))

The three are plain strings: the section, what is given, what happens. ``python -m tests.input_table`` writes
the page anew.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

TESTS: Final = Path(__file__).parent
PAGE: Final = TESTS.parent / "docs" / "inputs.md"

SECTIONS: Final = (
    "Containers",
    "Streams",
    "Sound",
    "Timing",
    "Damaged files",
    "Colour",
    "Alpha",
    "Depth",
    "Interlace",
    "Rotation",
    "Animations",
    "Held frames and flashes",
    "Pictures",
    "Folders",
    "Prompts",
    "Deforum files",
    "Output",
)
"""The order in which sections come on the page."""

_HEAD: Final = """\
# What goes in, what happens

Every row is held by a test. Whatever is lost on the way is told in one line when it happens.
"""


class Row(NamedTuple):
    """One row of the table."""

    section: str
    given: str
    happens: str


def rows(folder: Path = TESTS) -> list[Row]:
    """Return the rows of all test files, in the order of the files and their lines, without repetition."""
    found = (row for path in sorted(folder.glob("**/test_*.py")) for row in _marks(path))
    return list(dict.fromkeys(found))


def _marks(path: Path) -> Iterator[Row]:
    text = path.read_text(encoding="utf-8")
    if "input_table" not in text:
        return
    tree = ast.parse(text)
    marks = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_mark(node.func)]
    for mark in sorted(marks, key=lambda node: (node.lineno, node.col_offset)):
        section, given, happens = (ast.literal_eval(argument) for argument in mark.args)
        yield Row(section, given, happens)


def _is_mark(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr == "input_table"


def page(found: list[Row]) -> str:
    """Return docs/inputs.md as it should be."""
    parts = [_HEAD]
    for section in SECTIONS:
        own = [row for row in found if row.section == section]
        if own:
            lines = [f"| {_cell(row.given)} | {_cell(row.happens)} |" for row in own]
            parts.append("\n".join([f"## {section}\n", "| Given | What happens |", "|---|---|", *lines, ""]))
    return "\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(rows()), encoding="utf-8")
