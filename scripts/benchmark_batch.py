"""How many jobs two workers do in the time of one: processes, and actors of Ray.

    python scripts/benchmark_batch.py --jobs 12 --repeats 3
    python scripts/benchmark_batch.py --jobs 12 --repeats 3 --engine processes --one-core-each

The same small clips are smoothed by one worker and by two, which share the threads out, in turns, so that
what else the machine does falls on both. Prints medians as JSON: jobs a minute from the first job's start to
the last one's end, the seconds before that (start of the engine and of the workers, paid once), the ratio of
two workers to one, and the processor time of a job, which tells whether two workers are in each other's way.

With ``--one-core-each`` every worker has one thread and one processor to itself, one worker as well as two:
that is how jobs scale with processors. Without it one worker has the threads of both.
"""

import json
import os
import statistics
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import click
import psutil
from chaos_batch import worker_processes, write_jobs

from framesmooth.workflows.batch.api import batch
from framesmooth.workflows.batch.watching import BatchEvent, JobChanged

ENGINES: Final = ("processes", "ray")


def measure(
    file: Path, folder: Path, engine: str, workers: int, *, one_core_each: bool = False
) -> dict[str, float]:
    """Do the jobs of a file; return seconds before the first begins, jobs a minute, and CPU seconds a job."""
    if one_core_each:
        os.environ["OMP_NUM_THREADS"] = str(workers)  # which workers share out
    begun = time.perf_counter()
    first = last = 0.0
    count = 0
    busy, started, done_before = 0.0, 0.0, 0
    at_work: set[str] = set()

    def watch(event: BatchEvent) -> None:
        nonlocal first, last, count, busy, started, done_before
        if not isinstance(event, JobChanged):
            return
        now = time.perf_counter()
        if event.status == "running" and not first:
            first = now
        if event.status == "running" and event.worker not in at_work:
            at_work.add(event.worker)
            started, done_before = _cpu_seconds(), count  # what all have started with is paid once
            if one_core_each:
                _pin_workers()
        if event.status == "complete":
            last, count = now, count + 1
            busy = max(busy, _cpu_seconds())

    choice: dict[str, Any] = {} if engine == "processes" else {"ray": "local"}
    batch(file, folder, workers=workers, on_event=watch, **choice)
    return {
        "start": first - begun,
        "per_minute": 60 * count / (last - first),
        "cpu_per_job": (busy - started) / (count - done_before),
    }


def _pin_workers() -> None:
    """Give each worker a processor of its own."""
    with_ray = any("raylet" in child.name() for child in psutil.Process().children(recursive=True))
    for index, worker in enumerate(worker_processes(os.getpid(), ray=with_ray)):
        with suppress(psutil.Error):
            worker.cpu_affinity([index % (os.cpu_count() or 1)])


def _cpu_seconds() -> float:
    """Return the processor time of this process and of all below it, those that have ended included."""
    here = psutil.Process()
    spent = here.cpu_times()
    total = float(spent.user + spent.system + spent.children_user + spent.children_system)
    for child in here.children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system
    return total


@click.command()
@click.option("--jobs", default=12, show_default=True)
@click.option("--repeats", default=3, show_default=True)
@click.option("--one-core-each", is_flag=True, help="Every worker has one thread and one processor.")
@click.option("--engine", "engines", multiple=True, type=click.Choice(ENGINES), default=ENGINES)
def main(jobs: int, repeats: int, one_core_each: bool, engines: tuple[str, ...]) -> None:
    """Measure and print."""
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    found: dict[str, Any] = {"load": os.getloadavg()[0], "processors": os.cpu_count()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = write_jobs(folder, jobs, seed=0)
        for engine in engines:
            rows: dict[int, list[dict[str, float]]] = {1: [], 2: []}
            for repeat in range(repeats):
                for workers in (1, 2) if repeat % 2 == 0 else (2, 1):
                    results = folder / f"{engine}-{repeat}-{workers}"
                    rows[workers].append(measure(file, results, engine, workers, one_core_each=one_core_each))
            medians = {
                workers: {name: round(statistics.median(row[name] for row in each), 2) for name in each[0]}
                for workers, each in rows.items()
            }
            ratios = [two["per_minute"] / one["per_minute"] for one, two in zip(*rows.values(), strict=True)]
            found[engine] = {
                "one worker": medians[1],
                "two workers": medians[2],
                "ratio": round(statistics.median(ratios), 2),
                "ratios": [round(ratio, 2) for ratio in ratios],
            }
    click.echo(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
