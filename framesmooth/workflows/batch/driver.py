"""Handing out jobs: to which worker, how often, and when to give one up."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from framesmooth.errors import FramesmoothError, MediaError
from framesmooth.events import Notice
from framesmooth.workflows.batch.job import Job
from framesmooth.workflows.batch.job_queue import JobQueue
from framesmooth.workflows.batch.records import DONE, FAILED, INTERRUPTED, LEFT, RUNNING, WAITING, Records
from framesmooth.workflows.batch.watching import BatchStarted, JobChanged, JobStage, Watcher
from framesmooth.workflows.batch.work import LOW_VRAM, can_save_memory
from framesmooth.workflows.crew.base import Crew, Died, Ended, News, Ready
from framesmooth.workflows.crew.outcome import Outcome

_MOST_DEATHS: Final = 2
"""Workers that a job may end."""
_MOST_FALSE_STARTS: Final = 3
"""Workers one after another that end before they have worked."""
_MOST_LOCKED: Final = 3
_PATIENCE: Final = 20.0
"""Seconds that workers have to stop by themselves."""
_TURN: Final = 0.5
_SLOW_START: Final = 120.0
"""Seconds after which workers that are not there are told of."""


@dataclass
class _Tries:
    failures: int = 0
    deaths: int = 0
    locked: int = 0


class Driver:
    """Gives jobs to a crew until all are done, failed or left.

    Attributes:
        loads: how many models were loaded.
        halted: why no more jobs are given out, "" as long as they are.
    """

    def __init__(self, crew: Crew[Job], records: Records, watch: Watcher, *, retries: int) -> None:
        self.loads, self.halted = 0, ""
        self._crew, self._records, self._watch, self._retries = crew, records, watch, retries
        self._queue = JobQueue([])
        self._tries: dict[str, _Tries] = {}
        self._ready: set[int] = set()
        self._working: dict[int, Job] = {}
        self._models: dict[int, str] = {}
        self._told: set[str] = set()
        self._false_starts = 0

    def run(self, jobs: Sequence[Job], *, done: int = 0) -> None:
        """Do jobs; ``done`` of the part are done already.

        Raises:
            FramesmoothError: workers cannot be started, or the disk is full.
            KeyboardInterrupt, SystemExit: from outside; workers have stopped, and their records say so.
        """
        self._queue = JobQueue(jobs)
        self._tries = {job.name: _Tries(deaths=self._deaths(job)) for job in jobs}
        count = min(len(self._crew), len(jobs))
        self._watch(BatchStarted(len(jobs) + done, done, count))
        try:
            for worker in range(count):
                self._crew.start(worker)
            begun = time.monotonic()
            while self._working or (self._queue and not self.halted):
                self._give()
                if not self._working and not self._ready and time.monotonic() - begun > _SLOW_START:
                    self._warn("batch", "no worker is there yet: is there room for one?")
                for news in self._crew.news(_TURN):
                    self._hear(news)
        except (KeyboardInterrupt, SystemExit):
            self._stop()
            raise
        finally:
            self._crew.close()
        if self.halted:
            raise MediaError(self.halted)

    def _deaths(self, job: Job) -> int:
        record = self._records.read(job.name)
        deaths = record.get("deaths", 0) if record.get("key") == job.key else 0
        return deaths if isinstance(deaths, int) and record.get("status") != LEFT else 0

    def _give(self) -> None:
        for worker in sorted(self._ready):
            if not self._queue or self.halted:
                return
            others = [model for other, model in self._models.items() if other != worker]
            job = self._queue.take(self._models.get(worker), others)
            self._ready.discard(worker)
            self._working[worker], self._models[worker] = job, job.model
            self._crew.give(worker, job)
            self._watch(JobChanged(job.name, RUNNING, self._crew.name(worker)))

    def _hear(self, news: News) -> None:
        if isinstance(news, Ready):
            self._false_starts = 0
            self._ready.add(news.worker)
        elif isinstance(news, Ended):
            self._ready.add(news.worker)
            self._ended(self._working.pop(news.worker), news.outcome, self._crew.name(news.worker))
        elif isinstance(news, Died):
            self._died(news)
        elif news.worker in self._working:
            name, worker = self._working[news.worker].name, self._crew.name(news.worker)
            event = news.event
            if event["event"] == "notice":
                self._warn(name, str(event["message"]))
            else:
                self._watch(JobStage(name, worker, event["stage"], event["done"], event["total"]))

    def _warn(self, name: str, message: str) -> None:
        """Pass a warning on: once, where many jobs have the same; their records hold all."""
        if message not in self._told:
            self._told.add(message)
            self._watch(Notice(f"{name}: {message}", warning=True))

    def _ended(self, job: Job, outcome: Outcome, worker: str) -> None:
        """Take note of an outcome; let the job wait for another try where that may help."""
        kind, message = outcome.kind, outcome.message
        self.loads += outcome.loads
        status = WAITING
        if kind in ("done", "there"):
            status, message = DONE, "was done already" if kind == "there" else ""
        elif kind == "full":
            self.halted = message
        elif kind == "stopped":
            status = INTERRUPTED
        elif kind == "memory" and can_save_memory(job):
            saving = {**job.values, LOW_VRAM: "true"}
            self._queue.add(job.but(values=saving, owns_output=True), first=True)
            message += "; once more with --low-vram"
        elif kind == "locked" and self._counted(job, "locked").locked < _MOST_LOCKED:
            self._queue.add(job)
        elif kind == "error" and self._counted(job, "failures").failures <= self._retries:
            self._queue.add(job.but(owns_output=True))
            message += f"; retry {self._tries[job.name].failures} of {self._retries} follows"
        else:
            status = FAILED
        self._watch(JobChanged(job.name, status, worker, message, outcome.seconds))

    def _counted(self, job: Job, what: str) -> _Tries:
        tries = self._tries[job.name]
        setattr(tries, what, getattr(tries, what) + 1)
        return tries

    def _died(self, news: Died) -> None:
        self._ready.discard(news.worker)
        self._models.pop(news.worker, None)
        job = self._working.pop(news.worker, None)
        if job is None:
            self._false_starts += 1
            if self._false_starts >= _MOST_FALSE_STARTS:
                raise FramesmoothError(f"{self._crew.name(news.worker)} cannot be started: {news.how}")
        else:
            tries = self._counted(job, "deaths")
            left = tries.deaths >= _MOST_DEATHS
            was = "was " if news.how.startswith("killed") else ""
            message = f"its worker {was}{news.how}"
            message += f"; {tries.deaths} workers have ended with it" if left else "; it is tried once more"
            try:
                self._records.write(
                    job, status=LEFT if left else INTERRUPTED, deaths=tries.deaths, message=message
                )
            except MediaError as error:
                self.halted = str(error)
            if not left:
                self._queue.add(job.but(owns_output=True))
            self._watch(
                JobChanged(job.name, LEFT if left else WAITING, self._crew.name(news.worker), message)
            )
        if self._queue and not self.halted:
            self._crew.start(news.worker)

    def _stop(self) -> None:
        """Let the workers stop at the next event of their jobs."""
        self._crew.ask_to_stop()
        end = time.monotonic() + _PATIENCE
        while self._working and time.monotonic() < end:
            for news in self._crew.news(_TURN):
                if isinstance(news, Ended | Died):
                    job = self._working.pop(news.worker, None)
                    if job is not None and not (isinstance(news, Ended) and news.outcome.kind == "done"):
                        self._watch(JobChanged(job.name, INTERRUPTED, self._crew.name(news.worker)))
        for job in self._working.values():  # those that did not stop are ended by force
            with suppress(FramesmoothError):
                self._records.write(job, status=INTERRUPTED)
