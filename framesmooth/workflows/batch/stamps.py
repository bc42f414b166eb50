"""Stamps of files, by which one is known again: size and time first, the content where these differ."""

import glob
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from framesmooth.errors import MediaError
from framesmooth.runs import content_of
from framesmooth.runs.checksums import CHECKSUM_FILE
from framesmooth.runs.folder import SUFFIX

Stamp = dict[str, Any]
"""path, size (bytes), mtime (ns) and sha256 (hex) of a file or of what a folder holds."""


def stamp(path: Path) -> Stamp:
    """Return the stamp of a file, of a folder or of a pattern of files.

    Raises:
        MediaError: it cannot be read.
    """
    return {"path": str(path), **_outside(path), "sha256": content_of(_deciding(path))}


def stamps(paths: Iterable[Path]) -> list[Stamp]:
    """Return the stamps of several files."""
    return [stamp(path) for path in paths]


def is_same(path: Path, known: Mapping[str, Any]) -> bool:
    """Tell whether a file is there with the content of its stamp; it is read where size or time differ."""
    try:
        if {name: known.get(name) for name in ("size", "mtime")} == _outside(path):
            return True
        return content_of(_deciding(path)) == known.get("sha256")
    except (MediaError, OSError):
        return False


def are_same(paths: Sequence[Path], known: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether files are those that were stamped, in this order."""
    return len(paths) == len(known) and all(map(is_same, paths, known))


def _deciding(path: Path) -> Path:
    """Return what of a path decides the frames: of a run folder the checksums of its frames."""
    checksums = path / "frames" / CHECKSUM_FILE
    return checksums if path.name.endswith(SUFFIX) and checksums.is_file() else path


def _outside(path: Path) -> dict[str, int]:
    """Return the size and the time of a file; of a folder those of its files, added up and the latest."""
    path = _deciding(path)
    if path.is_dir():
        with os.scandir(path) as entries:
            found = [one.stat() for one in entries if one.is_file() and not one.name.startswith(".")]
    elif glob.has_magic(str(path)) and not path.exists():
        found = [os.stat(name) for name in glob.glob(str(path))]
    else:
        found = [path.stat()]
    return {
        "size": sum(one.st_size for one in found),
        "mtime": max((one.st_mtime_ns for one in found), default=0),
    }
