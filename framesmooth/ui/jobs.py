"""The jobs of a server: a queue that one thread works through, and a folder for each, read back from disk.

Nothing here knows of a browser. A page that is reloaded, closed or opened twice finds the jobs where they
are; a server that was killed goes on with what was running and waiting.
"""

import contextlib
import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Condition, Thread
from typing import Any, Final

from framesmooth.errors import FramesmoothError, RunLocked, UsageError
from framesmooth.events import Listener, Stop
from framesmooth.runs import write_json
from framesmooth.ui.job import INPUT_FOLDER, JOB_FILE, NAME, RESULT_FILE, Job, folder_name
from framesmooth.ui.progress import USUAL
from framesmooth.video.atomic import media_errors
from framesmooth.video.locks import Held, lock

MOST_WAITING: Final = 250
"""Jobs that may wait at once."""
_DELETED: Final = ".deleted-"
_LOCK: Final = ".lock"

_log = logging.getLogger(__name__)

Work = Callable[[Job, Listener], Mapping[str, Any]]
"""Does a job, telling a listener how far it is, and returns what came out as plain JSON types."""


class JobBoard:
    """The jobs in a folder.

    Args:
        folder: of the jobs' folders; it is made if it isn't there.
        work: kind -> what does jobs of that kind.
        most_waiting: jobs that may wait at once.
        idle: is called once in the working thread when there was nothing to do at first.

    Raises:
        RunLocked: another server works there.
        MediaError: a folder that cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        work: Mapping[str, Work],
        *,
        most_waiting: int = MOST_WAITING,
        idle: Callable[[], None] | None = None,
    ) -> None:
        self.folder = folder.resolve()
        self._work, self._most_waiting, self._idle = dict(work), most_waiting, idle
        self._jobs: dict[str, Job] = {}
        self._queue: list[Job] = []
        self._running: Job | None = None
        self._changed = Condition()
        self._closing = False
        self._thread: Thread | None = None
        with media_errors(self.folder, "write"):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._held = contextlib.ExitStack()
            try:
                locks = self._held.enter_context(lock(self.folder / _LOCK))
            except Held as error:
                raise RunLocked(
                    f"another framesmooth ui serves {self.folder}: stop it, or give another --runs"
                ) from error
        if not locks:
            _log.warning("%s has no locks: nothing keeps a second server out of it", self.folder)
        self._load()

    def _load(self) -> None:
        """Read the folder; what was running comes first in the queue, then what was waiting."""
        for path in self.folder.glob(f"{_DELETED}*"):
            shutil.rmtree(path, ignore_errors=True)
        numbers = [0]
        for path in sorted(self.folder.iterdir()):
            if found := NAME.fullmatch(path.name):
                numbers.append(int(found[1]))
            if NAME.fullmatch(path.name) and not path.is_symlink() and (path / JOB_FILE).is_file():
                try:
                    job = Job.load(path)
                except FramesmoothError as error:
                    _log.warning("left out: %s", error)
                    continue
                self._jobs[job.name] = job
        self._last = max(numbers)
        begun = sorted((job for job in self.all if job.status == "running"), key=lambda job: job.number)
        waiting = sorted((job for job in self.all if job.status == "queued"), key=lambda job: job.number)
        self._queue = [*begun, *waiting]
        for job in begun:
            job.status = "queued"

    def start(self) -> None:
        """Begin to work."""
        self._thread = Thread(target=self._loop, name="jobs", daemon=True)
        self._thread.start()

    def close(self, timeout: float = 20.0) -> None:
        """End the work, waiting ``timeout`` seconds at most; a job that runs goes on at the next start."""
        with self._changed:
            self._closing = True
            if self._running is not None:
                self._running.progress.stop()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout)
        self._held.close()

    @property
    def all(self) -> list[Job]:
        """All jobs, the newest first."""
        with self._changed:
            return sorted(self._jobs.values(), key=lambda job: -job.number)

    def get(self, name: str) -> Job:
        """Return a job by its name.

        Raises:
            UsageError: there is none.
        """
        with self._changed:
            job = self._jobs.get(name)
        if job is None:
            raise UsageError(f"there is no run {name[:60]!r}: it may have been deleted")
        return job

    def position(self, job: Job) -> int:
        """Return how many jobs are ahead of one that waits."""
        with self._changed:
            ahead = self._queue.index(job) if job in self._queue else 0
            return ahead + (self._running is not None)

    def submit(
        self, kind: str, title: str, request: Mapping[str, Any], files: Sequence[tuple[str, Path]] = ()
    ) -> Job:
        """Put a job at the end of the queue.

        Args:
            kind: which work it is.
            title: what people call it.
            request: plain JSON types.
            files: (name, path) of files that are moved to the job's ``input`` folder under that name.

        Raises:
            UsageError: an unknown kind, or a full queue.
            MediaError: a full disk.
        """
        if kind not in self._work:
            raise UsageError(f"there is no work {kind[:40]!r}")
        with self._changed:
            self._check_room()
            self._last += 1
            folder = self.folder / folder_name(self._last, title)
            job = Job(
                folder=folder,
                kind=kind,
                title=title,
                request=dict(request),
                created=datetime.now(UTC).isoformat(timespec="seconds"),
            )
            with media_errors(folder, "write"):
                (folder / INPUT_FOLDER).mkdir(parents=True)
                for name, path in files:
                    shutil.move(path, folder / INPUT_FOLDER / name)
            job.save()
            self._jobs[job.name] = job
            self._queue.append(job)
            self._changed.notify_all()
        return job

    def _check_room(self) -> None:
        if len(self._queue) >= self._most_waiting:
            raise UsageError(f"{self._most_waiting} jobs wait already: try again when some are done")

    def stop(self, name: str) -> Job:
        """Stop a job that runs or waits; what is finished of it stays."""
        job = self.get(name)
        with self._changed:
            if job in self._queue:
                self._queue.remove(job)
                job.status = "stopped"
                job.save()
            elif job is self._running:
                job.progress.stop()
        return job

    def resume(self, name: str) -> Job:
        """Put a job that was stopped, or failed, at the end of the queue.

        Raises:
            UsageError: it is done, or a full queue.
        """
        job = self.get(name)
        with self._changed:
            if job in self._queue or job is self._running:
                return job
            if job.status == "done":
                raise UsageError(f"{job.title} is done already")
            self._check_room()
            job.status, job.error = "queued", ""
            job.progress.begin({})
            job.save()
            self._queue.append(job)
            self._changed.notify_all()
        return job

    def redo(self, name: str, request: Mapping[str, Any], title: str | None = None) -> Job:
        """Put a job into the queue once more, with another request; what it has made is there for it.

        Raises:
            UsageError: it runs or waits, or a full queue.
        """
        job = self.get(name)
        with self._changed:
            if job in self._queue or job is self._running:
                raise UsageError(f"{job.title} is being made: stop it first")
            self._check_room()
            job.request, job.title = dict(request), title or job.title
            job.status = "stopped"
        return self.resume(name)

    def delete(self, name: str) -> None:
        """Delete a job with all its files.

        Raises:
            UsageError: it runs: stop it first.
        """
        job = self.get(name)
        with self._changed:
            if job is self._running:
                raise UsageError(f"{job.title} is being made: stop it first")
            if job in self._queue:
                self._queue.remove(job)
            gone = self.folder / f"{_DELETED}{job.name}"
            with media_errors(job.folder, "write"):
                job.folder.rename(gone)
            del self._jobs[job.name]
        shutil.rmtree(gone, ignore_errors=True)

    def wait(self, job: Job, timeout: float) -> bool:
        """Wait until a job neither waits nor runs; return whether it is so."""
        with self._changed:
            return self._changed.wait_for(
                lambda: job not in self._queue and job is not self._running, timeout
            )

    def _loop(self) -> None:
        if self._idle is not None and self._is_idle(8.0):
            with contextlib.suppress(Exception):  # a job says what is wrong with the model
                self._idle()
        while (job := self._next()) is not None:
            self._run(job)

    def _is_idle(self, seconds: float) -> bool:
        with self._changed:
            return not self._changed.wait_for(lambda: self._queue or self._closing, seconds)

    def _next(self) -> Job | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing)
            if self._closing:
                return None
            job = self._running = self._queue.pop(0)
            job.status = "running"
            last = next((one for one in self.all if one.kind == job.kind and one.timings), None)
            job.progress.begin(USUAL.get(job.kind, {}) if last is None else last.timings)
            return job

    def _run(self, job: Job) -> None:
        status, error = "failed", ""
        try:
            job.save()
            result = self._work[job.kind](job, job.progress)
            write_json(job.folder / RESULT_FILE, result)
            status = "done"
            job.timings = dict(job.progress.timings)
        except Stop:
            status = "running" if self._closing else "stopped"
        except FramesmoothError as problem:
            error = str(problem).replace(f"{job.folder}/", "")  # where that is, is the owner's business
        except MemoryError:
            error = "the machine ran out of memory: make the clip smaller or shorter"
        except Exception as problem:
            _log.exception("%s failed", job.name)
            error = f"unexpected {type(problem).__name__}: {str(problem)[:300]}; please report it"
        with self._changed:
            job.status, job.error = status, error  # type: ignore[assignment]
            self._running = None
            with contextlib.suppress(FramesmoothError):  # a full disk: the server goes on
                job.save()
            self._changed.notify_all()
