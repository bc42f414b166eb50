"""How far a lock on a file reaches: on some mounts other machines don't see it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOUNTS: Final = Path("/proc/self/mountinfo")
_LOCAL_OPTIONS: Final = {
    "nfs": ("local_lock=flock", "local_lock=all", "nolock"),
    "nfs4": ("local_lock=flock", "local_lock=all", "nolock"),
    "lustre": ("localflock",),
}
_LOCAL_KINDS: Final = (
    "fuse.sshfs",
    "fuse.s3fs",
    "fuse.rclone",
    "fuse.gcsfuse",
    "fuse.goofys",
    "9p",
    "virtiofs",
)


@dataclass(frozen=True)
class Mount:
    """Where a file system is mounted, its kind, and its options."""

    place: Path
    kind: str
    options: frozenset[str]

    @property
    def local_options(self) -> tuple[str, ...]:
        """Those of its options with which a lock is known to one machine alone."""
        return tuple(one for one in _LOCAL_OPTIONS.get(self.kind, ()) if one in self.options)

    @property
    def shows_locks(self) -> bool:
        """Whether a lock is seen by all machines that may have the file system mounted."""
        return self.kind not in _LOCAL_KINDS and not self.local_options


def mount_of(path: Path, mounts: Path = MOUNTS) -> Mount | None:
    """Return the mount that holds ``path``; None where the system doesn't tell (it is not Linux).

    ``mounts`` is a file in the form of Linux's /proc/self/mountinfo (proc_pid_mountinfo(5)).
    """
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    whole = path.resolve()
    found: Mount | None = None
    for line in lines:
        fields, _, rest = line.partition(" - ")
        parts, kind_and_more = fields.split(" "), rest.split(" ")
        if len(parts) < 6 or len(kind_and_more) < 3:
            continue
        place = Path(parts[4].encode().decode("unicode_escape"))
        nearer = found is None or len(place.parts) >= len(found.place.parts)
        if nearer and whole.is_relative_to(place):
            options = frozenset((*parts[5].split(","), *kind_and_more[2].split(",")))
            found = Mount(place, kind_and_more[0], options)
    return found


def reaches_other_machines(path: Path) -> bool:
    """Tell whether other machines see a lock on a file in ``path``; yes where that isn't known."""
    mount = mount_of(path)
    return mount is None or mount.shows_locks
