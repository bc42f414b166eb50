"""Commands in child processes, and what goes wrong in them: kills between writes, full disks, clocks."""

import errno
import hashlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import psutil

_TIMEOUT: Final = 1800.0


def in_child(work: Callable[[], int], log: Path) -> int:
    """Fork; do ``work`` in the child, its output into ``log``; return the child's process id."""
    log.touch()  # a child may be killed before it could
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        os.setpgid(0, 0)
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for stream in (1, 2):
            os.dup2(out, stream)
        code = work()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def wait(child: int, cpu: float = float("inf")) -> int | None:
    """Return the exit code of a child, negative if a signal ended it; None once it has worked for ``cpu`` s.

    The time is the child's own, so that kills hit all of its work alike however busy the machine is.
    """
    until = time.monotonic() + _TIMEOUT
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        used = psutil.Process(child).cpu_times()
        if used.user + used.system >= cpu:
            return None
        time.sleep(0.002)
    raise SystemExit(f"process {child} hangs: it took more than {_TIMEOUT} s")


def framesmooth(
    arguments: list[str], folder: Path, prepare: Callable[[], None] = lambda: None
) -> Callable[[], int]:
    """Return the work of a child that runs a command in ``folder``."""

    def work() -> int:
        from framesmooth.cli.main import main

        os.chdir(folder)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.argv = ["framesmooth", *arguments, "--progress", "plain"]
        prepare()
        main()
        return 0

    return work


def die_at(write: int, number: int, *, afterwards: bool) -> Callable[[], None]:
    """Return a preparation that sends a signal to its own process at the n-th write."""

    def prepare() -> None:
        left = write

        def watch(name: str) -> None:
            inner = getattr(os, name)

            def watched(*arguments: Any, **options: Any) -> Any:
                nonlocal left
                left -= 1
                if left == 0 and not afterwards:
                    os.kill(os.getpid(), number)
                result = inner(*arguments, **options)
                if left == 0 and afterwards:
                    os.kill(os.getpid(), number)
                return result

            setattr(os, name, watched)

        for name in ("fsync", "replace", "rename", "link", "unlink", "rmdir", "mkdir", "write"):
            watch(name)

    return prepare


def full_after(flushes: int) -> Callable[[], None]:
    """Return a preparation after which the disk is full from the n-th flush on."""

    def prepare() -> None:
        left, fsync = flushes, os.fsync

        def full(descriptor: int) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            fsync(descriptor)

        setattr(os, "fsync", full)  # noqa: B010 - in this child alone

    return prepare


def clock_backwards() -> None:
    """Let every clock but the monotonic one run backwards."""
    start = time.time()
    moments = iter(range(10**9))
    time.time = lambda: start - 3600.0 * next(moments)
    time.time_ns = lambda: int(1e9 * time.time())


def contents(folder: Path, output: str) -> dict[str, str]:
    """Return name -> hash of every frame: those in the run folder as files, those of the clip decoded."""
    from framesmooth.video import open_source

    found = {}
    for path in sorted((folder / Path(output).with_suffix(".framesmooth")).rglob("frame_*.png")):
        found[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
    if (folder / output).exists():
        for index, frame in enumerate(open_source(folder / output)):
            found[f"{output} {index}"] = hashlib.sha256(frame.tobytes()).hexdigest()
    return found
