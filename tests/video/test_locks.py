"""Locks keep others out, end with their process, and say where there are none."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from framesmooth.video.locks import Held, doubt_about_locks, is_held, lock

HOLDER = """
import sys
from pathlib import Path
from framesmooth.video.locks import lock
with lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""

MOUNTS = """\
21 1 8:1 / / rw - ext4 /dev/sda rw
30 21 0:50 / /data rw,relatime shared:1 - nfs4 server:/data rw,vers=4.2,local_lock=none
31 21 0:51 / /data/old rw shared:2 - nfs server:/old rw,vers=3,nolock
32 21 0:52 / /with\\040space rw - nfs server:/x rw,local_lock=flock
"""


def test_another_process_is_kept_out_until_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HOLDER, path], stdin=pipe, stdout=pipe) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert is_held(path)
        with pytest.raises(Held), lock(path):
            pass
        holder.kill()
        holder.wait()
        with lock(path, seconds=5) as held:
            assert held
    assert not is_held(path)


def without_locks(_descriptor: int, _operation: int) -> None:
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))


@pytest.mark.skipif(os.name == "nt", reason="Windows has its own locks")
def test_a_file_system_without_locks_is_said_and_no_file_stands_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fcntl.flock", without_locks)
    with lock(tmp_path / "lock") as held, lock(tmp_path / "lock") as again:
        assert not held
        assert not again
    assert not is_held(tmp_path / "lock")


@pytest.mark.parametrize(
    ("folder", "doubt"),
    [
        ("/home", None),
        ("/data/new", None),
        ("/data/old/clips", "/data/old is mounted as nfs, nolock"),
        ("/with space/x", "/with space is mounted as nfs, local_lock=flock"),
    ],
)
def test_mounts_whose_locks_stay_on_one_machine_are_doubted(
    tmp_path: Path, folder: str, doubt: str | None
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    found = doubt_about_locks(Path(folder), mounts)
    assert found is None if doubt is None else found is not None and found.startswith(doubt)
