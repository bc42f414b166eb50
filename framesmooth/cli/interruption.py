"""The last line of a command that is stopped with Ctrl-C: what is kept, and how to continue."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from framesmooth.errors import FramesmoothError
from framesmooth.runs import RunFolder


@contextmanager
def reporting_what_is_kept(kept: Callable[[], str]) -> Iterator[None]:
    """Report on stderr what ``kept`` returns when the block is stopped by Ctrl-C or SIGTERM.

    Raises:
        click.exceptions.Exit: with code 130 after Ctrl-C, 143 after SIGTERM.
    """
    from framesmooth.cli.main import INTERRUPTED, TERMINATED, stops_unwrapped

    try:
        with stops_unwrapped():
            yield
    except (KeyboardInterrupt, SystemExit) as stop:
        terminated = isinstance(stop, SystemExit)
        if terminated and stop.code != TERMINATED:  # type: ignore[union-attr]
            raise
        click.echo(f"interrupted: {kept()}", err=True)
        raise click.exceptions.Exit(TERMINATED if terminated else INTERRUPTED) from stop


@contextmanager
def reporting_how_to_resume(run: RunFolder, paths: Sequence[tuple[str, str]]) -> Iterator[None]:
    """Report on stderr what is kept in ``run`` when the block is stopped by Ctrl-C or SIGTERM.

    Args:
        run: the run folder; it may not exist yet.
        paths: (name, path) of the files that ``framesmooth resume`` needs as ``--path NAME=PATH``.

    Raises:
        click.exceptions.Exit: with code 130 after Ctrl-C, 143 after SIGTERM.
    """
    with reporting_what_is_kept(lambda: _kept(run, paths)):
        yield


def resume_command(folder: Path, paths: Sequence[tuple[str, str]]) -> str:
    """Return the command line, quoted for a shell, that resumes the run in ``folder``; ``paths`` as above."""
    words = ["framesmooth", "resume", str(folder)]
    for name, path in paths:
        words += ["--path", f"{name}={path}"]
    return shlex.join(words)


def _kept(run: RunFolder, paths: Sequence[tuple[str, str]]) -> str:
    record = {}
    with suppress(FramesmoothError):
        record = run.unchecked_record
    if record.get("status") != "interrupted":
        return "nothing was made yet; run the same command again"
    keyframes, frames = (len(stage.results()) for stage in (run.keyframes, run.frames))
    counts = [(keyframes, "keyframe"), (frames, "frame")]
    made = " and ".join(f"{count} {name}{'' if count == 1 else 's'}" for count, name in counts if count)
    kept = f"{made} {'is' if keyframes + frames == 1 else 'are'} kept" if made else "no keyframe was done yet"
    return f"{kept} in {run.folder}; resume with: {resume_command(run.folder, paths)}"
