"""Progress events of a workflow, plain values that a front end shows, and how a front end stops the work."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from framesmooth.frames import Fault, Frame, GeneratedFrame


class Stop(Exception):
    """Raised by a listener to stop the work at an event.

    The workflow lets it through to its caller. What is finished stays in the run folder, its record says
    "interrupted", and ``resume`` ends in the same frames as a run that was never stopped.
    """


@dataclass(frozen=True)
class StageStarted:
    """A stage begins.

    Attributes:
        stage: its name.
        total: how many of its ``unit`` there are; None only for a source that doesn't know its own length.
        unit: "frames" or "steps"; "" for a stage that is done in one piece, whose total is 1.
        at_most: whether ``total`` is an upper bound, because the work is found on the way.
    """

    stage: str
    total: int | None
    unit: str
    at_most: bool = False


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
    """Something the user should know: a resolved seed, a word that the model doesn't know."""

    message: str
    warning: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class KeyframeDone:
    """A keyframe is generated, or was there from an earlier run.

    Attributes:
        frame: its index in the clip.
        done: how many keyframes are done, this one among them.
        total: how many there are; an upper bound where ``at_most``.
        at_most: whether keyframes are found on the way, so that there may be fewer.
        decode: gives the image. Use ``image``, which calls it once.
    """

    frame: int
    done: int
    total: int
    at_most: bool = False
    decode: "Callable[[], GeneratedFrame]" = field(repr=False)

    @cached_property
    def generated(self) -> "GeneratedFrame":
        """The image and its fault, decoded when first asked for: nobody who doesn't look pays for it.

        Ask inside the listener: there the model is idle.
        """
        return self.decode()

    @property
    def image(self) -> "Frame":
        """The keyframe's image, uint8 (H, W, 3) of the clip's size."""
        return self.generated.frame

    @property
    def fault(self) -> "Fault":
        """What is wrong with the image, "" for nothing."""
        return self.generated.fault


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


Event = StageStarted | Progress | StageFinished | Notice | KeyframeDone | ClipFinished

Listener = Callable[[Event], None]
"""Is told what happens. It may raise ``Stop``."""


@contextmanager
def stage(
    emit: Listener,
    name: str,
    total: int | None = 1,
    unit: str = "",
    *,
    reused: bool = False,
    at_most: bool = False,
) -> Iterator[Callable[[int], None]]:
    """Report the begin and the end of a stage; the block gets the function that reports its progress.

    A stage without a unit is one piece: its progress is reported at its end.
    """
    started = time.perf_counter()
    emit(StageStarted(name, total, unit, at_most))
    yield lambda advance: emit(Progress(name, advance))
    if not unit:
        emit(Progress(name, 1))
    emit(StageFinished(name, time.perf_counter() - started, reused))


@contextmanager
def frame_stage(emit: Listener, name: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Report a stage over frames; the block gets the callback that counts them."""
    with stage(emit, name, total, "frames") as advance:
        yield lambda _done: advance(1)
