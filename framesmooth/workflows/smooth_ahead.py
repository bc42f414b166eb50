"""Smoothing the frames of a run in a thread, while the later ones are still being generated.

What comes out counts only if the run ends in the frames that were smoothed, and in the same smoother.
"""

import queue
import shutil
import threading
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final

from framesmooth.events import Event, Listener, Notice, Progress, stage
from framesmooth.frames import Frame
from framesmooth.runs import FrameFolder, RunFolder, Stage
from framesmooth.runs.folder import SMOOTHED_FOLDER
from framesmooth.smoothing.base import Smoother
from framesmooth.video import read_image
from framesmooth.workflows.smoothed_stage import Reports, fill

UNFINISHED: Final = "unfinished"
"""The folder of frames that are smoothed ahead, until it is known whose frames they are."""
_HELD: Final = 16
"""Frames that wait in memory for the smoother; earlier ones are read from their files."""


class _Abandoned(Exception):
    """Nobody wants the result any more."""


class GrowingClip:
    """The frames of a run while they are written: a FrameSource whose iterator waits for the next one."""

    def __init__(self, frames: FrameFolder, size: tuple[int, int], num_frames: int, fps: Fraction) -> None:
        self.size, self.num_frames, self.fps = size, num_frames, fps
        self._folder, self._changed = frames, threading.Condition()
        self._count, self._closed = 0, False
        self._recent: deque[tuple[int, Frame]] = deque(maxlen=_HELD)

    def add(self, frame: Frame | None) -> None:
        """Hand on the next frame, whose file is written; None where only the file is there."""
        with self._changed:
            if frame is not None:
                self._recent.append((self._count, frame))
            self._count += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Let nobody wait for another frame."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def __iter__(self) -> Iterator[Frame]:
        """Iterate from frame 0, as fast as frames are added."""
        return map(self._at, range(self.num_frames))

    def _at(self, index: int) -> Frame:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or index < self._count)
            if self._closed:
                raise _Abandoned
            while self._recent and self._recent[0][0] < index:
                self._recent.popleft()
            if self._recent and self._recent[0][0] == index:
                return self._recent.popleft()[1]
        return read_image(self._folder.path(index))


class SmoothingAhead:
    """Smooths and measures the frames of a run as they are written, in a thread of its own.

    Use it with ``contextlib.closing``: closing stops the thread and deletes what nobody took.
    """

    def __init__(
        self, run: RunFolder, smoother: Smoother, size: tuple[int, int], num_frames: int, fps: Fraction
    ) -> None:
        self._run, self._smoother = run, smoother
        self._folder: Path = run.folder / SMOOTHED_FOLDER / UNFINISHED
        self._frames = FrameFolder(run.frames)
        self._clip = GrowingClip(self._frames, size, num_frames, fps)
        self._digests: list[str] = []
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._made: tuple[Reports, Frame] | None = None
        self._error: BaseException | None = None
        self._abandoned = False
        remove_unfinished(run)
        self._thread = threading.Thread(target=self._work, name="framesmooth-smoothing", daemon=True)
        self._thread.start()

    def add(self, frame: Frame | None) -> None:
        """Hand on the next frame, whose file is written; None where only the file is there."""
        self._digests.append(self._frames.digest(len(self._digests)))
        self._clip.add(frame)

    def take(self, smoother: Smoother, into: Path, emit: Listener) -> tuple[Reports, Frame] | None:
        """Wait for the smoothed frames, move them to the folder ``into``, return their metrics and strip.

        None where the run's frames have changed since, or the smoother is another one.

        Raises:
            MediaError: a full disk, or frames that cannot be read.
        """
        if not self._is_of(smoother):
            self.close()
            return None
        with stage(emit, "smooth", self._clip.num_frames, "frames") as advance:
            while (event := self._events.get()) is not None:
                if isinstance(event, Progress):
                    advance(event.advance)
                elif isinstance(event, Notice):
                    emit(event)
            self._thread.join()
            if self._error is not None:
                raise self._error
            shutil.rmtree(into, ignore_errors=True)
            self._folder.rename(into)
        return self._made

    def close(self) -> None:
        """Stop, and delete what nobody took."""
        self._abandoned = True
        self._clip.close()
        self._thread.join()
        remove_unfinished(self._run)

    def _is_of(self, smoother: Smoother) -> bool:
        digests = [self._frames.digest(index) for index in range(self._clip.num_frames)]
        return smoother == self._smoother and digests == self._digests

    def _work(self) -> None:
        kept = Stage(self._folder)
        try:
            kept.open({"unfinished": True})
            self._made = fill(kept, self._clip, self._smoother, self._tell)
        except BaseException as error:
            self._error = error
        finally:
            self._events.put(None)

    def _tell(self, event: Event) -> None:
        """Keep an event for the thread that listens to the run."""
        if self._abandoned:
            raise _Abandoned
        self._events.put(event)


def remove_unfinished(run: RunFolder) -> None:
    """Delete frames that were smoothed ahead by a run that was stopped."""
    shutil.rmtree(run.folder / SMOOTHED_FOLDER / UNFINISHED, ignore_errors=True)
