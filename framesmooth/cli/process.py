"""What makes the process of one command quick to begin and to end; nothing of it touches a result."""

import atexit
import ctypes
import gc
import os
import sys
import threading
from typing import Final, NoReturn

_SPINS: Final = "1000"
"""Turns that a thread of OpenMP waits awake for work: some 30 µs.

Of GNU's 300000 each costs milliseconds of a processor that another process could use: with two threads
beside a busy process a step of diffusion took 15 times as long.
"""
_SPIN_VARIABLES: Final = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
_OPENCV_WAITS: Final = {
    "OPENCV_THREAD_POOL_ACTIVE_WAIT_WORKER": "40",
    "OPENCV_THREAD_POOL_ACTIVE_WAIT_MAIN": "200",
}
"""The same for OpenCV's threads: of its 2000 and 10000 turns smoothing takes a twentieth longer."""
_BLAS_THREADS: Final = "OPENBLAS_NUM_THREADS"
"""NumPy's matrices here are too small to share: its threads only wait for each other, awake."""
_OBJECTS: Final = 100_000
"""New objects before cyclic garbage is looked for: imports make a million, and no garbage."""
_KEPT: Final = (("MALLOC_MMAP_THRESHOLD_", -3, 32 << 20), ("MALLOC_TRIM_THRESHOLD_", -1, 64 << 20))
"""What glibc keeps of freed memory: the variable for processes started by this one, mallopt's number, bytes.

Images come and go by the thousand. Where their memory is given back, zeroing it anew takes a sixth of a
smoothing.
"""


def prepare() -> None:
    """Let threads wait asleep, and look for garbage seldom; call it before NumPy and OpenCV are imported.

    What the environment says already stays.
    """
    os.environ.setdefault(_BLAS_THREADS, "1")
    if not any(name in os.environ for name in _SPIN_VARIABLES):
        os.environ[_SPIN_VARIABLES[0]] = _SPINS
    for variable, turns in _OPENCV_WAITS.items():
        os.environ.setdefault(variable, turns)
    gc.set_threshold(_OBJECTS, 50, 100)
    _keep_freed_memory()


def _keep_freed_memory() -> None:
    """Let the C library, where that is glibc, use freed memory again."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is None or any(variable in os.environ for variable, _, _ in _KEPT):
        return
    for variable, number, size in _KEPT:
        os.environ[variable] = str(size)
        mallopt(number, size)


def leave(code: str | int | None) -> NoReturn:
    """End the process as ``sys.exit(code)`` does, without taking a million objects apart first.

    What was registered to happen at the end happens, and the streams are flushed. Where a thread still works
    or a stream cannot be flushed, the interpreter ends as usual.
    """
    status = 0 if code is None else code
    others = (each for each in threading.enumerate() if each is not threading.main_thread())
    if not isinstance(status, int) or any(not each.daemon for each in others):
        sys.exit(status)  # a text is printed, threads are waited for
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # the reader is gone: the interpreter reports it and sets the exit code
        sys.exit(status)
    os._exit(status & 0xFF)
