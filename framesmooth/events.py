"""What happens while a clip is made: plain values that a front end shows."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class StageStarted:
    """A stage begins; ``total`` counts its ``unit``, None when that is unknown."""

    stage: str
    total: int | None
    unit: str


@dataclass(frozen=True)
class Progress:
    """``advance`` more units of a stage are done."""

    stage: str
    advance: int


@dataclass(frozen=True)
class StageFinished:
    """A stage is done; ``reused`` when its result was there from an earlier run."""

    stage: str
    seconds: float
    reused: bool


@dataclass(frozen=True)
class Notice:
    """Something the user should know: a resolved seed, a word the model was not taught."""

    message: str
    warning: bool = False


@dataclass(frozen=True)
class ClipFinished:
    """The clip is written."""

    clip: Path
    run_folder: Path
    seconds: float


def listed(frames: Iterable[int]) -> str:
    """Return the first eight of some frames as words."""
    numbers = sorted(frames)
    return ", ".join(map(str, numbers[:8])) + (" and others" if len(numbers) > 8 else "")


Event = StageStarted | Progress | StageFinished | Notice | ClipFinished

Listener = Callable[[Event], None]


@contextmanager
def stage(
    emit: Listener, name: str, total: int | None = None, unit: str = "", *, reused: bool = False
) -> Iterator[Callable[[int], None]]:
    """Announce a stage, give the block a function that takes its progress, and tell when it is done."""
    started = time.perf_counter()
    emit(StageStarted(name, total, unit))
    yield lambda advance: emit(Progress(name, advance))
    emit(StageFinished(name, time.perf_counter() - started, reused))


@contextmanager
def frame_stage(emit: Listener, name: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Announce a stage over frames; give the block the callback that counts them."""
    with stage(emit, name, total, "frames") as advance:
        yield lambda _done: advance(1)
