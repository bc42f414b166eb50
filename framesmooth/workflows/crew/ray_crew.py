"""Workers as actors of Ray, on this machine or on those of a cluster that share the folders."""

import os
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any, Final

from framesmooth.models.pool import ModelPool
from framesmooth.workflows.crew.base import Died, Ended, News, Ready, Task, Told
from framesmooth.workflows.crew.outcome import Outcome
from framesmooth.workflows.crew.processes import THREADS, gpus_here, processors
from framesmooth.workflows.crew.ray_connection import LOCAL, connected, first_line
from framesmooth.workflows.crew.telling import telling
from framesmooth.workflows.crew.worker import doing_of, use_threads

ADVICE: Final = "start one with 'ray start --head', or write --ray local"
_LOOK: Final = 1.0
"""Seconds between two looks at how far a task is."""


class Actor:
    """What works in a process of Ray; it keeps its models between tasks."""

    def __init__(self, name: str, doing: str) -> None:
        self._name, self._pool, self._stop = name, ModelPool(), threading.Event()
        self._do = doing_of(doing)
        self._told: list[dict[str, Any]] = []
        use_threads()

    def ready(self) -> bool:
        """Return when it is there."""
        return True

    def work(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """Do a task, and return its outcome."""
        return asdict(self._do(task, telling(self._told.append, self._stop), self._pool, self._name))

    def told(self) -> list[dict[str, Any]]:
        """Return what the task has told since the last call."""
        told, self._told[:] = list(self._told), []
        return told

    def stop(self) -> None:
        """Stop at the next event."""
        self._stop.set()


class RayCrew:
    """Workers as actors."""

    def __init__(
        self, address: str, workers: int | None, doing: str, *, asked: str = "", advice: str = ""
    ) -> None:
        """Start Ray, or join the cluster at an address.

        Args:
            address: of a cluster, "auto" for the one that is found, "local" for one of this process.
            workers: how many; None is one for each GPU of the cluster, or for each machine.
            doing: what they do, as "module:function".
            asked: what asks for it on the command line, in messages.
            advice: what helps where there is no cluster.

        Raises:
            UsageError: Ray is not installed, or there is no such cluster.
        """
        self._doing, self._actors, self._looked = doing, dict[int, Any](), 0.0
        self._refs: dict[Any, tuple[int, str]] = {}
        asked = asked or f"--ray {address}"
        advice = advice or ADVICE
        here = _shared(workers, len(gpus_here()), [processors()], processors()) if address == LOCAL else 1
        self._connection = ExitStack()
        inherited = self._connection.enter_context(connected(address, _threads(here), asked, advice))
        import ray

        self._ray: Any = ray
        cluster: dict[str, float] = self._ray.cluster_resources()
        gpus, cpus = int(cluster.get("GPU", 0)), max(int(cluster.get("CPU", 1)), 1)
        machines = [int(one["Resources"].get("CPU", 1)) for one in self._ray.nodes() if one["Alive"]]
        self._count = workers or gpus or max(len(machines), 1)
        self._cpus = min(1.0, cpus / self._count)
        self._gpus = min(1.0, gpus / self._count)
        threads = _threads(_shared(workers, gpus, machines, cpus))
        # a process of Ray with variables of its own is started by another one, which costs as much again
        self._environment = {} if threads == inherited else {"runtime_env": {"env_vars": threads}}

    def __len__(self) -> int:
        """Return how many workers there are."""
        return self._count

    def name(self, worker: int) -> str:
        """Return what a worker is called."""
        return f"actor {worker + 1}"

    def start(self, worker: int) -> None:
        """Start an actor, where the cluster has room for one."""
        actor: Any = (
            self._ray.remote(Actor)
            .options(
                num_cpus=self._cpus,
                num_gpus=self._gpus,
                max_concurrency=3,  # a task, and meanwhile told and stop
                max_restarts=0,
                scheduling_strategy="SPREAD",
                **self._environment,
            )
            .remote(self.name(worker), self._doing)
        )
        self._actors[worker] = actor
        self._refs[actor.ready.remote()] = (worker, "ready")

    def give(self, worker: int, task: Task) -> None:
        """Give a task to an actor."""
        self._refs[self._actors[worker].work.remote(task.as_dict())] = (worker, "work")

    def news(self, seconds: float) -> list[News]:
        """Return what has happened; wait so long for it at most."""
        if time.monotonic() - self._looked > _LOOK:
            self._looked = time.monotonic()
            asked = {worker for worker, what in self._refs.values() if what == "told"}
            for worker in [worker for worker, what in self._refs.values() if what == "work"]:
                if worker not in asked:
                    self._refs[self._actors[worker].told.remote()] = (worker, "told")
        waiting = list(self._refs)
        if not waiting:
            time.sleep(seconds)
            return []
        done, _ = self._ray.wait(waiting, num_returns=1, timeout=seconds)
        rest, _ = self._ray.wait(waiting, num_returns=len(waiting), timeout=0)
        return [news for ref in dict.fromkeys([*done, *rest]) for news in self._heard(ref)]

    def ask_to_stop(self) -> None:
        """Ask all actors to stop at the next event."""
        for actor in self._actors.values():
            actor.stop.remote()

    def close(self) -> None:
        """End all actors, and the connection."""
        for actor in self._actors.values():
            self._ray.kill(actor)
        self._connection.close()

    def _heard(self, ref: Any) -> list[News]:
        """Return the news of an answer; the first failed one of an actor stands for its death."""
        if ref not in self._refs:
            return []
        worker, what = self._refs.pop(ref)
        try:
            answer = self._ray.get(ref)
        except self._ray.exceptions.RayActorError as error:
            if what == "told":  # its task says so, too
                return []
            self._refs = {one: about for one, about in self._refs.items() if about[0] != worker}
            self._actors.pop(worker, None)
            return [Died(worker, f"ended: {first_line(error)}")]
        except self._ray.exceptions.RayError as error:
            ended = Outcome(kind="error", message=f"Ray: {first_line(error)}")
            return [Ended(worker, ended)] if what == "work" else []
        if what == "told":
            return [Told(worker, one) for one in answer]
        return [Ready(worker)] if what == "ready" else [Ended(worker, Outcome(**answer))]


def _shared(workers: int | None, gpus: int, machines: Sequence[int], cpus: int) -> int:
    """Return how many threads an actor has, of machines with so many processors each."""
    count = workers or gpus or max(len(machines), 1)
    share = max(min(cpus // count, max(machines, default=1)), 1)
    asked = os.environ.get(THREADS[0], "")  # results can hang on it: actors take no more
    return min(share, max(int(asked), 1)) if asked.isdigit() else share


def _threads(count: int) -> dict[str, str]:
    return dict.fromkeys(THREADS, str(count))
