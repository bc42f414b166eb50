"""Workers as actors of Ray, on this machine or on those of a cluster that share the folders."""

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from framesmooth.errors import UsageError, missing_packages
from framesmooth.models.pool import ModelPool
from framesmooth.workflows.crew.base import Died, Ended, News, Ready, Task, Told
from framesmooth.workflows.crew.outcome import Outcome
from framesmooth.workflows.crew.processes import THREADS
from framesmooth.workflows.crew.telling import telling
from framesmooth.workflows.crew.worker import doing_of, use_threads

LOCAL: Final = "local"
_PATIENCE: Final = ("RAY_raylet_start_wait_time_s", "180")
"""Ray's own 30 seconds are too few on a machine that has much to do."""
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
        asked = asked or f"--ray {address}"
        advice = advice or "start one with 'ray start --head', or write --ray local"
        check_installed(asked)
        _connect(address, asked, advice)
        self._doing = doing
        import ray

        self._ray: Any = ray
        cluster: dict[str, float] = self._ray.cluster_resources()
        gpus, cpus = int(cluster.get("GPU", 0)), max(int(cluster.get("CPU", 1)), 1)
        machines = [one["Resources"].get("CPU", 1) for one in self._ray.nodes() if one["Alive"]]
        self._count = workers or gpus or max(len(machines), 1)
        self._cpus = min(1.0, cpus / self._count)
        self._gpus = min(1.0, gpus / self._count)
        share = max(min(cpus // self._count, int(max(machines, default=1))), 1)
        here = os.environ.get(THREADS[0], "")  # results can hang on it: actors take no more
        self._threads = min(share, max(int(here), 1)) if here.isdigit() else share
        self._actors: dict[int, Any] = {}
        self._refs: dict[Any, tuple[int, str]] = {}
        self._looked = 0.0

    def __len__(self) -> int:
        """Return how many workers there are."""
        return self._count

    def name(self, worker: int) -> str:
        """Return what a worker is called."""
        return f"actor {worker + 1}"

    def start(self, worker: int) -> None:
        """Start an actor, where the cluster has room for one."""
        threads = str(self._threads)
        variables = dict.fromkeys(THREADS, threads)
        actor: Any = (
            self._ray.remote(Actor)
            .options(
                num_cpus=self._cpus,
                num_gpus=self._gpus,
                max_concurrency=3,  # a task, and meanwhile told and stop
                max_restarts=0,
                scheduling_strategy="SPREAD",
                runtime_env={"env_vars": variables},
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
        self._ray.shutdown()

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
            return [Died(worker, f"ended: {_first_line(error)}")]
        except self._ray.exceptions.RayError as error:
            ended = Outcome(kind="error", message=f"Ray: {_first_line(error)}")
            return [Ended(worker, ended)] if what == "work" else []
        if what == "told":
            return [Told(worker, one) for one in answer]
        return [Ready(worker)] if what == "ready" else [Ended(worker, Outcome(**answer))]


def check_installed(asked: str) -> None:
    """Check that Ray is installed.

    Raises:
        UsageError: it is not; ``asked`` is what asks for it on the command line.
    """
    if missing_packages(["ray"]):
        raise UsageError(f"{asked} needs ray, which is not installed: pip install 'framesmooth[ray]'")


def _connect(address: str, asked: str, advice: str) -> None:
    """Start Ray here, or join the cluster at an address.

    Raises:
        UsageError: there is none.
    """
    os.environ.setdefault(*_PATIENCE)  # before it is imported
    import ray

    how: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    try:
        if address == LOCAL:
            ray.init(address=LOCAL, include_dashboard=False, **how)
        else:
            ray.init(address=address, **how)
    except Exception as error:  # Ray raises plain ones, too
        what = "finds no cluster" if address != LOCAL else "could not start"
        advice = advice if address != LOCAL else "try again when this machine has less to do"
        raise UsageError(f"{asked} {what} ({_first_line(error)}): {advice}") from error


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:200] if lines else type(error).__name__
