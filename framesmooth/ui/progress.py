"""What a job tells while it runs: its stage, the time left, notices, keyframes; and how it is stopped."""

import time
from collections.abc import Callable, Mapping
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
            self._stage: StageStarted | None = None
            self._done, self._share = 0, 0.0
            self.timings: dict[str, float] = {}
            self._notices: list[tuple[str, bool]] = []

    def stop(self) -> None:
        """Let the job end at its next event; what is finished stays."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stop.is_set()

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
                self._stage, self._done = event, 0
            elif isinstance(event, Progress):
                self._done += event.advance
            elif isinstance(event, StageFinished):
                self.timings[event.stage] = self.timings.get(event.stage, 0.0) + round(event.seconds, 3)
                self._stage = None
            elif isinstance(event, Notice) and len(self._notices) < _MOST_NOTICES:
                told = (event.message, event.warning)
                if told not in self._notices:
                    self._notices.append(told)

    def _keep(self, event: KeyframeDone) -> None:
        """Write a small image of a keyframe; of many keyframes every second, third, ... is kept."""
        from framesmooth.reports.figures import thumbnail
        from framesmooth.video import write_png

        every = max(1, -(-event.total // _MOST_IMAGES))
        if (event.done - 1) % every == 0:
            path = self.folder / f"{event.frame:06d}.png"
            if not path.exists():
                write_png(path, thumbnail(event.image, _IMAGE_WIDTH))

    @property
    def images(self) -> list[str]:
        """The names of the keyframes' images, in time."""
        return sorted(path.name for path in self.folder.glob("*.png"))[: 2 * _MOST_IMAGES]

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON: stage, done, total, share of all the work, seconds left, notices."""
        with self._lock:
            stage = self._stage
            self._share = max(self._share, self._share_now())
            elapsed = self._clock() - self._started
            known = self._share >= _LEAST_SHARE
            return {
                "stage": "" if stage is None else stage.stage,
                "done": self._done,
                "total": None if stage is None or not stage.unit else stage.total,
                "unit": "" if stage is None else stage.unit,
                "at_most": stage is not None and stage.at_most,
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
        running = "" if self._stage is None else self._stage.stage
        begun = {*self.timings, running} - {""}
        order = [*self._expected, *(name for name in begun if name not in self._expected)]
        latest = max((order.index(name) for name in begun), default=-1)
        weights = {
            name: self._expected.get(name, _UNEXPECTED)
            for index, name in enumerate(order)
            if name in begun or index > latest
        }
        done = sum(weights[name] for name in self.timings if name != running)
        if self._stage is not None and self._stage.total:
            done += weights[running] * min(self._done / self._stage.total, 1.0)
        return min(done / whole, 0.99) if (whole := sum(weights.values())) else 0.0
