"""The jobs that wait, given out so that models are loaded least often."""

from collections import deque
from collections.abc import Collection, Iterable

from framesmooth.workflows.batch.job import Job


class JobQueue:
    """Jobs in groups that share a model, in the order of their files."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._groups: dict[str, deque[Job]] = {}
        for job in jobs:
            self.add(job)

    def __len__(self) -> int:
        """Return how many jobs wait."""
        return sum(map(len, self._groups.values()))

    def add(self, job: Job, *, first: bool = False) -> None:
        """Let a job wait, behind all others of its model or before them."""
        group = self._groups.setdefault(job.model, deque())
        group.appendleft(job) if first else group.append(job)

    def take(self, loaded: str | None, elsewhere: Collection[str]) -> Job:
        """Return the next job for a worker.

        It is one of the model that the worker has ``loaded``; else of the model with most jobs, if possible
        one that no worker has loaded ``elsewhere``.
        """
        if loaded not in self._groups:
            free = [model for model in self._groups if model not in elsewhere] or list(self._groups)
            loaded = max(free, key=lambda model: len(self._groups[model]))
        group = self._groups[loaded]
        job = group.popleft()
        if not group:
            del self._groups[loaded]
        return job
