"""Locks on shared storage: how far they reach, and what is done where they don't."""

import errno
import os
from pathlib import Path

import pytest

from framesmooth.errors import MediaError, RunLocked
from framesmooth.runs import RunFolder, folder
from framesmooth.runs.folder import HOLDER_FILE
from framesmooth.video.lock_reach import mount_of, reaches_other_machines

MOUNTS = """\
22 1 0:21 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /net rw,relatime shared:9 - nfs4 server:/a rw,vers=4.2,local_lock=none
31 22 0:41 / /net/old rw,relatime - nfs server:/b rw,vers=3,nolock,local_lock=all
32 22 0:42 / /net/with\\040space rw - nfs4 server:/c rw,local_lock=flock
33 22 0:43 / /scratch rw - lustre mgs:/fs rw,localflock
34 22 0:44 / /fast rw - lustre mgs:/fs rw,flock
35 22 0:45 / /far rw - fuse.sshfs host: rw
"""


@pytest.mark.parametrize(
    ("path", "place", "reaches"),
    [
        ("/home/me/run", "/", True),
        ("/net/run", "/net", True),
        ("/net/old/run", "/net/old", False),
        ("/net/older", "/net", True),
        ("/net/with space/run", "/net/with space", False),
        ("/scratch/run", "/scratch", False),
        ("/fast/run", "/fast", True),
        ("/far/run", "/far", False),
    ],
)
def test_the_mount_tells_how_far_a_lock_reaches(tmp_path: Path, path: str, place: str, reaches: bool) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTS)
    found = mount_of(Path(path), table)
    assert found is not None
    assert (found.place, found.shows_locks) == (Path(place), reaches)


def test_a_system_that_tells_no_mounts_is_trusted(tmp_path: Path) -> None:
    assert mount_of(tmp_path, tmp_path / "no such file") is None
    assert reaches_other_machines(tmp_path)


@pytest.mark.parametrize("reaches", [True, False])
def test_a_process_of_another_machine_is_named_where_its_lock_is_not_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reaches: bool
) -> None:
    monkeypatch.setattr(folder, "reaches_other_machines", lambda path: reaches)
    run = RunFolder(tmp_path / "clip.framesmooth")
    with run.locked():
        pass
    left = run.folder / HOLDER_FILE
    left.write_text("4711\nnode-7\n")
    if reaches:  # it holds no lock: it was killed
        with run.locked():
            assert left.read_text().split()[0] == str(os.getpid())
        return
    for _ in range(2):
        with pytest.raises(RunLocked, match=f"process 4711 on node-7 works on .*delete {left}"), run.locked():
            raise AssertionError
    left.unlink()
    with run.locked():
        pass


@pytest.mark.parametrize("error", [OSError(errno.ENOSYS, "no"), OSError(errno.ENOLCK, "no")])
def test_a_file_system_without_locks_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    """No soft lock takes the place of a real one: it would outlive a killed process."""

    def refused(*_: object) -> None:
        raise error

    monkeypatch.setattr("filelock._unix.fcntl.flock", refused)
    run = RunFolder(tmp_path / "clip.framesmooth")
    with pytest.raises(MediaError, match="has no locks"), run.locked():
        raise AssertionError
