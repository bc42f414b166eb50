"""Errors become outcomes of the right kind."""

import errno

import pytest

from framesmooth.errors import MediaError, ModelError, RunLocked, UsageError
from framesmooth.events import Stop
from framesmooth.workflows.crew.outcome import explained


def caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (Stop(), "stopped", "stopped"),
        (UsageError("no"), "usage", "no"),
        (RunLocked("wait"), "locked", "another process works on it"),
        (caused(MediaError("no space left"), OSError(errno.ENOSPC, "full")), "full", "no space left"),
        (OSError(errno.EDQUOT, "quota"), "full", "[Errno 122] quota"),
        (MemoryError(), "memory", "MemoryError"),
        (ModelError("out of memory: add --low-vram"), "memory", "out of memory: add --low-vram"),
        (caused(ModelError("broken"), MemoryError()), "memory", "broken"),
        (MediaError("two\nlines"), "error", "two lines"),
        (ValueError("odd"), "error", "ValueError: odd"),
    ],
)
def test_kinds(error: BaseException, kind: str, message: str) -> None:
    assert explained(error) == (kind, message)
