"""Checksums of weights: right, remembered, and never believed of a file that was changed."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from framesmooth.models.weight_hashes import CACHE_FILE, CACHE_VARIABLE, weights_sha256

MIB = 2**20


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of an empty cache."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache" / CACHE_FILE


def weights(path: Path, byte: bytes = b"a", size: int = MIB) -> Path:
    path.write_bytes(byte * size)
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def forge(cache: Path, digest: str = "f" * 64) -> None:
    """Put another checksum into all entries: who returns it has not read the file."""
    known = json.loads(cache.read_text())
    cache.write_text(json.dumps({name: [*entry[:-1], digest] for name, entry in known.items()}))


def test_a_file_is_hashed_once(tmp_path: Path, cache: Path) -> None:
    path = weights(tmp_path / "model.safetensors")
    assert weights_sha256(path) == sha256(path)
    forge(cache)
    assert weights_sha256(path) == "f" * 64


def test_small_files_are_not_remembered(tmp_path: Path, cache: Path) -> None:
    path = weights(tmp_path / "config.json", size=MIB - 1)
    assert weights_sha256(path) == sha256(path)
    assert not cache.exists()


def test_a_changed_file_is_hashed_again(tmp_path: Path, cache: Path) -> None:
    path = weights(tmp_path / "model.safetensors")
    status = path.stat()
    weights_sha256(path)
    weights(path, b"b")  # as long as before
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # and with the same time
    assert weights_sha256(path) == sha256(path)
    replaced = weights(tmp_path / "other", b"c")
    replaced.replace(path)
    assert weights_sha256(path) == sha256(path)
    weights(path, b"c", MIB + 1)
    assert weights_sha256(path) == sha256(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'{"a": 1}',
        b'{"NAME": [1, 2]}',
        b'{"NAME": [1, 2, 3, 4, 5]}',
        b"[" * 10**5,
    ],
)
def test_a_damaged_cache_is_ignored_and_mended(tmp_path: Path, cache: Path, content: bytes) -> None:
    path = weights(tmp_path / "model.safetensors")
    cache.parent.mkdir()
    cache.write_bytes(content.replace(b"NAME", str(path).encode()))
    assert weights_sha256(path) == sha256(path)
    assert json.loads(cache.read_text())[str(path.resolve())][-1] == sha256(path)


def test_a_cache_that_cannot_be_written_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "file" / "cache"))
    path = weights(tmp_path / "model.safetensors")
    assert weights_sha256(path) == sha256(path)


def test_files_that_are_gone_are_forgotten(tmp_path: Path, cache: Path) -> None:
    gone = weights(tmp_path / "gone.safetensors")
    weights_sha256(gone)
    gone.unlink()
    path = weights(tmp_path / "model.safetensors")
    weights_sha256(path)
    assert list(json.loads(cache.read_text())) == [str(path.resolve())]


def test_processes_do_not_lose_each_others_entries(tmp_path: Path, cache: Path) -> None:
    paths = [weights(tmp_path / f"{index}.safetensors", bytes([index])) for index in range(4)]
    code = (
        "import sys; from pathlib import Path; from framesmooth.models import weight_hashes as w\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "for path in sys.argv[1:]: w.weights_sha256(Path(path))"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, *map(str, part)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for part in (paths[:2], paths[2:])
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    for process in processes:
        process.communicate(b"go\n")
        assert process.returncode == 0
    known = json.loads(cache.read_text())
    assert {name: entry[-1] for name, entry in known.items()} == {
        str(path.resolve()): sha256(path) for path in paths
    }
