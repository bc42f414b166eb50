"""Locks that the system holds for a process and takes back when it ends, however it does.

A file system without locks is said so, and never replaced by a file that a killed process leaves behind.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

_NO_LOCKS: Final = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK}
_MOUNTS: Final = Path("/proc/self/mountinfo")
_LOCAL_ONLY: Final = ("nolock", "local_lock=all", "local_lock=flock")
"""Options of NFS with which a lock is known to one machine alone."""
_NETWORK: Final = ("nfs", "nfs4")


class Held(Exception):
    """Another process holds the lock."""


@contextmanager
def lock(path: Path, *, seconds: float = 0.0) -> Iterator[bool]:
    """Hold the lock of the file ``path`` while the block runs.

    Args:
        path: a file that is made where it is missing, and stays.
        seconds: how long to wait for another process.

    Yields:
        Whether it is held: False on a file system that has no locks, where nothing keeps others out.

    Raises:
        Held: another process holds it.
        OSError: the file cannot be written.
    """
    held = FileLock(path, fallback_to_soft=False)
    locks = True
    try:
        held.acquire(timeout=seconds, poll_interval=0.05)
    except Timeout as error:
        raise Held(str(path)) from error
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        locks = False
    try:
        yield locks
    finally:
        if locks:
            held.release()


def is_held(path: Path) -> bool:
    """Tell whether another process holds the lock of the file ``path``."""
    if not path.exists():
        return False
    with suppress(OSError):
        try:
            with lock(path):
                return False
        except Held:
            return True
    return False


def doubt_about_locks(folder: Path, mounts: str | None = None) -> str | None:
    """Return why locks in ``folder`` don't keep other machines out, None where nothing speaks against them.

    Args:
        folder: one that is there.
        mounts: what /proc/self/mountinfo says, None to read it; without it nothing is doubted.
    """
    if mounts is None:
        try:
            mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return None
    point, kind, options = _mount_of(folder.resolve(), mounts)
    local = [one for one in _LOCAL_ONLY if one in options.split(",")]
    if kind not in _NETWORK or not local:
        return None
    return f"{point} is mounted with {local[0]}: another machine doesn't see the locks of this one"


def _mount_of(folder: Path, mounts: str) -> tuple[str, str, str]:
    """Return (mount point, file system, options) of the mount that ``folder`` is in."""
    found = ("", "", "")
    for line in mounts.splitlines():
        fields, _, after = line.partition(" - ")
        before, behind = fields.split(" "), after.split(" ")
        if len(before) < 6 or len(behind) < 3:
            continue
        point = before[4].replace("\\040", " ")
        if folder.is_relative_to(point) and len(point) >= len(found[0]):  # the last of equals is on top
            found = (point, behind[0], f"{before[5]},{behind[2]}")
    return found
