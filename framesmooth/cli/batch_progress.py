"""How a batch goes, on stderr: a live table, plain lines or JSON lines; and how its jobs stand, on stdout."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from rich.console import RenderableType

    from framesmooth.workflows.batch.result import BatchResult
    from framesmooth.workflows.batch.watching import BatchEvent, Watcher

_SHOWN: Final = 20


@contextmanager
def batch_watcher(mode: str) -> "Iterator[Watcher]":
    """Give a watcher that shows how jobs go in ``mode`` (one of PROGRESS_MODES); -q leaves warnings alone."""
    import sys

    context = click.get_current_context(silent=True)
    if context is not None and context.meta.get("framesmooth.quiet"):
        mode = "none"
    if mode == "auto" and sys.stderr.isatty():
        with _live() as watcher:
            yield watcher
    else:
        yield {"json": _json_watcher, "none": _silent_watcher}.get(mode, _plain_watcher)()


def print_batch(result: "BatchResult", *, every: bool = False) -> None:
    """Print how many jobs stand how, and those that are not done; ``every`` job where that is asked for."""
    counts = ", ".join(f"{count} {status}" for status, count in sorted(result.counts.items()))
    click.echo(f"{len(result.jobs)} jobs: {counts}")
    shown = result.jobs if every else result.failed
    width = max((len(job.name) for job in shown), default=0)
    for job in shown:
        told = f"  {job.message}" if job.message else "" if job.seconds is None else f"  {job.seconds:.1f} s"
        click.echo(f"  {job.name:<{width}}  {job.status}{told}")
    if result.page is not None:
        click.echo(f"report: {result.page}")
        click.echo(result.folder)


class Tally:
    """A watcher that passes events on, and counts the jobs that are done."""

    def __init__(self, watch: "Watcher") -> None:
        self.total, self.done = 0, 0
        self._watch = watch

    def __call__(self, event: "BatchEvent") -> None:
        """Count, and pass the event on."""
        from framesmooth.workflows.batch.watching import BatchStarted, JobChanged

        if isinstance(event, BatchStarted):
            self.total, self.done = event.jobs, event.done
        elif isinstance(event, JobChanged) and event.status == "complete":
            self.done += 1
        self._watch(event)


def _silent_watcher() -> "Watcher":
    from framesmooth.events import Notice

    def show(event: "BatchEvent") -> None:
        if isinstance(event, Notice) and event.warning:
            _say(f"warning: {event.message}")

    return show


def _plain_watcher() -> "Watcher":
    """A line when a job ends or is tried again, and notices as they come."""
    board = _Board()

    def show(event: "BatchEvent") -> None:
        for line in board.hear(event):
            _say(line)

    return show


def _json_watcher() -> "Watcher":
    def show(event: "BatchEvent") -> None:
        _say(json.dumps({"event": type(event).__name__} | asdict(event), ensure_ascii=False))

    return show


class _Board:
    """What is shown of the jobs: counts, and what each worker does."""

    def __init__(self) -> None:
        self.total, self.done, self.failed = 0, 0, 0
        self.started = time.monotonic()
        self.running: dict[str, tuple[str, float, str]] = {}
        self._done_before = 0

    def hear(self, event: "BatchEvent") -> list[str]:
        """Take an event in; return the lines that are to be said of it."""
        from framesmooth.events import Notice
        from framesmooth.workflows.batch.watching import BatchStarted, JobChanged, JobStage

        if isinstance(event, Notice):
            return [f"warning: {event.message}" if event.warning else event.message]
        if isinstance(event, BatchStarted):
            self.total, self.done, self._done_before = event.jobs, event.done, event.done
            before = f", {event.done} of them done already" if event.done else ""
            workers = f"{event.workers} worker{'' if event.workers == 1 else 's'}"
            return [f"{event.jobs} jobs{before}; {workers} ..."]
        if isinstance(event, JobStage):
            _, since, _ = self.running.get(event.worker, ("", time.monotonic(), ""))
            amount = f"{event.done}/{event.total}" if event.total and event.total > 1 else ""
            self.running[event.worker] = (event.name, since, f"{event.stage} {amount}".strip())
            return []
        assert isinstance(event, JobChanged)
        return self._changed(event)

    def _changed(self, event: Any) -> list[str]:
        if event.status == "running":
            self.running[event.worker] = (event.name, time.monotonic(), "")
            return []
        self.running.pop(event.worker, None)
        if event.status == "complete":
            self.done += 1
            return [f"{event.name}: done in {event.seconds:.1f} s ({self.done} of {self.total})"]
        self.failed += event.status in ("failed", "left")
        return [f"{event.name}: {event.status}{f', {event.message}' if event.message else ''}"]

    @property
    def remaining(self) -> str:
        """How long the rest takes at the pace so far, in words; "" as long as nothing is known."""
        fresh = self.done - self._done_before
        left = self.total - self.done - self.failed
        if not fresh or left <= 0:
            return ""
        seconds = (time.monotonic() - self.started) * left / fresh
        return f", about {seconds / 60:.0f} min left" if seconds > 90 else f", about {seconds:.0f} s left"


@contextmanager
def _live() -> "Iterator[Watcher]":
    """A table with a row for each worker, drawn over while the jobs go on."""
    from rich.console import Console
    from rich.live import Live

    console, board = Console(stderr=True), _Board()
    with Live(console=console, get_renderable=lambda: _table(board), refresh_per_second=4, transient=True):

        def show(event: "BatchEvent") -> None:
            for line in board.hear(event):
                style = "yellow" if line.startswith("warning") else None
                console.print(line, style=style, markup=False, highlight=False)

        yield show


def _table(board: _Board) -> "RenderableType":
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    failed = f", {board.failed} failed" if board.failed else ""
    head = Text(f"{board.done} of {board.total} jobs done{failed}{board.remaining}")
    bar = ProgressBar(total=max(board.total, 1), completed=board.done + board.failed, width=60)
    table = Table("worker", "job", "stage", "seconds", box=None, padding=(0, 2, 0, 0))
    for worker, (name, since, stage) in sorted(board.running.items())[:_SHOWN]:
        table.add_row(Text(worker), Text(name), Text(stage), f"{time.monotonic() - since:.0f}")
    return Group(head, bar, table)


def _say(text: str) -> None:
    click.echo(text, err=True)
