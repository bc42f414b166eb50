"""What a run covers, and how its cases are spread over processes."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import cv2

from framesmooth.frames import Frame
from smoothing_bench.clips import SCENES, Clip, Shot, real_shots
from smoothing_bench.judging import Judge, Score
from smoothing_bench.methods import METHODS, available
from smoothing_bench.remembered import NAME as REMEMBERED
from tests.scenes import add_flicker

Row = dict[str, Any]
Task = TypeVar("Task")

KINDS = {"G": "global", "L": "local", "T": "texture", "W": "wobble"}
MIXED = "GLTW"


@dataclass(frozen=True)
class Plan:
    """The settings of a run: where real clips are, how long and wide clips are, how many processes."""

    data: Path | None = None
    frames: int = 20
    width: int = 480
    jobs: int = 2
    quick: bool = False
    long: bool = False
    missing: dict[str, str] = field(default_factory=available)

    @property
    def methods(self) -> list[str]:
        """The names of the methods that run on this computer."""
        return [name for name in METHODS if name not in self.missing]

    def scenes(self, frames: int = 14) -> list[Shot]:
        """Return the scenes whose motion is known."""
        names = SCENES[1::2] if self.quick else SCENES
        return [Shot(name, min(frames, self.frames)) for name in names]

    def clips(self, frames: int | None = None) -> list[Shot]:
        """Return the segments of real clips, or the scenes where there are none."""
        count = min(frames or self.frames, self.frames)
        found = real_shots(self.data, count, self.width) or self.scenes(count)
        return found[::3] if self.quick else found

    def spread(self, work: Callable[[Task], list[Row]], tasks: Iterable[Task]) -> Iterator[Row]:
        """Yield the rows of every task, in the tasks' order, worked on by ``jobs`` processes."""
        if self.jobs <= 1:
            for task in tasks:
                yield from work(task)
            return
        # Threads of OpenCV in every process would only fight each other.
        with ProcessPoolExecutor(
            self.jobs, mp_context=get_context("spawn"), initializer=cv2.setNumThreads, initargs=(1,)
        ) as pool:
            for rows in pool.map(work, tasks):
                yield from rows


@dataclass(frozen=True)
class Case:
    """A clean clip, the flicker to put into it, and the methods to take it out by."""

    shot: Shot
    methods: tuple[str, ...]
    kinds: str = MIXED
    strength: float = 1.0
    seed: int = 0

    def load(self) -> tuple[Clip, Clip]:
        """Return the clip without and with its flicker."""
        clean = self.shot.frames()
        return clean, add_flicker(clean, self.kinds, strength=self.strength, seed=self.seed)

    def row(self, method: str, score: Score, **more: Any) -> Row:
        """Return what a table is made of."""
        return {
            "clip": self.shot.name,
            "kinds": self.kinds,
            "strength": self.strength,
            "method": method,
            **asdict(score),
            **more,
        }


def judged(case: Case) -> list[Row]:
    """Return a row for every method of a case; the methods share the flow of each pair of frames."""
    clean, spoiled = case.load()
    judge = Judge(clean)
    return [case.row(name, judge.score(spoiled, _smoothed(name, spoiled))) for name in case.methods]


def _smoothed(name: str, frames: list[Frame]) -> list[Frame]:
    return list(METHODS[name].make(REMEMBERED)(frames))
