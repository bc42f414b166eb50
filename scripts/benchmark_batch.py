"""How many jobs two workers do in the time of one: processes, and actors of Ray.

    python scripts/benchmark_batch.py --jobs 12 --repeats 3
    python scripts/benchmark_batch.py --jobs 12 --repeats 3 --engine processes --one-core-each

The same small clips are smoothed by one worker and by two, which share the threads out, in turns, so that
what else the machine does falls on both. Prints medians as JSON: the seconds before the first job begins
(start of the engine and of the workers, paid once); then, from when every worker has done a job until one of
them has nothing left to do, jobs a minute, the ratio of two workers to one, and the processor time of a job
with all that the engine takes besides: it tells whether workers are in each other's way.

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
import numpy as np
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
    first = 0.0
    began: set[str] = set()
    ended: set[str] = set()
    warm: list[tuple[float, float]] = []
    """Time and processor time at the end of jobs, from the one on after which all workers are warm."""

    def watch(event: BatchEvent) -> None:
        nonlocal first
        if not isinstance(event, JobChanged):
            return
        first = first or time.perf_counter()
        if event.status == "running" and event.worker not in began:
            began.add(event.worker)
            if one_core_each:
                _pin_workers()
        if event.status == "complete":
            ended.add(event.worker)
            if len(ended) == workers:
                warm.append((time.perf_counter(), _cpu_seconds()))

    choice: dict[str, Any] = {} if engine == "processes" else {"ray": "local"}
    batch(file, folder, workers=workers, on_event=watch, **choice)
    seconds, spent = np.subtract(warm[-workers], warm[0])  # at the last ones' end some workers do nothing
    return {
        "start": first - begun,
        "per_minute": 60 * (len(warm) - workers) / seconds,
        "cpu_per_job": spent / (len(warm) - workers),
    }


def _pin_workers() -> None:
    """Give each worker a processor of its own; threads to come have that of the one that starts them."""
    with_ray = any("raylet" in child.name() for child in psutil.Process().children(recursive=True))
    for index, worker in enumerate(worker_processes(os.getpid(), ray=with_ray)):
        with suppress(psutil.Error, OSError):
            for thread in worker.threads():  # an actor works in another one than its first
                os.sched_setaffinity(thread.id, {index % (os.cpu_count() or 1)})


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
