"""Does jobs while workers, drivers and the disk fail, and compares every result with that of a single run.

    python scripts/chaos_batch.py --jobs 50 --kill-every 10
    python scripts/chaos_batch.py --jobs 50 --kill-every 10 --ray

A worker is killed at random every so many seconds, the driver twice, and the disk is full once: the results
lie on a file system of a few megabytes, if this machine may mount one, which is filled for a while. With
``--ray`` a second raylet joins the first, and is killed. Prints what happened as JSON; exit code 1 if a
result differs from a single run, was made twice, or is missing.
"""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
import cv2
import numpy as np
import psutil

import framesmooth
from framesmooth.video import write_png
from framesmooth.workflows.batch.job import Job
from framesmooth.workflows.batch.plan import plan
from framesmooth.workflows.crew.worker import MODULE
from framesmooth.workflows.smooth import smooth

DISK: Final = "64m"
_RUNS: Final = 60
_FRAMES: Final = 8
_SIZE: Final = (96, 128)
_STRENGTHS: Final = 5


@dataclass
class Chaos:
    """What is done to a batch, and what came of it.

    Attributes:
        jobs: file of jobs.
        output: folder of the results.
        options: of the command, besides.
        seconds: between two kills.
        rng: decides which worker.
        driver_kills: how many drivers are still to be killed.
        fill: how often the disk is still to be full.
        raylet: kills a second raylet; None where there is none, or no longer.
    """

    jobs: Path
    output: Path
    options: Sequence[str]
    seconds: float
    rng: random.Random
    driver_kills: int = 2
    fill: int = 1
    raylet: Callable[[], None] | None = None
    happened: Counter[str] = field(default_factory=Counter)
    made: Counter[str] = field(default_factory=Counter)

    def run(self) -> bool:
        """Run the command again and again until it has nothing left to do; return whether that came."""
        for _ in range(_RUNS):
            self.happened["runs"] += 1
            if self._once() == 0:
                return True
        return False

    def _once(self) -> int:
        """Run the command once; return its exit code, below 0 where it was killed."""
        command = [sys.executable, "-P", "-m", "framesmooth", "batch", str(self.jobs), "-o", str(self.output)]
        command += ["--progress", "json", "--again", "--retries", "2", *self.options]
        told = self.output.parent / "told.jsonl"
        with told.open("wb") as log, _full(self.output, self._begins_full()):
            driver = subprocess.Popen(command, stderr=log, stdout=subprocess.DEVNULL, env=_environment())
            kill_driver = self.driver_kills > 0
            end = time.monotonic() + self.rng.uniform(2, 4) * self.seconds
            while True:
                with suppress(subprocess.TimeoutExpired):
                    driver.wait(timeout=self.seconds * self.rng.uniform(0.7, 1.3))
                if driver.poll() is not None:
                    break
                if kill_driver and time.monotonic() > end:
                    driver.send_signal(signal.SIGKILL)
                    self.driver_kills -= 1
                    self.happened["drivers killed"] += 1
                else:
                    self._kill_one(driver.pid)
        for line in told.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError):
                self._note(json.loads(line))
        return driver.returncode

    def _note(self, event: dict[str, Any]) -> None:
        if event.get("event") == "JobChanged" and event["status"] == "complete" and not event["message"]:
            self.made[event["name"]] += 1

    def _begins_full(self) -> bool:
        """Tell whether the disk is full in this run: after two, when some results are there."""
        begins = self.fill > 0 and self.happened["runs"] >= 3 and self.output.is_mount()
        self.fill -= begins
        self.happened["times full"] += begins
        return begins

    def _kill_one(self, driver: int) -> None:
        """Kill a worker of the driver, or the second raylet with all of its workers."""
        if self.raylet is not None and self.happened["workers killed"] >= 1:
            self.raylet()
            self.raylet = None
            self.happened["raylets killed"] += 1
            return
        workers = list(worker_processes(driver, ray="--ray" in self.options))
        if workers:
            with suppress(psutil.Error):
                self.rng.choice(workers).kill()
                self.happened["workers killed"] += 1


def worker_processes(driver: int, *, ray: bool) -> Iterator[psutil.Process]:
    """Yield the processes that work: children of the driver, or actors of the raylets of this process."""
    with suppress(psutil.Error):
        found = psutil.Process(os.getpid() if ray else driver).children(recursive=ray)
        for process in found:
            with suppress(psutil.Error):
                line = " ".join(process.cmdline())
                if (ray and line.startswith("ray::Actor")) or (not ray and MODULE in line):
                    yield process


def _environment() -> dict[str, str]:
    """Return the environment of a driver that runs this very framesmooth."""
    return {**os.environ, "PYTHONPATH": str(Path(framesmooth.__file__).parents[1])}


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Mount a small file system at ``folder`` while the block runs; give whether that was allowed."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", str(folder)]
    mounted = shutil.which("mount") is not None and subprocess.run(mount, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=False)


