"""What a batch of many clips takes on 8 to 10,000 GPUs: a simulation with measured distributions.

    python scripts/simulate_scale.py --clips 1000000
    python scripts/simulate_scale.py --check    # the simulation of two workers against the measured ratio

Workers take jobs one after another. The length of a job, the load of a model, failures of jobs and machines
are drawn from distributions; what all workers share is one after another: the driver that checks the list and
hands out jobs, and the storage that takes the results. Three ways to share the list are compared: parts of
equal size for each GPU (--shard), parts for the eight GPUs of a machine, and one driver for all (--ray).
"""

import heapq
import json
import math
import random
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import click

GPUS: Final = (1, 8, 64, 256, 1000, 4000, 10_000)
WAYS: Final = ("a part each", "a part for 8", "one driver")
_GROUP: Final = 8


@dataclass(frozen=True)
class World:
    """What a clip takes, and what goes wrong; seconds unless said otherwise.

    Attributes:
        job_median: of the length of a job.
        job_sigma: standard deviation of its logarithm.
        start: of a worker, to its first job.
        load_median: of the load of a model.
        load_sigma: standard deviation of its logarithm.
        models: how many models the clips use.
        rows: reading one job of the list, by every driver.
        plan: checking one job, by the driver that hands it out.
        hand: handing out a job and hearing of its end, by the driver.
        bytes: of a clip and its run folder.
        storage: bytes a second that the shared storage takes.
        files: of a clip and its run folder.
        file_rate: files a second that the shared storage makes.
        failure: share of jobs that fail and are tried again.
        machine_life: hours until a machine fails, on average.
        machine_back: until another machine is there.
        price: of a GPU for an hour, in dollars.
    """

    job_median: float = 60.0
    job_sigma: float = 0.5
    start: float = 8.0
    load_median: float = 25.0
    load_sigma: float = 0.3
    models: int = 4
    rows: float = 0.0002
    plan: float = 0.006
    hand: float = 0.002
    bytes: float = 40e6
    storage: float = 20e9
    files: int = 120
    file_rate: float = 50_000.0
    failure: float = 0.01
    machine_life: float = 20_000.0
    machine_back: float = 600.0
    price: float = 2.5


class Shared:
    """Something that serves one after another: it is busy for ``seconds`` a turn."""

    def __init__(self, seconds: float, free: float = 0.0) -> None:
        self._seconds, self._free = seconds, free
        self.busy = 0.0

    def serve(self, now: float) -> float:
        """Return when a turn that is asked for ``now`` ends; ask in the order of time."""
        self._free = max(self._free, now) + self._seconds
        self.busy += self._seconds
        return self._free


@dataclass
class _Driver:
    """A driver, and how many jobs of each model it still has to hand out."""

    hand: Shared
    left: list[int]

    def take(self, loaded: int | None) -> int | None:
        """Return the model of the next job: the loaded one, else that with most jobs; None at the end."""
        if loaded is None or not self.left[loaded]:
            loaded = max(range(len(self.left)), key=self.left.__getitem__)
        if not self.left[loaded]:
            return None
        self.left[loaded] -= 1
        return loaded


