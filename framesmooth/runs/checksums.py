"""Checksums of a folder's files, in the form that ``sha256sum -c`` reads.

Lines are only ever appended, so a process that is killed midway leaves at most one line unfinished, and that
one is not believed. A file is whole when its content fits the last line about it.
"""

import errno
import hashlib
import os
import re
from pathlib import Path
from typing import Final

from framesmooth.errors import MediaError
from framesmooth.video.atomic import media_errors, write_bytes
from framesmooth.video.listing import files_of, is_series

CHECKSUM_FILE: Final = "checksums.sha256"
_LINE: Final = re.compile(rb"([0-9a-f]{64})  ([\w.-]+)")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 (hex) of a file's content.

    Raises:
        MediaError: when it cannot be read.
    """
    with media_errors(path, "read"), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_of(path: Path) -> str:
    """Return the SHA-256 (hex) of a file, or of the names and contents of all files of a folder or a pattern.

    Raises:
        MediaError: when something cannot be read.
    """
    if not is_series(path):
        return sha256_of(path)
    listed_files = path.iterdir() if path.is_dir() else files_of(path)
    files = sorted(file for file in listed_files if file.is_file() and not file.name.startswith("."))
    listed = "".join(f"{sha256_of(file)}  {file.name}\n" for file in files)
    return hashlib.sha256(listed.encode("utf-8", "surrogateescape")).hexdigest()


class Checksums:
    """The checksums of the files of one folder; every file is read and compared once at most."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._path = folder, folder / CHECKSUM_FILE
        self._known: dict[str, str] | None = None
        self._compared: dict[str, bool] = {}

    def write(self, name: str, content: bytes) -> None:
        """Write the file ``name`` atomically and note its checksum, without reading it again.

        Raises:
            MediaError: when the file or the note cannot be written.
        """
        write_bytes(self._folder / name, content)
        self._read()[name] = digest = hashlib.sha256(content).hexdigest()
        line = f"{digest}  {name}\n".encode()
        with media_errors(self._path, "write"):
            new = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
            try:
                size = os.fstat(new).st_size
                torn = size > 0 and os.pread(new, 1, size - 1) != b"\n" if hasattr(os, "pread") else size > 0
                _write(new, b"\n" + line if torn else line)
            finally:
                os.close(new)
        self._compared[name] = True

    def intact(self, name: str) -> bool:
        """Tell whether the file ``name`` is there with the content that was noted last."""
        if name not in self._compared:
            noted = self._read().get(name)
            try:
                self._compared[name] = noted is not None and sha256_of(self._folder / name) == noted
            except MediaError:
                return False
        return self._compared[name]

    def noted(self, name: str) -> str | None:
        """Return the checksum (hex) of the file ``name`` without reading the file, None if there is none."""
        return self._read().get(name)

    def clear(self) -> None:
        """Forget all of them."""
        self._path.unlink(missing_ok=True)
        self._known, self._compared = {}, {}

    def _read(self) -> dict[str, str]:
        if self._known is None:
            try:
                lines = self._path.read_bytes().split(b"\n")
            except OSError:
                lines = []
            matches = filter(None, (_LINE.fullmatch(line) for line in lines[:-1]))
            self._known = {match[2].decode("ascii", "replace"): match[1].decode() for match in matches}
        return self._known


def _write(descriptor: int, line: bytes) -> None:
    if os.write(descriptor, line) < len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # a full disk takes the part that fits
