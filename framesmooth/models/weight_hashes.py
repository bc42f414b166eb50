"""The SHA-256 of weights, remembered between runs: hashing gigabytes at every start takes long.

What is remembered is in one small JSON file in the user's cache folder. A file is known by its path, size,
inode and times; one that was changed or replaced is hashed again. The cache may be
deleted at any time, and one that is damaged or cannot be written costs nothing but time.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import MediaError
from framesmooth.video.locks import Held, lock

CACHE_VARIABLE: Final = "FRAMESMOOTH_CACHE"
"""The environment variable that names the folder of the cache."""
CACHE_FILE: Final = "weight-hashes.json"
_LEAST_BYTES: Final = 2**20
"""Smaller files are hashed in less time than a cache takes."""
_LOCK_SECONDS: Final = 5.0

_Entries = dict[str, list[Any]]
"""path -> [size, inode, time of modification, time of change, SHA-256]."""


def cache_folder() -> Path:
    """Return the folder of caches: that of FRAMESMOOTH_CACHE, else the usual one of the system."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("framesmooth", appauthor=False)


def weights_sha256(path: Path) -> str:
    """Return the SHA-256 (hex) of a file that is there, from the cache where the file is unchanged."""
    if path.stat().st_size < _LEAST_BYTES:
        return _sha256(path)
    name, identity = os.fspath(path.resolve()), _identity(path)
    known = _read().get(name)
    if known is not None and known[:-1] == identity:
        return str(known[-1])
    digest = _sha256(path)
    if _identity(path) == identity:  # else it was written while it was read
        _remember({name: [*identity, digest]})
    return digest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _identity(path: Path) -> list[int]:
    """Return what identifies an unchanged file, to be compared for equality."""
    status = path.stat()
    return [status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns]


def _read() -> _Entries:
    """Return what is remembered; nothing where the cache is missing or damaged."""
    try:
        content = json.loads((cache_folder() / CACHE_FILE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {name: entry for name, entry in content.items() if _is_entry(entry)}


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, list) or len(entry) != 5:
        return False
    *numbers, digest = entry
    return all(type(number) is int for number in numbers) and isinstance(digest, str) and len(digest) == 64


def _remember(fresh: Mapping[str, list[Any]]) -> None:
    """Add entries to those that other processes added meanwhile; drop those of files that are gone."""
    from framesmooth.video.atomic import write_text  # loads PyAV, which --help does without

    folder = cache_folder()
    with suppress(OSError, MediaError, Held):  # a cache that cannot be written is no reason to stop
        folder.mkdir(parents=True, exist_ok=True)
        with lock(folder / f"{CACHE_FILE}.lock", seconds=_LOCK_SECONDS):
            kept = {name: entry for name, entry in _read().items() if os.path.exists(name)}
            write_text(folder / CACHE_FILE, json.dumps(kept | dict(fresh), indent=1) + "\n")