def simulate(world: World, clips: int, gpus: int, way: str, seed: int) -> dict[str, float]:
    """Do ``clips`` jobs on ``gpus`` workers; return hours, clips an hour, use of the GPUs, cost a clip."""
    rng = random.Random(seed)
    storage = Shared(max(world.bytes / world.storage, world.files / world.file_rate))
    count = {"a part each": gpus, "a part for 8": math.ceil(gpus / _GROUP), "one driver": 1}[way]
    edges = [clips * index // count for index in range(count + 1)]
    begin = [world.rows * clips + world.plan * (stop - start) for start, stop in pairwise(edges)]
    drivers = [
        _Driver(Shared(world.hand, ready), _parted(world, clips, start, stop))
        for ready, (start, stop) in zip(begin, pairwise(edges), strict=True)
    ]
    asking = [(begin[worker * count // gpus] + world.start, worker, False) for worker in range(gpus)]
    heapq.heapify(asking)
    loaded: dict[int, int] = {}
    last = used = 0.0
    while asking:
        now, worker, has_result = heapq.heappop(asking)
        if has_result:
            last = max(last, stored := storage.serve(now))
            heapq.heappush(asking, (stored, worker, False))
            continue
        driver = drivers[worker * count // gpus]
        model = driver.take(loaded.get(worker))
        if model is None:
            continue
        end = driver.hand.serve(now)
        if loaded.get(worker) != model:
            end += _drawn(rng, world.load_median, world.load_sigma)
            loaded[worker] = model
        length = _drawn(rng, world.job_median, world.job_sigma)
        used += length
        heapq.heappush(asking, (end + _with_failures(world, length, rng), worker, True))
    return {
        "hours": last / 3600,
        "clips an hour": 3600 * clips / last,
        "use": used / (last * gpus),
        "dollars a clip": last / 3600 * gpus * world.price / clips,
        "storage": storage.busy / last,
        "driver": max(driver.hand.busy for driver in drivers) / last,
    }


def _parted(world: World, clips: int, start: int, stop: int) -> list[int]:
    """Return how many jobs of each model are in a part of the list, which is sorted by model."""
    edges = [clips * model // world.models for model in range(world.models + 1)]
    return [max(min(stop, edges[k + 1]) - max(start, edges[k]), 0) for k in range(world.models)]


def _with_failures(world: World, length: float, rng: random.Random) -> float:
    """Return what a job takes with the tries that failed, and with a machine that failed meanwhile."""
    spent = length
    while rng.random() < world.failure:
        spent += length * rng.random()
    if rng.random() < spent / 3600 / world.machine_life:
        again = _drawn(rng, world.load_median, world.load_sigma)
        spent += length * rng.random() + world.machine_back + world.start + again
    return spent


def _drawn(rng: random.Random, median: float, sigma: float) -> float:
    return rng.lognormvariate(math.log(median), sigma)


def check(world: World, jobs: int, seed: int) -> dict[str, float]:
    """Return the throughput of two workers by that of one, without what happens before the first job."""
    plain = replace(world, start=0, rows=0, plan=0, models=1, load_median=1e-9)
    one, two = (simulate(plain, jobs, count, "one driver", seed)["clips an hour"] for count in (1, 2))
    return {"simulated ratio of two workers to one": round(two / one, 2)}


@click.command()
@click.option("--clips", default=100_000, show_default=True)
@click.option("--world", type=click.Path(exists=True, path_type=Path), help="JSON with values of World.")
@click.option("--gpus", multiple=True, type=int, default=GPUS, show_default=True)
@click.option("--check", "checks", is_flag=True, help="Simulate what was measured: 12 jobs, two workers.")
@click.option("--seed", default=0, show_default=True)
def main(clips: int, world: Path | None, gpus: tuple[int, ...], checks: bool, seed: int) -> None:
    """Simulate and print a table."""
    told: dict[str, Any] = {} if world is None else json.loads(world.read_text(encoding="utf-8"))
    here = World(**told)
    if checks:
        click.echo(json.dumps(check(replace(here, job_median=1.0, job_sigma=0.2), 12, seed)))
        return
    click.echo(json.dumps(asdict(here)))
    click.echo("| GPUs | way | hours | clips an hour | use of the GPUs | $ a clip | storage | driver |")
    click.echo("|---|---|---|---|---|---|---|---|")
    for count in gpus:
        for way in WAYS:
            row = simulate(here, clips, count, way, seed)
            cells = (
                f"{count:,}", way, f"{row['hours']:.2f}", f"{row['clips an hour']:,.0f}",
                f"{row['use']:.0%}", f"{row['dollars a clip']:.4f}", f"{row['storage']:.0%}",
                f"{row['driver']:.0%}",
            )  # fmt: skip
            click.echo(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
