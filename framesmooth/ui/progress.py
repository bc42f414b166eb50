"""Progress of a running job: its stage, the time left, notices, keyframes; and how it is stopped."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event as Flag
from threading import Lock
from typing import Any, Final

from framesmooth.events import (
    Event,
    KeyframeDone,
    Notice,
    Progress,
    StageFinished,
    StageStarted,
    Stop,
)

_MOST_NOTICES: Final = 40
_MOST_IMAGES: Final = 48
_IMAGE_WIDTH: Final = 240
_LEAST_SHARE: Final = 0.03
"""Of the work that has to be done before the time left is told."""
_UNEXPECTED: Final = 3.0
"""Seconds of a stage that nobody expected."""

USUAL: Final[Mapping[str, Mapping[str, float]]] = {
    "create": {"load model": 2, "keyframes": 20, "frames": 8, "smooth": 14, "report": 3, "write": 1},
    "preview": {"load model": 2, "preview": 10, "try out": 8},
    "steady": {"look": 4, "search": 20, "smooth": 14, "report": 2, "write": 1},
    "measure": {"measure": 10},
    "board": {"preview": 10},
    "upscale": {"upscale": 10},
    "story": {"speech": 2, "shots": 90, "sound": 1, "film": 6},
}
"""Seconds by stage in order, of which the ratios count: expected before a job of the kind was done."""


class JobProgress:
    """Listens to a job's events from its thread, and answers other threads."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder, self._clock = folder, clock
        self._lock, self._stop = Lock(), Flag()
        self.begin({})

    def begin(self, expected: Mapping[str, float]) -> None:
        """Start anew; ``expected`` are the seconds by stage of the last job of this kind."""
        with self._lock:
            self._stop.clear()
            self._expected = dict(expected)
            self._started = self._clock()
            self._open: dict[str, _OpenStage] = {}
            self._share, self._clip = 0.0, -1
            self.timings: dict[str, float] = {}
            self._notices: list[tuple[str, bool]] = []

    def stop(self) -> None:
        """Let the job end at its next event; what is finished stays."""
        self._stop.set()

    def __call__(self, event: Event) -> None:
        """Take an event of the job.

        Raises:
            Stop: the job was told to stop.
        """
        if self._stop.is_set():
            raise Stop
        if isinstance(event, KeyframeDone):
            self._keep(event)
            return
        with self._lock:
            if isinstance(event, StageStarted):
                self._open[event.stage] = _OpenStage(event)
            elif isinstance(event, Progress) and event.stage in self._open:
                self._open[event.stage].advance(event.advance)
            elif isinstance(event, StageFinished):
                self._finish(event)
            elif isinstance(event, Notice) and len(self._notices) < _MOST_NOTICES:
                told = (event.message, event.warning)
                if told not in self._notices:
                    self._notices.append(told)

    def _finish(self, event: StageFinished) -> None:
        """Close a stage: its time counts where it is in no other, else how far it brings that one."""
        self._open.pop(event.stage, None)
        if self._open:
            next(iter(self._open.values())).inner.add(_last_word(event.stage))
        else:
            self.timings[event.stage] = self.timings.get(event.stage, 0.0) + round(event.seconds, 3)

    def _keep(self, event: KeyframeDone) -> None:
        """Write a small image of a keyframe; of many keyframes every second, third, ... is kept."""
        from framesmooth.reports.figures import thumbnail
        from framesmooth.video import write_png

        self._clip += event.done == 1
        every = max(1, -(-event.total // _MOST_IMAGES))
        if (event.done - 1) % every == 0:
            clip = f"{self._clip:04d}-" if self._clip > 0 else ""  # the shots of a film
            path = self.folder / f"{clip}{event.frame:06d}.png"
            if not path.exists():
                write_png(path, thumbnail(event.image, _IMAGE_WIDTH))

    @property
    def images(self) -> list[str]:
        """The names of the keyframes' images, in time."""
        names = (path.name for path in self.folder.glob("*.png"))
        return sorted(names, key=lambda name: ("-" in name, name))[: 4 * _MOST_IMAGES]

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON: stage, done, total, share of all the work, seconds left, notices."""
        with self._lock:
            self._share = max(self._share, self._share_now())
            elapsed = self._clock() - self._started
            known = self._share >= _LEAST_SHARE
            shown = next(reversed(self._open.values()), None)
            return {
                "stage": "" if shown is None else shown.started.stage,
                "done": 0 if shown is None else shown.done,
                "total": None if shown is None or not shown.started.unit else shown.started.total,
                "unit": "" if shown is None else shown.started.unit,
                "at_most": shown is not None and shown.started.at_most,
                "share": round(self._share, 4),
                "elapsed": round(elapsed, 1),
                "left": round(elapsed * (1 - self._share) / self._share, 1) if known else None,
                "stopping": self._stop.is_set(),
                "notices": [{"text": text, "warning": warning} for text, warning in self._notices],
            }

    def _share_now(self) -> float:
        """Return which share of the work is done, by how long its stages took the last time.

        A stage that is expected before one that has begun, and never came, is not waited for.
        """
        running = next(iter(self._open), "")
        begun = {*self.timings, running} - {""}
        order = [*self._expected, *(name for name in begun if name not in self._expected)]
        latest = max((order.index(name) for name in begun), default=-1)
        weights = {
            name: self._expected.get(name, _UNEXPECTED)
            for index, name in enumerate(order)
            if name in begun or index > latest
        }
        done = sum(weights[name] for name in self.timings if name != running)
        if running:
            done += weights[running] * self._open[running].share(list(self._open.values())[1:])
        return min(done / whole, 0.99) if (whole := sum(weights.values())) else 0.0


class _OpenStage:
    """A stage that has begun: how much of it is done, and which stages within its next unit are."""

    def __init__(self, started: StageStarted) -> None:
        self.started, self.done = started, 0
        self.inner: set[str] = set()

    def advance(self, units: int) -> None:
        """Count units."""
        self.done += units
        self.inner.clear()

    def share(self, within: Sequence["_OpenStage"]) -> float:
        """Return which share is done, with that of the stages ``within`` it, which make a clip each time."""
        if not self.started.total:
            return 0.0
        usual = USUAL["create"]
        inner = sum(usual.get(name, 0.0) for name in self.inner)
        inner += sum(usual.get(_last_word(one.started.stage), 0.0) * one.share([]) for one in within)
        return min((self.done + min(inner / sum(usual.values()), 1.0)) / self.started.total, 1.0)


def _last_word(stage: str) -> str:
    """Return what a stage is called without the shot that it is of."""
    return stage.rpartition(": ")[2]
