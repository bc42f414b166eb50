"""Smoothing by several processes: each takes parts of the clip, and the bytes are those of one process."""

import os
import pickle
import queue
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Final

import framesmooth
from framesmooth.errors import FramesmoothError, MediaError, UsageError
from framesmooth.frames import Frame
from framesmooth.smoothing.odd_frames import ISOLATION
from framesmooth.smoothing.parts import Divisible, Part, Shown, part_length, parts_of
from framesmooth.video.held_frames import Repeat

_BESIDE: Final = ISOLATION + 1
_THREADS: Final = "FRAMESMOOTH_WORKER_THREADS"


@dataclass(frozen=True)
class Answer:
    """What a worker makes of a part.

    Attributes:
        frames: smoothed, those that were asked for.
        replaced: indices of odd frames that were replaced.
        lost: indices of frames whose motion could not be followed.
    """

    frames: tuple[Frame, ...]
    replaced: tuple[int, ...]
    lost: tuple[int, ...]


def by_workers(smoother: Divisible, stream: Iterable[Shown], *, length: int | None = None) -> Iterator[Frame]:
    """Yield the smoothed frames that belong to the clip, made by ``smoother.workers`` processes.

    Motion is followed twice around the ends of parts. At most one part more than there are workers waits in
    memory.

    Args:
        smoother: one whose ``divides`` is true.
        stream: the frames of the clip and around it.
        length: how many frames a part has at least; None is by their size.

    Raises:
        UsageError: a smoother that other processes cannot be handed.
        MediaError: a process that ended.
    """
    made: Any = smoother
    lone = replace(
        made,
        workers=1,
        lead_in=(),
        lead_out=(),
        guide=None if smoother.guide is None else (),
        on_replaced=None,
        on_lost=None,
    )
    parts = parts_of(
        stream,
        memory=smoother.memory + 1,
        reach=smoother.reach + 1,
        beside=_BESIDE,
        length=lambda frame: length or part_length(frame, smoother.workers, smoother.num_frames),
    )
    last: Frame | None = None
    with _team(lone, smoother.workers) as team:
        for part, answer in _in_order(parts, team, smoother.workers):
            told = ((smoother.on_replaced, answer.replaced), (smoother.on_lost, answer.lost))
            for listener, indices in told:
                if listener is not None:
                    for index in indices:
                        listener(index)
            wanted = [shown for shown in part.shown if shown.index in part.wanted]
            still = last  # until another picture comes, that of the part before goes on
            for shown, answered in zip(wanted, answer.frames, strict=True):
                if shown.repeat is not Repeat.STILL:
                    still = None
                if shown.repeat is Repeat.NEW:
                    last = answered
                frame = answered
                if still is not None:
                    frame = still.copy() if smoother.strength_at(shown.index) else shown.frame.copy()
                if shown.belongs:
                    yield frame


def smooth_part(smoother: Divisible, part: Part) -> Answer:
    """Smooth a part of a clip, as a worker does it."""
    replaced: list[int] = []
    lost: list[int] = []
    made: Any = smoother
    alone = replace(made, only=part.wanted, on_replaced=replaced.append, on_lost=lost.append)
    shown = [replace(each, belongs=each.index in part.wanted) for each in part.shown]
    frames = tuple(alone.smooth_shown(shown, part.followed))
    return Answer(frames, tuple(replaced), tuple(lost))


def _in_order(parts: Iterable[Part], team: "_Team", count: int) -> Iterator[tuple[Part, Answer]]:
    """Yield every part with its answer, in order; ``count`` + 1 are under way at a time."""
    waiting: deque[tuple[Part, Future[Answer]]] = deque()
    for part in parts:
        waiting.append((part, team.submit(part)))
        if len(waiting) > count:
            first, answer = waiting.popleft()
            yield first, answer.result()
    while waiting:
        first, answer = waiting.popleft()
        yield first, answer.result()


class _Team:
    """Processes that smooth parts."""

    def __init__(self, processes: list["subprocess.Popen[bytes]"]) -> None:
        self._processes = processes
        self._idle: queue.SimpleQueue[subprocess.Popen[bytes]] = queue.SimpleQueue()
        for process in processes:
            self._idle.put(process)
        self._threads = ThreadPoolExecutor(len(processes), "framesmooth-worker")

    def submit(self, part: Part) -> "Future[Answer]":
        """Let the next free process smooth a part."""
        return self._threads.submit(self._ask, part)

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            process.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for process in self._processes:
            for end in (process.stdin, process.stdout):
                if end is not None:
                    with suppress(OSError):
                        end.close()
            process.wait()

    def _ask(self, part: Part) -> Answer:
        process = self._idle.get()
        try:
            _send(process, part)
            answer = pickle.load(_end_of(process.stdout))
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            told = f"a process that smoothed frames {part.wanted.start}-{part.wanted.stop - 1} ended"
            code = process.poll()
            reason = f" (signal {-code})" if code is not None and code < 0 else ""
            raise MediaError(f"{told}{reason}: if the memory is full, give fewer --workers") from error
        finally:
            self._idle.put(process)
        if isinstance(answer, BaseException):
            raise answer
        assert isinstance(answer, Answer)
        return answer


@contextmanager
def _team(smoother: Divisible, count: int) -> Iterator[_Team]:
    """Start processes that know the smoother, and end them with the block, whatever happens in it."""
    try:
        known = pickle.dumps(smoother)
    except Exception as error:
        raise UsageError(f"--workers cannot hand {smoother!r} to other processes: {error}") from error
    root = str(Path(framesmooth.__file__).parent.parent)
    paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    threads = max((os.cpu_count() or 1) // count, 1)
    # Ctrl-C is for the process that hands out the work: when it ends, so do these.
    apart: dict[str, Any] = {} if os.name == "nt" else {"process_group": 0}
    processes = [
        subprocess.Popen(
            [sys.executable, "-P", "-m", "framesmooth.smoothing.workers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": paths, _THREADS: str(threads)},
            **apart,
        )
        for _ in range(count)
    ]
    team = _Team(processes)
    try:
        for process in processes:
            _end_of(process.stdin).write(known)
            _end_of(process.stdin).flush()
        yield team
    finally:
        team.close()


def _send(process: "subprocess.Popen[bytes]", part: Part) -> None:
    stdin = _end_of(process.stdin)
    pickle.dump(part, stdin, protocol=pickle.HIGHEST_PROTOCOL)
    stdin.flush()


def _end_of(end: IO[bytes] | None) -> IO[bytes]:
    assert end is not None
    return end


def _work(given: IO[bytes], answers: IO[bytes]) -> None:
    """Smooth the parts that come until no more do."""
    import cv2

    cv2.setNumThreads(int(os.environ.get(_THREADS, "1")))
    smoother: Any = pickle.load(given)
    while True:
        try:
            part = pickle.load(given)
        except EOFError:
            return
        answer: Answer | Exception
        try:
            answer = smooth_part(smoother, part)
        except FramesmoothError as error:
            answer = error
        except Exception as error:
            answer = MediaError(f"a worker failed: {type(error).__name__}: {error}")
        pickle.dump(answer, answers, protocol=pickle.HIGHEST_PROTOCOL)
        answers.flush()


def _main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is printed must not come between the answers
    with suppress(BrokenPipeError):
        _work(sys.stdin.buffer, answers)


if __name__ == "__main__":
    from framesmooth.smoothing import workers

    workers._main()
