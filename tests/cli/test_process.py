"""How the process of a command begins and ends."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

ENDS = """
import atexit, sys, threading, time
from framesmooth.cli import process
atexit.register(lambda: print("registered"))
{before}
print("written")
print("told", file=sys.stderr)
process.leave({code!r})
"""


def ended(code: object, before: str = "") -> subprocess.CompletedProcess[str]:
    script = ENDS.format(code=code, before=before)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("code", "status"), [(None, 0), (0, 0), (3, 3), (130, 130), ("too bad", 1)])
def test_a_process_ends_with_its_code_and_all_it_wrote(code: object, status: int) -> None:
    done = ended(code)
    assert (done.returncode, done.stdout) == (status, "written\nregistered\n")
    assert done.stderr == ("told\ntoo bad\n" if code == "too bad" else "told\n")


def test_a_thread_that_works_is_waited_for(tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    work = f"threading.Thread(target=lambda: (time.sleep(0.3), open({str(saved)!r}, 'w').close())).start()"
    assert ended(0, work).returncode == 0
    assert saved.exists()


@pytest.mark.parametrize(
    ("given", "spins"),
    [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "active"}, "None")],
)
def test_threads_wait_asleep_unless_told_otherwise(given: dict[str, str], spins: str) -> None:
    script = "import os; from framesmooth.cli import process; process.prepare()"
    script += "; print(os.environ.get('GOMP_SPINCOUNT'))"
    kept = {
        name: value for name, value in os.environ.items() if name not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
    }
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=kept | given
    )
    assert done.stdout.strip() == spins


@pytest.mark.parametrize(("given", "turns"), [(None, "40"), ("9", "9")])
def test_threads_of_opencv_wait_asleep_unless_told_otherwise(given: str | None, turns: str) -> None:
    variable = "OPENCV_THREAD_POOL_ACTIVE_WAIT_WORKER"
    script = "import os; from framesmooth.cli import process; process.prepare()"
    script += f"; print(os.environ.get({variable!r}))"
    others = {name: value for name, value in os.environ.items() if name != variable}
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=others if given is None else others | {variable: given},
    )
    assert done.stdout.strip() == turns


@pytest.mark.parametrize("given", [{}, {"MALLOC_TRIM_THRESHOLD_": "4096"}])
def test_freed_memory_is_kept_unless_told_otherwise(given: dict[str, str]) -> None:
    script = "import os; from framesmooth.cli import process; process.prepare()"
    script += "; print(os.environ.get('MALLOC_TRIM_THRESHOLD_'), os.environ.get('MALLOC_MMAP_THRESHOLD_'))"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=kept | given
    )
    glibc = platform.libc_ver()[0] == "glibc"
    expected = "4096 None" if given else f"{64 << 20} {32 << 20}" if glibc else "None None"
    assert done.stdout.strip() == expected


def test_numpy_is_not_imported_before_its_threads_are_set() -> None:
    script = "import sys, framesmooth.cli.main; print(sorted({'numpy', 'torch', 'cv2'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
