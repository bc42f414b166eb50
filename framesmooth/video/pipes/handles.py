"""The ends of a pipe as PyAV takes them: bytes in order, no seeking, nothing held back."""

import os
import select
from typing import IO, Any, Final

from framesmooth.errors import PipeClosed
from framesmooth.streams import is_abandoned
from framesmooth.video.pipes.wholeness import Wholeness

_WAIT: Final = 0.1
"""Seconds after which a thread that waits for bytes asks whether anybody still wants them."""


class PipeInput:
    """Reads from a binary file object what is there, without waiting for a full buffer."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file: Any = getattr(file, "raw", None) or file
        self._descriptor = _descriptor_of(file)
        self.start = b""
        self.watcher: Wholeness | None = None

    def read(self, size: int) -> bytes:
        """Return up to ``size`` bytes, none at the end or where nobody waits for them any more."""
        while self._descriptor is not None and not select.select([self._descriptor], [], [], _WAIT)[0]:
            if is_abandoned():
                return b""
        data = bytes(self._file.read(size) or b"")
        if self.watcher is not None:
            self.watcher.see(data)
        else:
            self.start += data
        return data

    def watch(self, watcher: Wholeness | None) -> None:
        """Let ``watcher`` see all that was and will be read."""
        if watcher is not None:
            watcher.see(self.start)
        self.watcher, self.start = watcher, b""


class PipeOutput:
    """Writes to a binary file object at once.

    Raises:
        PipeClosed: the program that reads the stream has closed it.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file: Any = getattr(file, "raw", None) or file
        self._descriptor = _descriptor_of(file)
        self._name = name

    def write(self, data: bytes) -> int:
        """Write all of the bytes."""
        view = memoryview(data)
        try:
            while view:
                written = self._file.write(view)
                if written is None and self._descriptor is not None:  # a pipe that doesn't block, and is full
                    select.select([], [self._descriptor], [], _WAIT)
                view = view[written or 0 :]
        except BrokenPipeError as error:
            raise PipeClosed(f"{self._name} was closed by the program that reads it") from error
        return len(data)


def _descriptor_of(file: IO[bytes]) -> int | None:
    """Return the descriptor that can be waited for, None where there is none."""
    if os.name == "nt":
        return None
    try:
        return file.fileno()
    except (OSError, AttributeError, ValueError):
        return None
