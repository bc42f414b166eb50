"""The process of one worker: reads tasks from stdin, one JSON object a line, and writes events to stdout.

It ends when stdin does, in the middle of a task, too: then its driver is gone. What libraries print goes to
stderr, which is its log.
"""

import json
import os
import signal
import sys
import threading
from dataclasses import asdict
from importlib import import_module
from queue import SimpleQueue
from typing import IO, Any, Final

from framesmooth.models.pool import ModelPool
from framesmooth.workflows.crew.base import Doing
from framesmooth.workflows.crew.telling import telling

MODULE: Final = "framesmooth.workflows.crew.worker"
_ORPHANED: Final = 70


def main() -> None:
    """Work until stdin ends or says stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes: the driver decides
    messages = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    tasks: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
    stop = threading.Event()
    threading.Thread(target=_listen, args=(tasks, stop), daemon=True).start()
    use_threads()
    pool = ModelPool()

    def tell(message: dict[str, Any]) -> None:
        messages.write(json.dumps(message) + "\n")

    what, name = sys.argv[1:]
    do = doing_of(what)
    tell({"ready": os.getpid()})
    while (task := tasks.get()) is not None:
        outcome = do(task, telling(lambda event: tell({"told": event}), stop), pool, name)
        tell({"ended": asdict(outcome)})
    messages.flush()
    os._exit(0)  # threads of libraries need not be waited for


def doing_of(name: str) -> Doing:
    """Return the function called "module:function"."""
    module, _, function = name.partition(":")
    found: Doing = getattr(import_module(module), function)
    return found


def _listen(tasks: "SimpleQueue[dict[str, Any] | None]", stop: threading.Event) -> None:
    """Pass tasks on; end the process where the driver has gone without saying stop."""
    lines: IO[bytes] = sys.stdin.buffer
    for line in lines:
        message = json.loads(line)
        if "task" in message:
            tasks.put(message["task"])
        else:
            stop.set()
            tasks.put(None)
    if not stop.is_set():
        os._exit(_ORPHANED)


def use_threads() -> None:
    """Let OpenCV use as many threads as the environment gives to OpenMP."""
    import cv2

    threads = os.environ.get("OMP_NUM_THREADS", "")
    if threads.isdigit():
        cv2.setNumThreads(int(threads))


if __name__ == "__main__":
    main()
