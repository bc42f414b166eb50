"""Paths: atomic writing, natural order, and the system's errors in plain words."""

import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import av

from framesmooth.errors import MediaError

VIDEO_SUFFIXES: Final = (".mp4", ".m4v", ".mov", ".mkv", ".webm")
ANIMATION_SUFFIXES: Final = (".gif", ".webp")
IMAGE_SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")


def natural_key(name: str) -> tuple[tuple[bool, int, str], ...]:
    """Return a sorting key under which ``frame_10`` comes after ``frame_9``."""
    parts = re.split(r"(\d+)", name.lower())
    return tuple((part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts)


def list_clips(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the videos and animations of a folder, and its pictures, in natural order.

    Hidden files are left out. A .webp may be either: it is a clip where there are others, else a picture.

    Raises:
        MediaError: when the folder cannot be read.
    """
    with media_errors(folder, "read"):
        entries = [entry for entry in folder.iterdir() if entry.is_file() and not entry.name.startswith(".")]
    entries.sort(key=lambda entry: natural_key(entry.name))
    kinds = {entry: entry.suffix.lower() for entry in entries}
    clips = [entry for entry in entries if kinds[entry] in VIDEO_SUFFIXES or kinds[entry] == ".gif"]
    either = [entry for entry in entries if kinds[entry] == ".webp"]
    pictures = [entry for entry in entries if kinds[entry] in IMAGE_SUFFIXES and entry not in either]
    if clips:
        return [entry for entry in entries if entry in clips or entry in either], pictures
    return [], [entry for entry in entries if entry in pictures or entry in either]


@contextmanager
def media_errors(path: Path, action: str) -> Iterator[None]:
    """Turn the errors of the system and of the codecs into a MediaError about ``path``.

    ``action`` is "read" or "write".
    """
    try:
        yield
    except (OSError, av.FFmpegError) as error:
        raise MediaError(_explain(path, action, error)) from error


def _explain(path: Path, action: str, error: OSError | av.FFmpegError) -> str:
    if error.errno == errno.ENOSPC:
        return f"no space left on the disk while writing {path}: free some or choose another place with -o"
    if isinstance(error, FileNotFoundError):
        return f"{path} does not exist: check the name"
    if isinstance(error, PermissionError):
        return f"no permission to {action} {path}: change its permissions or choose another place"
    reason = error.strerror or str(error) or type(error).__name__
    advice = (
        "is it a picture or video, and complete?" if action == "read" else "choose another suffix or --codec"
    )
    return f"cannot {action} {path} ({reason.rstrip('.')}): {advice}"


@contextmanager
def temporary_path(path: Path) -> Iterator[Path]:
    """Give a temporary name beside ``path``, and remove what is left there when the block ends.

    Parent folders are made.
    """
    with media_errors(path, "write"):
        path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part{path.suffix}")
    try:
        yield temporary
    finally:
        _remove(temporary)


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary name beside ``path``; rename it to ``path`` when the block ends well.

    On any error, Ctrl-C included, the temporary file or folder is removed and ``path`` is left as it was.
    An existing file is replaced; an existing folder must be empty.
    """
    final = Path(path)
    with temporary_path(final) as temporary:
        yield temporary
        with media_errors(final, "write"):
            if temporary.is_dir() and final.is_dir():
                final.rmdir()
            temporary.replace(final)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write UTF-8 text atomically, replacing what is there.

    Raises:
        MediaError: when the disk refuses.
    """
    with atomic_path(path) as temporary, media_errors(Path(path), "write"):
        temporary.write_text(text, encoding="utf-8")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def close_quietly(container: av.container.OutputContainer) -> None:
    """Close a container whose file is thrown away: an error here would hide the one that matters."""
    with suppress(OSError, av.FFmpegError):
        container.close()
