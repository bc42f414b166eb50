"""Markdown tables that scripts write, and the sections of a page that they write anew."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; the first column is flush left, the others flush right."""
    lines = [_line(header), "|---" + "|---:" * (len(header) - 1) + "|"]
    return "\n".join([*lines, *map(_line, rows)])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def replace_section(page: str, name: str, body: str) -> str:
    """Return the page with ``body`` between ``<!-- name -->`` and ``<!-- end of name -->``.

    All else stays as it is; a page without that section gets it at its end.

    Raises:
        ValueError: one of the two marks is missing, or they stand there twice or the wrong way round.
    """
    opening, closing = f"<!-- {name} -->", f"<!-- end of {name} -->"
    section = f"{opening}\n\n{body.strip()}\n\n{closing}"
    found = page.count(opening), page.count(closing)
    if found == (0, 0):
        return f"{page.rstrip()}\n\n{section}\n"
    whole = re.compile(f"{re.escape(opening)}.*{re.escape(closing)}", re.DOTALL)
    if found != (1, 1) or not whole.search(page):
        raise ValueError(f"the section {name!r} needs one {opening} and one {closing} after it")
    return whole.sub(lambda _: section, page)


def write_section(path: Path, name: str, body: str) -> None:
    """Replace one section of the page at ``path``; see :func:`replace_section`."""
    page = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(replace_section(page, name, body), encoding="utf-8")
