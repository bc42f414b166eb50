"""The result of a batch: the status of each job, by the records."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from framesmooth.workflows.batch.job import Job
from framesmooth.workflows.batch.records import DONE, FAILED, LEFT, WAITING, Records


@dataclass(frozen=True, kw_only=True)
class JobResult:
    """How one job stands.

    Attributes:
        name: of the job.
        verb: what it does.
        status: "complete", "failed", "left", "running", "interrupted" or "waiting".
        output: the result, there if it is complete.
        place: file and line that ask for it.
        message: why it failed or is left.
        seconds: how long it took.
        facts: of the result.
        notices: what its work warned of.
    """

    name: str
    verb: str
    status: str
    output: str
    place: str
    message: str = ""
    seconds: float | None = None
    facts: dict[str, Any]
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BatchResult:
    """How the jobs of a batch stand.

    Attributes:
        folder: of the results.
        jobs: in the order of their files.
        page: the summary page, None where none was written.
        reused: how many were done before.
        loads: how many models were loaded.
        seconds: how long it took.
    """

    folder: Path
    jobs: tuple[JobResult, ...]
    page: Path | None = None
    reused: int = 0
    loads: int = 0
    seconds: float = 0.0

    @property
    def counts(self) -> dict[str, int]:
        """Status -> how many jobs have it."""
        return dict(Counter(job.status for job in self.jobs))

    @property
    def failed(self) -> tuple[JobResult, ...]:
        """The jobs that failed or are left."""
        return tuple(job for job in self.jobs if job.status in (FAILED, LEFT))

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        return {
            "folder": str(self.folder),
            "counts": self.counts,
            "reused": self.reused,
            "model_loads": self.loads,
            "seconds": round(self.seconds, 3),
            "page": None if self.page is None else str(self.page),
            "jobs": [asdict(job) for job in self.jobs],
        }


def results_of(jobs: Sequence[Job], records: Records) -> tuple[JobResult, ...]:
    """Return how jobs stand by their records."""
    return tuple(_result(job, records) for job in jobs)


def _result(job: Job, records: Records) -> JobResult:
    status, record = records.status(job), records.read(job.name)
    about: dict[str, Any] = {} if status == WAITING else record
    return JobResult(
        name=job.name,
        verb=job.verb,
        status=status,
        output=str(job.output),
        place=job.place,
        message="" if status == DONE else str(about.get("message", "")),
        seconds=about.get("seconds") if status == DONE else None,
        facts=dict(about.get("facts", {})) if status == DONE else {},
        notices=tuple(map(str, about.get("notices", ()))) if status == DONE else (),
    )
