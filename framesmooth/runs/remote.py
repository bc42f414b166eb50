"""Object storage: finished clips and run folders are copied there, file by file, and never half of a file.

Files are made on this machine and sent when they are complete: run folders need renaming and locks, which
object storage lacks. An object appears when all of it has arrived; the record of a run comes last.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from framesmooth.errors import MediaError, OutputExists, UsageError, missing_packages
from framesmooth.runs.folder import HOLDER_FILE, LOCK_FILE, RECORD_FILE, RunFolder

SCHEME: Final = "s3://"
_NOT_SENT: Final = (LOCK_FILE, HOLDER_FILE)


def is_remote(place: object) -> bool:
    """Tell whether an output is the address of an object, such as s3://bucket/clip.mp4."""
    return isinstance(place, str) and place.startswith(SCHEME)


@dataclass(frozen=True)
class Remote:
    """The address of a clip in a bucket, and the file system that reaches it.

    Attributes:
        url: such as s3://bucket/clips/dawn.mp4; one that ends in / is a folder of pictures.
        files: of fsspec.
    """

    url: str
    files: Any

    @classmethod
    def of(cls, url: str, *, overwrite: bool) -> "Remote":
        """Return the address once it is known that it may be written.

        Raises:
            UsageError: no bucket or no name in it, or s3fs isn't installed.
            OutputExists: something is there already, and is not to be replaced.
            MediaError: a bucket that cannot be reached.
        """
        bucket, _, name = url.removeprefix(SCHEME).partition("/")
        if not bucket or not name.strip("/"):
            raise UsageError(f"{url!r} names no object in a bucket: write s3://bucket/clip.mp4")
        if missing_packages(["s3fs"]):
            raise UsageError(f"{url} needs s3fs, which is not installed: pip install 'framesmooth[s3]'")
        import fsspec

        found = cls(url, fsspec.filesystem("s3", skip_instance_cache=True, use_listings_cache=False))
        with _reached(url):
            if not found.files.exists(bucket):
                raise MediaError(f"there is no bucket {bucket}, or it isn't yours: check the name")
            if not overwrite and found.files.exists(url.rstrip("/")):
                raise OutputExists(f"{url} is there already: give --overwrite to replace it, or another name")
        return found

    @property
    def name(self) -> str:
        """The last part of the address; / stays where it ends with one."""
        return self.url.rstrip("/").rsplit("/", 1)[1] + ("/" if self.url.endswith("/") else "")

    @property
    def run_url(self) -> str:
        """The address of the run folder beside the clip."""
        parent = self.url.rstrip("/").rsplit("/", 1)[0]
        return f"{parent}/{RunFolder.beside(Path(self.name)).folder.name}"

    @property
    def scratch(self) -> Path:
        """Where a run for this address is made on this machine: the same each time, to be continued."""
        key = hashlib.sha256(self.url.encode()).hexdigest()[:16]
        from platformdirs import user_cache_path

        return user_cache_path("framesmooth") / "to-send" / key / self.name

    def send(self, local: Path) -> None:
        """Copy a finished clip, and the run folder beside it where there is one.

        Raises:
            MediaError: it didn't all arrive.
        """
        self._put(local, self.url.rstrip("/"))
        run = RunFolder.beside(local).folder
        if (run / RECORD_FILE).is_file():
            self._put(run, self.run_url)

    def _put(self, local: Path, url: str) -> None:
        """Copy a file or folder; what an older folder holds beside it goes, and a record comes last."""
        with _reached(url):
            if local.is_file():
                self.files.put_file(os.fspath(local), url)
                return
            here = sorted(local.rglob("*"))
            sent = [path for path in here if path.is_file() and path.name not in _NOT_SENT]
            names = {f"{url}/{path.relative_to(local).as_posix()}": path for path in sent}
            record = f"{url}/{RECORD_FILE}"
            before = {f"{SCHEME}{name}" for name in self.files.find(url)} if self.files.exists(url) else set()
            if record in before:
                self.files.rm_file(record)
            for name in sorted(names, key=lambda each: (each == record, each)):
                self.files.put_file(os.fspath(names[name]), name)
            for name in sorted(before - set(names) - {record}):
                self.files.rm_file(name)


@contextmanager
def sent_when_complete(url: str, *, overwrite: bool) -> Iterator[str]:
    """Give a path on this machine; what the block has made there is sent when it ends well.

    Raises:
        UsageError: see :meth:`Remote.of`.
        MediaError: it didn't all arrive.
    """
    remote = Remote.of(url, overwrite=overwrite)
    with TemporaryDirectory(prefix="framesmooth-") as scratch:
        yield f"{scratch}/{remote.name}"
        remote.send(Path(scratch) / remote.name)


def forget(remote: Remote) -> None:
    """Delete what was made on this machine for an address, once it has been sent."""
    shutil.rmtree(remote.scratch.parent, ignore_errors=True)


@contextmanager
def _reached(url: str) -> Iterator[None]:
    """Turn the errors of the storage into a MediaError about ``url``."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (OSError, BotoCoreError, ClientError) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        told = f"cannot reach {url} ({reason.rstrip('.')})"
        raise MediaError(f"{told}: check the bucket, the credentials and AWS_ENDPOINT_URL") from error
