"""Doing one job: under its lock, with its record, every error turned into an outcome."""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import FramesmoothError
from framesmooth.events import Event, Listener, Notice, Stop
from framesmooth.models.pool import ModelPool
from framesmooth.setting import settings_of
from framesmooth.video.locks import lock
from framesmooth.workflows.batch.job import Job, job_of
from framesmooth.workflows.batch.records import DONE, FAILED, INTERRUPTED, RUNNING, Records
from framesmooth.workflows.batch.stamps import stamps
from framesmooth.workflows.batch.verbs import VERBS
from framesmooth.workflows.crew.outcome import Outcome, explained

_log = logging.getLogger(__name__)

DOING: Final = "framesmooth.workflows.batch.work:do_plain"
"""What the workers of a batch do."""
LOW_VRAM: Final = "low_vram"
_PATIENCE: Final = 10.0
"""Seconds that a job waits for its lock: a worker whose driver was killed needs some to notice it."""
_THUMBNAIL: Final = 320
_LATEST: Final = 24
"""The frame that the small picture shows, of clips that are longer than twice that."""
_MOST_NOTICES: Final = 20


def can_save_memory(job: Job) -> bool:
    """Tell whether the job's verb has ``--low-vram``, and it was not given."""
    known = {field.key for field in settings_of(VERBS[job.verb].settings)}
    return LOW_VRAM in known and str(job.values.get(LOW_VRAM, "")).lower() not in ("true", "yes", "on", "1")


def do_plain(job: Mapping[str, Any], emit: Listener, pool: ModelPool, worker: str) -> Outcome:
    """Do a job that was made plain, as a worker does it."""
    return do(job_of(job), emit, pool, worker=worker)


def do(job: Job, emit: Listener, pool: ModelPool, *, worker: str = "") -> Outcome:
    """Do a job if it is not done, and record what came of it.

    Args:
        job: checked already.
        emit: is told what happens; it may raise ``Stop``.
        pool: keeps the models.
        worker: what the record calls the one who did it.
    """
    records, before = Records(job.folder), pool.loads
    started = time.perf_counter()
    try:
        with _locked(records, job):
            if records.is_done(job):
                return Outcome(kind="there", facts=records.read(job.name).get("facts", {}))
            facts = _recorded(records, job, emit, pool, worker)
        kind, message = "done", ""
    except (Exception, Stop) as error:
        kind, message, facts = *explained(error), {}
        if kind == "error":
            _log.exception("%s failed", job.name)  # into the log of the worker
        if kind != "locked":
            with suppress(FramesmoothError):  # a full disk: the record says "running", which nobody does
                status = INTERRUPTED if kind in ("stopped", "full") else FAILED
                records.write(job, status=status, message=message, kind=kind)
    return Outcome(
        kind=kind,
        message=message,
        seconds=round(time.perf_counter() - started, 3),
        loads=pool.loads - before,
        facts=facts,
    )


@contextmanager
def _locked(records: Records, job: Job) -> Iterator[None]:
    path = records.lock_file(job.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with lock(path, seconds=_PATIENCE):
        yield


def _recorded(records: Records, job: Job, emit: Listener, pool: ModelPool, worker: str) -> dict[str, Any]:
    """Do the work, and write a record that says "complete" when the result is there."""
    notices: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, Notice) and event.warning and len(notices) < _MOST_NOTICES:
            notices.append(event.message)
        emit(event)

    records.write(job, status=RUNNING, worker=worker, message="")
    read = stamps(job.inputs)  # before the work: a file that changes meanwhile is not the one that was read
    values = {**job.values, **({"overwrite": True} if job.owns_output else {})}
    started, loads = time.perf_counter(), pool.loads
    facts = VERBS[job.verb].work(job, values, listen, pool)
    records.write(
        job,
        status=DONE,
        message="",
        seconds=round(time.perf_counter() - started, 3),
        loads=pool.loads - loads,
        inputs=read,
        outputs=stamps([job.output]),
        facts=facts,
        notices=notices,
        low_vram=LOW_VRAM in job.values,
    )
    _write_thumbnail(job, records.thumbnail(job.name))
    return facts


def _write_thumbnail(job: Job, path: Path) -> None:
    """Write a small picture of the clip that a job made."""
    from framesmooth.reports.figures import thumbnail
    from framesmooth.runs.open_clip import open_clip
    from framesmooth.video import write_png

    if not VERBS[job.verb].makes_clip:
        return
    with suppress(FramesmoothError, OSError, StopIteration):  # the page shows one picture less
        clip = open_clip(job.output)
        index = min((clip.num_frames or 1) // 2, _LATEST)
        write_png(path, thumbnail(next(islice(iter(clip), index, None)), _THUMBNAIL))
