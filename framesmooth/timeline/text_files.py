"""Bounded reading of text and JSON files that users write; every error is one line."""

import json
import re
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import UsageError
from framesmooth.limits import MAX_TEXT

_BESIDE: Final = re.compile(
    r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/|,(?=(?:\s|//[^\n]*|/\*.*?\*/)*[}\]])', re.DOTALL
)
"""A text, or what stands beside the values: a comment, or a comma before a closing bracket."""


def _blank(match: re.Match[str]) -> str:
    """Return a text as it is, and spaces in the place of anything else, so that columns stay."""
    return match[0] if match[0].startswith('"') else re.sub(r"[^\n]", " ", match[0])


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        UsageError: it cannot be read, is no UTF-8 or far too long.
    """
    try:
        with path.open("rb") as file:
            content = file.read(4 * MAX_TEXT + 1)
        if len(content) > 4 * MAX_TEXT:
            raise UsageError(f"{path} is larger than {4 * MAX_TEXT} bytes: no list of prompts is that long")
        return content.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UsageError(f"cannot read the prompt file {path} ({reason}): check the name") from error


def parse_json(text: str, path: Path) -> Any:
    """Return what the text of the file ``path`` says in JSON.

    People write it by hand: commas before a closing bracket, comments and line breaks within texts are fine.

    Raises:
        UsageError: it is no JSON; the message names line and column.
    """
    try:
        try:
            return json.loads(text, strict=False)
        except json.JSONDecodeError:
            return json.loads(_BESIDE.sub(_blank, text), strict=False)
    except (RecursionError, OverflowError) as error:
        raise UsageError(f"{path} is nested too deeply: write a list of prompts") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UsageError(f"{path}, {place}: {error.msg}") from error
    except ValueError as error:  # a number of thousands of digits
        raise UsageError(f"{path}: {error}") from error
