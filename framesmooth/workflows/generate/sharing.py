"""Sharing a clip's batches out to the workers that ``--workers`` asks for, where they can be."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from framesmooth import registry
from framesmooth.errors import UsageError
from framesmooth.events import Listener, Notice
from framesmooth.generation.base import FrameGenerator
from framesmooth.generation.batch_executor import BatchExecutor, LocalExecutor
from framesmooth.runs import RunFolder
from framesmooth.smoothing.base import Smoother, create_smoother
from framesmooth.workflows.clip_steps import divided
from framesmooth.workflows.crew.base import Place
from framesmooth.workflows.crew.processes import THREADS, ProcessCrew, gpus_here, places
from framesmooth.workflows.generate.helpers import Helpers
from framesmooth.workflows.generate.pieces import DOING, PackedClip
from framesmooth.workflows.generate.resolved_clip import ResolvedClip

RAY: Final = "ray"
_ADDRESS: Final = "RAY_ADDRESS"
_ASKED: Final = "--workers ray"
_ADVICE: Final = f"start one with 'ray start --head', or set {_ADDRESS}=local"
_LOGS: Final = "workers"
"""In the run folder: what the libraries of workers write, kept where one of them failed."""


@dataclass(frozen=True)
class Shares:
    """Among how many processes the work on a clip is shared out.

    Attributes:
        drawing: those that denoise and decode; one where pictures follow from one another.
        smoothing: those that smooth.
        threads: that each of them has; None for all.
        beside: how many of them take memory of one device.
    """

    drawing: int = 1
    smoothing: int = 1
    threads: int | None = None
    beside: int = 1


def shares_of(clip: ResolvedClip) -> Shares:
    """Return how a clip's work is shared out; one process stands for a cluster, which nobody knows here.

    Raises:
        UsageError: one GPU that was asked for by its number.
    """
    workers = clip.settings.compute.workers
    if workers in (1, RAY):
        return Shares()
    at = _places(clip, count := int(workers))
    gpus = {place.environment.get("CUDA_VISIBLE_DEVICES", "") for place in at}
    on_gpus = gpus != {""}
    method = create_smoother(clip.settings.smoothing.smoother, 0.5)
    return Shares(
        drawing=1 if _packed(clip)[0] is None else min(count, len(gpus)) if on_gpus else count,
        smoothing=count if divided(method, count, clip.timeline.num_frames) else 1,
        threads=int(at[0].environment[THREADS[0]]),
        beside=-(-count // len(gpus)) if on_gpus else count,
    )


@contextmanager
def checked_workers(clip: ResolvedClip, run: RunFolder) -> Iterator[None]:
    """Refuse workers that cannot be, before anything is written for a clip that needs them.

    The cluster of Ray that was found is kept until the block ends.

    Raises:
        UsageError: Ray that is not installed or finds no cluster, or one GPU asked for by its number.
    """
    workers = clip.settings.compute.workers
    if workers == 1 or run.frames.notes().get("complete") or _packed(clip)[0] is None:
        yield
        return
    if workers != RAY:
        _check_device(clip)
        yield
        return
    from framesmooth.workflows.crew.ray_connection import reached

    with reached(_address(), _ASKED, _ADVICE):
        yield


@contextmanager
def executor_of(clip: ResolvedClip, run: RunFolder, emit: Listener) -> Iterator[BatchExecutor]:
    """Give who makes the batches of a clip while the block runs: workers begin to load the model at once.

    Raises:
        UsageError: Ray that is not there, or a device that workers cannot be given.
    """
    workers = clip.settings.compute.workers
    packed, reason = _packed(clip) if workers != 1 else (None, "")
    if reason:
        emit(Notice(f"{reason}: one process draws it, --workers are for its smoothing"))
    if packed is None:
        yield LocalExecutor()
        return

    def warn(message: str) -> None:
        emit(Notice(message, warning=True))

    with ExitStack() as held:
        if workers == RAY:
            from framesmooth.workflows.crew.ray_crew import RayCrew

            actors = RayCrew(_address(), None, DOING, asked=_ASKED, advice=_ADVICE)
            helpers = Helpers(actors, packed, warn, draws_here=False)
            held.callback(helpers.close)
        else:
            at = _places(clip, int(workers))
            logs = run.folder / _LOGS
            held.enter_context(_threads_of(at[0]))
            helpers = Helpers(ProcessCrew(at[1:], logs, DOING), packed, warn, draws_here=True)
            held.callback(lambda: None if helpers.had_trouble else shutil.rmtree(logs, ignore_errors=True))
            held.callback(helpers.close)
        yield helpers


def shared(generator: FrameGenerator, executor: BatchExecutor) -> FrameGenerator:
    """Return the generator with its batches made by ``executor``."""
    if not isinstance(executor, Helpers):
        return generator
    executor.expect(generator.facts())
    made: FrameGenerator = generator.shared_by(executor)  # type: ignore[attr-defined]
    return made


def smoother_by_workers(smoother: Smoother, clip: ResolvedClip) -> Smoother:
    """Return the smoother that works in as many processes as the clip's batches are made by, if it can."""
    workers = clip.settings.compute.workers
    if workers in (1, RAY):  # actors may be on other machines: frames stay where they are
        return smoother
    return divided(smoother, int(workers), clip.timeline.num_frames) or smoother


def _address() -> str:
    return os.environ.get(_ADDRESS) or "auto"


def _packed(clip: ResolvedClip) -> tuple[PackedClip | None, str]:
    """Return a clip as workers are sent it; None where one process draws it, and why."""
    reason = _why_alone(clip)
    if reason:
        return None, reason
    try:
        return PackedClip(clip), ""
    except UsageError as error:
        return None, str(error)


def _why_alone(clip: ResolvedClip) -> str:
    """Return why a clip is drawn by one process, "" where it can be shared out."""
    kind: type[FrameGenerator] = registry.load("generator", clip.generator)
    if kind.divides:
        return ""
    return f"the pictures of this clip ({clip.generator}) follow from one another"


def _check_device(clip: ResolvedClip) -> None:
    """Refuse one GPU that was asked for by its number."""
    device = clip.settings.compute.device
    if ":" in device:
        raise UsageError(
            f"--workers gives each process a GPU of its own: drop --device {device}, or choose GPUs with "
            "CUDA_VISIBLE_DEVICES"
        )


def _places(clip: ResolvedClip, workers: int) -> list[Place]:
    """Return where workers work; this process is at the first place.

    Raises:
        UsageError: one GPU that was asked for by its number.
    """
    _check_device(clip)
    device = clip.settings.compute.device
    gpus = gpus_here() if device in ("auto", "cuda") else []
    return places(workers, gpus, os.environ)


@contextmanager
def _threads_of(place: Place) -> Iterator[None]:
    """Take no more threads than a place has while the block runs, where places share the processors."""
    from framesmooth.models.devices import limited_threads

    shares_processors = "CUDA_VISIBLE_DEVICES" not in place.environment
    threads = int(place.environment["OMP_NUM_THREADS"]) if shares_processors else None
    with limited_threads(threads):
        yield
