"""Workers as processes of this machine, one for each device, or several that share the processors."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any, Final

import framesmooth
from framesmooth.errors import missing_packages
from framesmooth.workflows.crew.base import Died, Ended, News, Place, Ready, Task, Told
from framesmooth.workflows.crew.outcome import Outcome
from framesmooth.workflows.crew.worker import MODULE

_GPU_DRIVERS: Final = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
"""What is there on Linux where CUDA or ROCm may find a GPU: asking torch takes seconds."""
THREADS: Final = ("OMP_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
_LONGEST_LOG: Final = 8 * 2**20


def places(workers: int | None, gpus: Sequence[str], environment: Mapping[str, str]) -> list[Place]:
    """Return where workers work: on a GPU each, or with an equal share of the processors' threads.

    Args:
        workers: how many; None for one a GPU, or one.
        gpus: names of the GPUs as CUDA_VISIBLE_DEVICES takes them.
        environment: of this process; OMP_NUM_THREADS there says how many threads are shared out.
    """
    count = workers or max(len(gpus), 1)
    asked = environment.get(THREADS[0], "")
    threads = max((int(asked) if asked.isdigit() and int(asked) > 0 else processors()) // count, 1)
    shared = {name: str(threads) for name in THREADS}
    if not gpus:
        return [Place(f"worker {index + 1}", shared) for index in range(count)]
    return [
        Place(
            f"worker {index + 1} (GPU {gpus[index % len(gpus)]})",
            {**shared, "CUDA_VISIBLE_DEVICES": gpus[index % len(gpus)]},
        )
        for index in range(count)
    ]


def processors() -> int:
    """Return how many processors this process may use."""
    with suppress(AttributeError):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def gpus_here() -> list[str]:
    """Return the GPUs of this machine, without importing torch where there can be none."""
    on_linux = Path("/proc").is_dir()
    if missing_packages(["torch"]) or (on_linux and not any(map(os.path.exists, _GPU_DRIVERS))):
        return []
    from framesmooth.models.devices import gpu_names

    return gpu_names(os.environ.get("CUDA_VISIBLE_DEVICES"))


@dataclass
class _Process:
    popen: "subprocess.Popen[bytes]"
    stdin: IO[bytes]


class ProcessCrew:
    """Workers as processes; each is told of its tasks through a pipe, which ends when this process does."""

    def __init__(self, at: Sequence[Place], logs: Path, doing: str) -> None:
        """Say where workers work, where their libraries write, and what they do, as "module:function"."""
        self._places, self._logs, self._doing = tuple(at), logs, doing
        self._processes: dict[int, _Process] = {}
        self._news: SimpleQueue[News] = SimpleQueue()

    def __len__(self) -> int:
        """Return how many workers there are."""
        return len(self._places)

    def name(self, worker: int) -> str:
        """Return what a worker is called."""
        return self._places[worker].name

    def log(self, worker: int) -> Path:
        """Return where the libraries of a worker write."""
        return self._logs / f"worker-{worker + 1}.log"

    def start(self, worker: int) -> None:
        """Start a worker."""
        self._logs.mkdir(parents=True, exist_ok=True)
        path = self.log(worker)
        too_long = path.exists() and path.stat().st_size > _LONGEST_LOG
        with path.open("wb" if too_long else "ab") as log:
            popen = subprocess.Popen(
                [sys.executable, "-P", "-m", MODULE, self._doing, self.name(worker)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **self._places[worker].environment, "PYTHONPATH": _search_path()},
            )
        assert popen.stdin is not None
        self._processes[worker] = _Process(popen, popen.stdin)
        threading.Thread(target=self._read, args=(worker, popen), daemon=True).start()

    def give(self, worker: int, task: Task) -> None:
        """Give a task to a worker; one that has just died is heard of by ``news``."""
        self._send(worker, {"task": task.as_dict()})

    def news(self, seconds: float) -> list[News]:
        """Return what has happened; wait so long for it at most."""
        found: list[News] = []
        with suppress(Empty):
            found.append(self._news.get(timeout=seconds))
            while True:
                found.append(self._news.get_nowait())
        return found

    def ask_to_stop(self) -> None:
        """Ask all workers to stop at the next event, and to end."""
        for worker in self._processes:
            self._send(worker, {"stop": True})

    def close(self) -> None:
        """End all workers at once."""
        for process in self._processes.values():
            with suppress(OSError):
                process.stdin.close()
            if process.popen.poll() is None:
                process.popen.kill()
        for process in self._processes.values():
            process.popen.wait()
        self._processes.clear()

    def _send(self, worker: int, message: Mapping[str, Any]) -> None:
        with suppress(OSError, ValueError):
            stdin = self._processes[worker].stdin
            stdin.write(json.dumps(message).encode() + b"\n")
            stdin.flush()

    def _read(self, worker: int, popen: "subprocess.Popen[bytes]") -> None:
        """Turn what a worker says into news, until it ends."""
        assert popen.stdout is not None
        with popen.stdout as lines:
            for line in lines:
                with suppress(ValueError):  # the last line of one that was killed
                    self._news.put(_news_of(worker, json.loads(line)))
        self._news.put(Died(worker, f"{_how(popen.wait())}, see {self.log(worker)}"))


def _news_of(worker: int, message: Mapping[str, Any]) -> News:
    if "told" in message:
        return Told(worker, message["told"])
    if "ended" in message:
        return Ended(worker, Outcome(**message["ended"]))
    return Ready(worker)


def _how(code: int) -> str:
    """Return how a process ended, in words."""
    if code >= 0:
        return f"ended with exit code {code}"
    with suppress(ValueError):
        return f"killed by {signal.Signals(-code).name}"
    return f"killed by signal {-code}"


def _search_path() -> str:
    """Return PYTHONPATH with the place of this package last, so that the worker runs the same one."""
    here = str(Path(framesmooth.__file__).parents[1])
    given = os.environ.get("PYTHONPATH", "")
    return os.pathsep.join(filter(None, [*given.split(os.pathsep), here]))
