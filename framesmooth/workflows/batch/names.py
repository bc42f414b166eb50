"""Names of jobs, which are those of their results."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Final

from framesmooth.runs.folder import SUFFIX
from framesmooth.story.located import Located

_LONGEST: Final = 100
_LONGEST_SLUG: Final = 40
_FORBIDDEN: Final = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]')


def slug(text: str) -> str:
    """Return a text as part of a file name: "A castle, at dawn" is a-castle-at-dawn; it may be empty."""
    plain = unicodedata.normalize("NFC", text).lower().replace(".", "_")
    return "-".join(re.findall(r"\w+", plain))[:_LONGEST_SLUG].strip("-_")


def given_name(value: Located, *, dots: bool) -> str:
    """Return the name that a job gives itself.

    Args:
        value: where it is written.
        dots: whether it may hold dots; that of a folder of frames may not.

    Raises:
        UsageError: a name that is no file's.
    """
    name = value.text()
    if _FORBIDDEN.search(name) or name[0] in ".-" or name.endswith(SUFFIX) or name != name.rstrip(". "):
        raise value.refused(f"{name[:60]!r} is no name of a file: write letters, digits, - and _")
    if len(name) > _LONGEST:
        raise value.refused(f"is {len(name)} characters long: give {_LONGEST} at most")
    if not dots and "." in name:
        raise value.refused(f"{name!r} is to be a folder of frames: write it without a dot")
    return name


def numbered(names: Iterable[str]) -> list[str]:
    """Return names with a number behind each that came before: clip, clip-2, clip-3."""
    taken: set[str] = set()
    counts: Counter[str] = Counter()
    found = []
    for name in names:
        candidate = name
        while candidate.casefold() in taken:
            counts[name] += 1
            candidate = f"{name}-{counts[name] + 1}"
        taken.add(candidate.casefold())
        found.append(candidate)
    return found
