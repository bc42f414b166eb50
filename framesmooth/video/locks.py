"""Locks that the system holds for a process and takes back when it ends, however it does.

A file system without locks is said so, and never replaced by a file that a killed process leaves behind.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from framesmooth.video.lock_reach import MOUNTS, mount_of

_NO_LOCKS: Final = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL}


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


def doubt_about_locks(folder: Path, mounts: Path = MOUNTS) -> str | None:
    """Return why locks in ``folder`` don't keep other machines out, None where nothing speaks against them.

    Args:
        folder: one that is there.
        mounts: a file in the form of /proc/self/mountinfo; without it nothing is doubted.
    """
    mount = mount_of(folder, mounts)
    if mount is None or mount.shows_locks:
        return None
    how = ", ".join([mount.kind, *mount.local_options])
    return f"{mount.place} is mounted as {how}: another machine doesn't see the locks of this one"
