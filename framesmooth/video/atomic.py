"""Paths: atomic writing, and the system's errors in plain words."""

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
from filelock import lock_descriptor

from framesmooth.errors import MediaError, OutputExists

VIDEO_SUFFIXES: Final = (".mp4", ".m4v", ".mov", ".mkv", ".webm")
ANIMATION_SUFFIXES: Final = (".gif", ".webp")
IMAGE_SUFFIXES: Final = (
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".tif", ".tiff", ".webp", ".avif", ".exr", ".hdr",
    ".dpx", ".tga", ".jp2", ".j2k", ".jpx", ".ppm", ".pgm", ".pbm", ".pnm", ".pam", ".pfm", ".phm", ".sgi",
    ".qoi", ".psd",
)  # fmt: skip
UNREADABLE_SUFFIXES: Final = (
    ".heic", ".heif", ".jxl", ".svg", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".xcf",
    ".kra", ".cin", ".eps", ".ai",
)  # fmt: skip
"""Pictures of other programs and cameras, which none of the libraries used here decodes."""

_LONGEST_STEM: Final = 80
"""Characters of a name that its temporary name keeps, so that it stays within the system's 255 bytes."""
_TEMPORARY: Final = re.compile(r"(\..*\.)[0-9a-f]{8}\.part(\.[^.]*)?", re.DOTALL)
"""A temporary name: a stem and a suffix, with chance between them."""
_MEANWHILE: Final = "{} has come into being while it was made: give --overwrite to replace it"
_UMASK: Final = os.umask(0o077)
os.umask(_UMASK)


@contextmanager
def media_errors(path: Path, action: str) -> Iterator[None]:
    """Turn the errors of the system and of the codecs into a MediaError about ``path``.

    ``action`` is "read" or "write".
    """
    try:
        yield
    except (OSError, av.FFmpegError) as error:
        raise MediaError(_explain(path, action, error)) from error
    except UnicodeError as error:
        raise MediaError(f"cannot {action} {path}: its name is no valid text, rename it") from error


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
def temporary_path(path: Path, *, folder: bool = False) -> Iterator[Path]:
    """Make a private file or folder with a temporary name beside ``path``; remove it when the block ends.

    Parent folders are made. While the block runs the system holds a lock on it, by which ``remove_leftovers``
    tells it from one that a killed process left behind.
    """
    name = f"{_temporary_stem(path)}{secrets.token_hex(4)}.part{path.suffix}"
    temporary = path.with_name(name)
    with media_errors(path, "write"):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _create_locked(temporary, folder)
    try:
        yield temporary
    finally:
        if descriptor is not None:
            os.close(descriptor)
        _remove(temporary)


def _temporary_stem(path: Path) -> str:
    return f".{path.stem[:_LONGEST_STEM]}."


def _create_locked(temporary: Path, folder: bool) -> int | None:
    """Return the descriptor that holds the lock; None on Windows, where an open file cannot be removed."""
    if folder:
        temporary.mkdir(mode=0o700)
    else:
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    return _lock(temporary)


def _lock(path: Path) -> int | None:
    """Return a descriptor with the lock on ``path``, None where there is none or another process has it."""
    if os.name == "nt":
        return None
    descriptor = os.open(path, os.O_RDONLY)
    with suppress(OSError):
        if lock_descriptor(descriptor, blocking=False):
            return descriptor
    os.close(descriptor)
    return None


def remove_leftovers(path: Path) -> None:
    """Remove what killed processes left beside ``path`` under temporary names of it."""
    for entry in _temporaries(path.parent):
        named = _TEMPORARY.fullmatch(entry.name)
        if named and (named[1], named[2] or "") == (_temporary_stem(path), path.suffix):
            _remove_unlocked(entry)


def remove_all_leftovers(folder: Path) -> None:
    """Remove what killed processes left in ``folder`` under temporary names of any file."""
    for entry in _temporaries(folder):
        _remove_unlocked(entry)


def _temporaries(folder: Path) -> list[Path]:
    with suppress(OSError):
        return [entry for entry in folder.iterdir() if _TEMPORARY.fullmatch(entry.name)]
    return []


def _remove_unlocked(path: Path) -> None:
    with suppress(OSError):  # another process has just removed it
        descriptor = _lock(path)
        if descriptor is not None or os.name == "nt":
            _remove(path)
        if descriptor is not None:
            os.close(descriptor)


@contextmanager
def atomic_path(
    path: str | os.PathLike[str], *, folder: bool = False, replace: bool = True
) -> Iterator[Path]:
    """Give a temporary file or folder beside ``path``; rename it to ``path`` when the block ends well.

    On any error, Ctrl-C included, the temporary file or folder is removed and ``path`` is left as it was.
    What was written is on the disk before it gets its name, so not even a power cut leaves half of it there.
    An existing file or folder is replaced.

    Raises:
        OutputExists: when ``replace`` is false and a file called ``path``, or a folder that holds something,
            has come into being meanwhile.
    """
    final = Path(path)
    with temporary_path(final, folder=folder) as temporary:
        yield temporary
        with media_errors(final, "write"):
            _publish(temporary, final, replace=replace)


def _publish(temporary: Path, final: Path, *, replace: bool) -> None:
    """Flush ``temporary`` to the disk, with the permissions of ordinary files, and give it its name."""
    is_folder = temporary.is_dir()
    for file in sorted(temporary.iterdir()) if is_folder else ():
        _flush(file)
    temporary.chmod((0o777 if is_folder else 0o666) & ~_UMASK)
    _flush(temporary)
    if is_folder and final.is_dir():
        if not replace and any(final.iterdir()):
            raise OutputExists(_MEANWHILE.format(final))
        _exchange(temporary, final)
    elif replace or is_folder:
        temporary.replace(final)
    else:
        _name_new(temporary, final)
    _flush(final.parent)


def _exchange(fresh: Path, final: Path) -> None:
    """Put a folder in the place of another one; whenever it is stopped, neither is mixed with the other."""
    with temporary_path(final, folder=True) as old:
        final.replace(old)
        fresh.replace(final)


def _name_new(temporary: Path, final: Path) -> None:
    """Rename without replacing: a second name fails where one exists, as no check beforehand could."""
    try:
        os.link(temporary, final)
    except FileExistsError as error:
        raise OutputExists(_MEANWHILE.format(final)) from error
    except OSError:  # a file system without second names
        temporary.replace(final)


def _flush(path: Path) -> None:
    """Wait until the disk has the file, or the folder's list of names."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems cannot do it for folders
            raise
    finally:
        os.close(descriptor)


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write bytes atomically, replacing what is there.

    Raises:
        MediaError: when the disk refuses.
    """
    with atomic_path(path) as temporary, media_errors(Path(path), "write"):
        temporary.write_bytes(content)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write UTF-8 text atomically, replacing what is there.

    Raises:
        MediaError: when the disk refuses.
    """
    write_bytes(path, text.encode("utf-8"))


def _remove(path: Path) -> None:
    with suppress(OSError):  # an error here would hide the one that matters
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def close_quietly(container: av.container.OutputContainer) -> None:
    """Close a container whose file is thrown away: an error here would hide the one that matters."""
    with suppress(OSError, av.FFmpegError):
        container.close()
