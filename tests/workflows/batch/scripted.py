"""A crew whose workers do what a script says, and jobs for it."""

from collections.abc import Callable, Iterable
from pathlib import Path

from framesmooth.workflows.batch.job import Job
from framesmooth.workflows.crew.base import News, Ready

Script = Callable[[int, Job], Iterable[News]]


class ScriptedCrew:
    """Workers that answer each job with the news that ``script`` gives for it."""

    def __init__(self, count: int, script: Script) -> None:
        self._count, self._script = count, script
        self._news: list[News] = []
        self.given: list[tuple[int, str]] = []
        self.started: list[int] = []
        self.closed = False

    def __len__(self) -> int:
        return self._count

    def name(self, worker: int) -> str:
        return f"worker {worker + 1}"

    def start(self, worker: int) -> None:
        self.started.append(worker)
        self._news.append(Ready(worker))

    def give(self, worker: int, job: Job) -> None:
        self.given.append((worker, job.name))
        self._news += self._script(worker, job)

    def news(self, seconds: float) -> list[News]:
        found, self._news = self._news, []
        return found

    def ask_to_stop(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


def job_named(name: str, folder: Path, *, verb: str = "smooth", model: str = "", key: str = "k") -> Job:
    return Job(
        name=name,
        verb=verb,
        subject=("in",),
        values={},
        output=folder / f"{name}.mp4",
        place="jobs.yaml:1",
        key=key,
        model=model,
    )
