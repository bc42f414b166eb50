"""Doing many jobs: planned, shared out to workers, summed up."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from framesmooth.errors import FramesmoothError, MediaError, RunLocked
from framesmooth.events import Notice
from framesmooth.video.atomic import media_errors
from framesmooth.video.locks import Held, doubt_about_locks, lock
from framesmooth.workflows.batch.driver import Driver
from framesmooth.workflows.batch.job import Job
from framesmooth.workflows.batch.plan import plan
from framesmooth.workflows.batch.records import LEFT, Records
from framesmooth.workflows.batch.result import BatchResult, results_of
from framesmooth.workflows.batch.settings import BatchSettings
from framesmooth.workflows.batch.sharding import Shard, find_shard
from framesmooth.workflows.batch.summary import write_summary
from framesmooth.workflows.batch.watching import Watcher, unwatched
from framesmooth.workflows.batch.work import DOING
from framesmooth.workflows.crew.base import Crew
from framesmooth.workflows.crew.processes import ProcessCrew, gpus_here, places


def batch(
    jobs: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    on_event: Watcher = unwatched,
    **settings: Any,
) -> BatchResult:
    """Do the jobs of one or more files; those that are done already are kept.

    Args:
        jobs: files of jobs: YAML, JSON, JSON lines, CSV, or settings of Deforum.
        output: the folder of the results.
        on_event: is told how the jobs go.
        settings: by name, as ``workers=2, retries=0``: the options of the command, with _ for -.

    Returns:
        How each job of this part stands, failed ones among them.

    Raises:
        UsageError: a job that is not accepted, with file and line; nothing was done then.
        RunLocked: another process does the jobs of this folder.
        FramesmoothError: its children say what else was wrong; what is done is kept.
    """
    return run_batch(_settings(jobs, output, settings), on_event)


def batch_status(
    jobs: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    **settings: Any,
) -> BatchResult:
    """Return how the jobs of files stand, without doing any; arguments as of :func:`batch`.

    Raises:
        UsageError: a job that is not accepted, with file and line.
    """
    return status_of(_settings(jobs, output, settings))


def status_of(settings: BatchSettings) -> BatchResult:
    """Return how jobs stand; see :func:`batch_status`."""
    planned, _ = _part(settings)
    return BatchResult(folder=settings.output, jobs=results_of(planned, Records(settings.output)))


def run_batch(settings: BatchSettings, watch: Watcher) -> BatchResult:
    """Do jobs; see :func:`batch`."""
    started = time.perf_counter()
    planned, shard = _part(settings)
    records = Records(settings.output)
    checked = [records.check(job, overwrite=settings.overwrite) for job in planned]
    for note in dict.fromkeys(note for job in checked for note in job.notes):
        watch(Notice(note, warning=True))
    if shard.source:
        watch(Notice(f"part {shard} of the jobs, by {shard.source}"))
    with _reached(settings, checked, records), _alone(records, shard, watch):
        missing = [job for job in checked if not records.is_done(job)]
        done = len(checked) - len(missing)
        wanted = [job for job in missing if _is_wanted(job, settings, records)]
        for job in missing:
            if job not in wanted:
                why = records.read(job.name).get("message", "")
                watch(Notice(f"{job.name} is left ({why}); --again tries it again", warning=True))
        loads = 0
        try:
            if wanted:
                driver = Driver(_crew(settings, wanted, records), records, watch, retries=settings.retries)
                try:
                    driver.run(wanted, done=done)
                finally:
                    loads = driver.loads
        except BaseException:
            _summed_up(settings, planned, shard, watch)
            raise
        page = _summed_up(settings, planned, shard, watch)
    return BatchResult(
        folder=settings.output,
        jobs=results_of(planned, records),
        page=page,
        reused=done,
        loads=loads,
        seconds=time.perf_counter() - started,
    )


def _settings(jobs: Any, output: Any, settings: dict[str, Any]) -> BatchSettings:
    files = (jobs,) if isinstance(jobs, str | os.PathLike) else tuple(jobs)
    return BatchSettings.of(files=tuple(map(Path, files)), output=Path(output), **settings)


def _part(settings: BatchSettings) -> tuple[list[Job], Shard]:
    """Return the jobs of this part, and which part it is."""
    shard = find_shard(settings.shard, os.environ)
    return plan(settings.files, settings.output, shard), shard


def _is_wanted(job: Job, settings: BatchSettings, records: Records) -> bool:
    """Tell whether a job that is not done is to be done now."""
    return settings.again or records.status(job) != LEFT


@contextmanager
def _reached(settings: BatchSettings, jobs: Sequence[Job], records: Records) -> Iterator[None]:
    """Stay connected to Ray while the block runs, where there is work for it: before anything is written.

    Raises:
        UsageError: Ray is not installed, or there is no such cluster.
    """
    if settings.ray is None or not any(
        _is_wanted(job, settings, records) and not records.is_done(job) for job in jobs
    ):
        yield
        return
    from framesmooth.workflows.crew.ray_connection import reached
    from framesmooth.workflows.crew.ray_crew import ADVICE

    with reached(settings.ray, f"--ray {settings.ray}", ADVICE):
        yield


@contextmanager
def _alone(records: Records, shard: Shard, watch: Watcher) -> Iterator[None]:
    """Keep other drivers of the same part out while the block runs.

    Raises:
        RunLocked: there is one.
        MediaError: the folder cannot be written.
    """
    with ExitStack() as held:
        with media_errors(records.folder, "write"):
            records.state.mkdir(parents=True, exist_ok=True)
            try:
                locks = held.enter_context(lock(records.state / f"driver{shard.suffix}.lock"))
            except Held as error:
                raise RunLocked(
                    f"another framesmooth does these jobs in {records.folder}: wait for it, or stop it first"
                ) from error
        doubt = doubt_about_locks(records.folder) if locks else "its file system has no locks"
        if doubt is not None:
            told = f"{records.folder}: {doubt}; give each machine its own --shard, and start each once"
            watch(Notice(told, warning=True))
        yield


def _crew(settings: BatchSettings, jobs: Sequence[Job], records: Records) -> Crew[Job]:
    if settings.ray is not None:
        from framesmooth.workflows.crew.ray_crew import RayCrew

        return RayCrew(settings.ray, settings.workers, DOING)
    gpus = gpus_here() if any(job.model for job in jobs) else []
    return ProcessCrew(places(settings.workers, gpus, os.environ), records.state / "logs", DOING)


def _summed_up(settings: BatchSettings, planned: Sequence[Job], shard: Shard, watch: Watcher) -> Path | None:
    """Write the summary; a disk that is full keeps it from being written, and nothing else."""
    records = Records(settings.output)
    try:
        standing = BatchResult(folder=settings.output, jobs=results_of(planned, records))
        return write_summary(standing, shard.suffix)
    except MediaError as error:
        watch(Notice(f"no summary was written: {error}", warning=True))
        return None


def complete_or_raise(result: BatchResult) -> None:
    """Raise FramesmoothError with the names of the jobs that failed, if some did."""
    if not result.failed:
        return
    named = ", ".join(job.name for job in result.failed[:8])
    more = f" and {len(result.failed) - 8} more" if len(result.failed) > 8 else ""
    raise FramesmoothError(
        f"{len(result.failed)} of {len(result.jobs)} jobs failed: {named}{more}; the same command tries "
        f"them again, {result.page or result.folder} says why"
    )
