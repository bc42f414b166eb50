"""Progress on stderr: bars, plain lines, JSON lines or nothing, all from the same events."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from rich.progress import TaskID

    from framesmooth.events import Event, Listener

PROGRESS_MODES: Final = ("auto", "plain", "json", "none")


@contextmanager
def progress_listener(mode: str) -> "Iterator[Listener]":
    """Give a listener that shows events in ``mode`` (one of PROGRESS_MODES).

    ``auto`` draws bars when stderr is a terminal and writes plain lines otherwise; -q silences all but
    warnings.
    """
    context = click.get_current_context(silent=True)
    if context is not None and context.meta.get("framesmooth.quiet"):
        mode = "none"
    if mode == "auto" and sys.stderr.isatty():
        with _bars() as listener:
            yield listener
    else:
        yield {"json": _json_listener, "none": _silent_listener}.get(mode, _plain_listener)()


def _silent_listener() -> "Listener":
    from framesmooth.events import Notice

    def show(event: "Event") -> None:
        if isinstance(event, Notice) and event.warning:
            _say(f"warning: {event.message}")

    return show


def _plain_listener() -> "Listener":
    """One line when a stage starts, one when it ends, notices as they come."""
    from framesmooth.events import Notice, StageFinished, StageStarted

    def show(event: "Event") -> None:
        if isinstance(event, Notice):
            _say(f"warning: {event.message}" if event.warning else event.message)
        elif isinstance(event, StageStarted):
            _say(f"{event.stage}{_amount(event)} ...")
        elif isinstance(event, StageFinished):
            _say(f"{event.stage}: {'reused' if event.reused else f'{event.seconds:.1f} s'}")

    return show


def _json_listener() -> "Listener":
    """One JSON object per line; progress events have the share of the stage that is done."""
    from framesmooth.events import ClipFinished, KeyframeDone, Progress, StageStarted

    done: dict[str, int] = {}

    def show(event: "Event") -> None:
        if isinstance(event, ClipFinished):
            _line(
                event,
                {"clip": str(event.clip), "run_folder": str(event.run_folder), "seconds": event.seconds},
            )
            return
        if isinstance(event, KeyframeDone):
            counts = {"done": event.done, "total": event.total, "at_most": event.at_most}
            _line(event, {"frame": event.frame} | counts)
            return
        if isinstance(event, StageStarted):
            done[event.stage] = 0
        if isinstance(event, Progress):
            done[event.stage] += event.advance
            _line(event, {"stage": event.stage, "done": done[event.stage]})
            return
        _line(event, asdict(event))

    return show


def _line(event: "Event", content: dict[str, Any]) -> None:
    _say(json.dumps({"event": type(event).__name__} | content, ensure_ascii=False))


@contextmanager
def _bars() -> "Iterator[Listener]":
    """A bar per stage, with the time left."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from framesmooth import events

    console = Console(stderr=True)
    tasks: dict[str, TaskID] = {}
    with Progress(
        TextColumn("{task.description:<18}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        console=console,
    ) as bars:

        def show(event: "Event") -> None:
            if isinstance(event, events.Notice):
                style = "yellow" if event.warning else "dim"
                console.print(event.message, style=style, markup=False, highlight=False)
            elif isinstance(event, events.StageStarted):
                tasks[event.stage] = bars.add_task(event.stage, total=event.total, unit=event.unit)
            elif isinstance(event, events.Progress):
                bars.advance(tasks[event.stage], event.advance)
            elif isinstance(event, events.StageFinished):
                done = bars.tasks[tasks[event.stage]].completed
                bars.update(tasks[event.stage], total=done or 1, completed=done or 1)

        yield show


def _amount(event: Any) -> str:
    if event.total is None or not event.unit:
        return ""
    return f" ({'at most ' if event.at_most else ''}{event.total} {event.unit})"


def _say(text: str) -> None:
    click.echo(text, err=True)
