"""Sections of the docs that scripts write."""

import re
from collections.abc import Sequence
from pathlib import Path


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def replace_section(path: Path, name: str, text: str) -> None:
    """Put ``text`` between ``<!-- begin NAME -->`` and ``<!-- end NAME -->`` of a file, or at its end.

    Everything outside of the markers stays as it is; a file that isn't there is made.
    """
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    section = f"{begin}\n{text.strip()}\n{end}"
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    found = re.compile(rf"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if found.search(before):
        after = found.sub(lambda _: section, before, count=1)
    else:
        after = "\n\n".join(filter(None, [before.rstrip(), section])) + "\n"
    path.write_text(after, encoding="utf-8")
