"""What all workflows share: settings in, events on the way, a result with the notices out.

A workflow is a function of one frozen dataclass of settings. :func:`workflow` makes it callable with the
fields of that dataclass as arguments, so that every setting is defined once, with its type and its default.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import wraps
from typing import Annotated, ParamSpec, TypeVar, cast

from framesmooth.events import Event, Listener, Notice
from framesmooth.setting import Setting, SettingGroup
from framesmooth.video.reading import ReadOptions

Arguments = ParamSpec("Arguments")
Settings = TypeVar("Settings")
Result = TypeVar("Result")


def silent(_event: Event) -> None:
    """Ignore an event."""


@dataclass(frozen=True, kw_only=True)
class WorkflowSettings(ReadOptions):
    """Settings of every workflow that reads clips."""

    on_event: Annotated[
        Listener,
        Setting(
            has_option=False,
            written=object,
            unset="says nothing",
            help="Is told what happens: stages, progress and notices. It may stop the work by raising.",
        ),
    ] = field(default=silent, repr=False, compare=False)

    @property
    def read_options(self) -> ReadOptions:
        """Which part of the clips is read, and how."""
        return ReadOptions(**{each.name: getattr(self, each.name) for each in fields(ReadOptions)})


class NoticeCollector:
    """A listener that passes every event on and keeps the notices for the result."""

    def __init__(self, listener: Listener) -> None:
        self._listener, self._notices = listener, list[Notice]()

    def __call__(self, event: Event) -> None:
        """Keep a notice, and pass the event on."""
        if isinstance(event, Notice):
            self._notices.append(event)
        self._listener(event)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """The notices so far."""
        return tuple(self._notices)


def workflow(
    settings: Callable[Arguments, Settings],
) -> Callable[[Callable[[Settings], Result]], Callable[Arguments, Result]]:
    """Let a function of ``settings`` be called with the fields of that dataclass as arguments.

    Those of a group in it may be given flat, and all by the names of their options: ``sort="time"``.
    """
    group = cast(type[SettingGroup], settings)

    def decorate(run: Callable[[Settings], Result]) -> Callable[Arguments, Result]:
        @wraps(run)
        def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            return run(settings(*args, **group.arguments(kwargs)))

        returned = inspect.signature(run).return_annotation
        signature = inspect.signature(settings).replace(return_annotation=returned)
        call.__signature__ = signature  # type: ignore[attr-defined]
        return call

    return decorate
