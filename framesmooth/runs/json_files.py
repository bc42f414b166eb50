"""JSON files of a run folder, and the key of their content."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import MediaError
from framesmooth.video import write_text

_LARGEST: Final = 64 * 2**20
"""Bytes of a JSON file that is read: a record of a hundred thousand frames is a tenth of it."""


def content_key(settings: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of settings made of plain JSON types, whatever their order."""
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write ``content`` as indented JSON, atomically."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in ``path``.

    Raises:
        MediaError: when the file is missing, larger than any record, or holds something else.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST + 1)
        if len(text) > _LARGEST:
            raise ValueError("larger than any record")
        content = json.loads(text.decode("utf-8"))
        json.dumps(content, ensure_ascii=False).encode("utf-8")  # fails for halves of surrogate pairs
    except OSError as error:
        raise MediaError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        reason = str(error) or type(error).__name__
        raise MediaError(f"{path} is damaged ({reason}): delete it and start the run again") from error
    if not isinstance(content, dict):
        raise MediaError(f"{path} is damaged (not a JSON object): delete it and start the run again")
    return content