@contextmanager
def _full(folder: Path, wanted: bool) -> Iterator[None]:
    """Leave no room on the disk of ``folder`` while the block runs, if that is wanted."""
    if not wanted:
        yield
        return
    ballast = folder / ".ballast"
    with suppress(OSError), ballast.open("wb") as file:
        while True:
            file.write(bytes(2**16))
            file.flush()
    with ballast.open("r+b") as file:
        file.truncate(max(ballast.stat().st_size - 2**15, 0))  # room for a record or two
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def two_raylets() -> Iterator[tuple[str, Callable[[], None]]]:
    """Give the address of a cluster of two raylets on this machine, and what kills the second one."""
    os.environ.setdefault("RAY_raylet_start_wait_time_s", "180")
    from ray.cluster_utils import Cluster

    size: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 80_000_000}
    cluster: Any = Cluster(initialize_head=True, head_node_args={**size, "include_dashboard": False})
    try:
        second = cluster.add_node(**size)
        yield cluster.address, partial(cluster.remove_node, second, allow_graceful=False)
    finally:
        cluster.shutdown()


def write_jobs(folder: Path, count: int, seed: int) -> Path:
    """Write tiny clips that flicker, and a file of ``count`` jobs that smooth them; return that file."""
    rng = np.random.default_rng(seed)
    clips = -(-count // _STRENGTHS)
    for clip in range(clips):
        noise = rng.standard_normal((_SIZE[0] + 32, _SIZE[1] + 32, 3)).astype(np.float32)
        plane = cv2.GaussianBlur(noise, (0, 0), 3)
        plane = np.asarray(128 + 60 * plane / plane.std(), np.float32)
        for index in range(_FRAMES):
            part = plane[index : index + _SIZE[0], 2 * index : 2 * index + _SIZE[1]] * rng.uniform(0.85, 1.15)
            write_png(folder / f"in-{clip}" / f"{index:03}.png", np.clip(part, 0, 255).astype(np.uint8))
    jobs = [
        {"name": f"job-{index}", "smooth": f"in-{index // _STRENGTHS}",
         "smooth-strength": round(0.2 + 0.15 * (index % _STRENGTHS), 2)}
        for index in range(count)
    ]  # fmt: skip
    path = folder / "jobs.jsonl"
    path.write_text("".join(json.dumps(job) + "\n" for job in jobs), encoding="utf-8")
    return path


def single_runs(jobs: Sequence[Job], folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each result as a run of its own makes it."""
    found = {}
    for job in jobs:
        output = folder / job.output.name
        smooth(job.subject[0], output, **job.values)
        found[job.name] = _hash(output)
    return found


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def verdict(jobs: Sequence[Job], expected: dict[str, str], chaos: Chaos) -> dict[str, Any]:
    """Return what differs from single runs, is missing or was made twice."""
    return {
        "jobs": len(jobs),
        "happened": dict(chaos.happened),
        "lost": [job.name for job in jobs if not job.output.exists()],
        "differ": [job.name for job in jobs if _hash(job.output) != expected[job.name]],
        "twice": [name for name, count in chaos.made.items() if count > 1],
    }


@click.command()
@click.option("--jobs", "count", default=50, show_default=True)
@click.option("--workers", default=2, show_default=True)
@click.option("--kill-every", default=10.0, show_default=True, help="Seconds.")
@click.option("--ray", is_flag=True, help="Actors of Ray on two raylets, of which the second is killed.")
@click.option("--disk/--no-disk", default=True, show_default=True, help="Let the disk be full once.")
@click.option("--seed", default=0, show_default=True)
def main(count: int, workers: int, kill_every: float, ray: bool, disk: bool, seed: int) -> None:
    """Do jobs while everything fails."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory() as name, small_disk(Path(name) / "out") as mounted:
        folder = Path(name)
        file = write_jobs(folder, count, seed)
        jobs = plan([file], folder / "out")
        expected = single_runs(jobs, folder / "single")
        options = ["--workers", str(workers)]
        chaos = Chaos(file, folder / "out", options, kill_every, random.Random(seed))
        chaos.fill = int(mounted and disk)
        started = time.monotonic()
        if ray:
            with two_raylets() as (address, chaos.raylet):
                chaos.options = [*options, "--ray", address]
                complete = chaos.run()
        else:
            complete = chaos.run()
        found = verdict(jobs, expected, chaos) | {"seconds": round(time.monotonic() - started)}
    click.echo(json.dumps(found, indent=2))
    sys.exit(0 if complete and not (found["lost"] or found["differ"] or found["twice"]) else 1)


if __name__ == "__main__":
    main()
