"""Records of jobs, one for each, beside the results."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import MediaError, OutputExists
from framesmooth.runs import read_json, write_json
from framesmooth.video.locks import is_held
from framesmooth.workflows.batch.job import STATE_FOLDER, Job
from framesmooth.workflows.batch.stamps import are_same

WAITING: Final = "waiting"
RUNNING: Final = "running"
DONE: Final = "complete"
FAILED: Final = "failed"
LEFT: Final = "left"
"""Of a job that ended more than one worker."""
INTERRUPTED: Final = "interrupted"
_VERSION: Final = 1


@dataclass(frozen=True)
class Records:
    """The records of the jobs whose results are in ``folder``."""

    folder: Path

    @property
    def state(self) -> Path:
        """Where the records, locks and logs are."""
        return self.folder / STATE_FOLDER

    def file(self, name: str) -> Path:
        """Return where the record of a job is."""
        return self.state / "jobs" / f"{name}.json"

    def lock_file(self, name: str) -> Path:
        """Return the file whose lock is held by the process that does the job."""
        return self.state / "locks" / name

    def thumbnail(self, name: str) -> Path:
        """Return where the small picture of a result is."""
        return self.state / "pictures" / f"{name}.png"

    def read(self, name: str) -> dict[str, Any]:
        """Return the record of a job, {} where there is none or it is damaged: then it is made again."""
        with suppress(MediaError):
            found = read_json(self.file(name))
            if found.get("version") == _VERSION and isinstance(found.get("status"), str):
                return found
        return {}

    def write(self, job: Job, **changed: Any) -> None:
        """Write what is known of a job, on top of what its record says for the same key.

        Raises:
            MediaError: the record cannot be written.
        """
        before = self.read(job.name)
        before = before if before.get("key") == job.key else {}
        about = {"version": _VERSION, "name": job.name, "verb": job.verb, "key": job.key, "place": job.place}
        write_json(self.file(job.name), before | about | changed)

    def is_done(self, job: Job) -> bool:
        """Tell whether the result is there, complete, made with the same settings of the same files."""
        record = self.read(job.name)
        return (
            record.get("status") == DONE
            and record.get("key") == job.key
            and are_same(job.inputs, _listed(record, "inputs"))
            and are_same([job.output], _listed(record, "outputs"))
        )

    def status(self, job: Job) -> str:
        """Return what has become of a job so far."""
        record = self.read(job.name)
        if record.get("key") != job.key:
            return WAITING
        status = str(record["status"])
        if status == DONE:
            return DONE if self.is_done(job) else WAITING
        if status == RUNNING:
            return RUNNING if is_held(self.lock_file(job.name)) else INTERRUPTED
        return status

    def check(self, job: Job, *, overwrite: bool) -> Job:
        """Return the job with what it may replace: what its own unfinished work has left.

        Raises:
            OutputExists: something else is there, and it may not be overwritten.
        """
        record = self.read(job.name)
        same = record.get("key") == job.key
        status = record.get("status")
        there = job.output.exists() or job.run_folder.exists()
        changed = bool(record) and (
            not same or (status == DONE and not are_same(job.inputs, _listed(record, "inputs")))
        )
        if not there or overwrite or self.is_done(job):
            return job.but(owns_output=there)
        if changed:
            raise OutputExists(
                f"{job.place}: {job.output} was made with other settings or of another file: --overwrite "
                "makes it anew, another name keeps both"
            )
        if not record or (status == DONE and not _is_own(job, record)):
            raise OutputExists(
                f"{job.place}: {job.output if job.output.exists() else job.run_folder} is there already, and "
                "is not of this batch: --overwrite replaces it, another name keeps both"
            )
        return job.but(owns_output=True)


def _is_own(job: Job, record: Mapping[str, Any]) -> bool:
    """Tell whether the output is gone, or is that of the record."""
    return not job.output.exists() or are_same([job.output], _listed(record, "outputs"))


def _listed(record: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = record.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
