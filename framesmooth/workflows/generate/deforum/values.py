"""Values of a Deforum settings file, checked; errors name the line and the key."""

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import UsageError
from framesmooth.frames import DEFAULT_FPS
from framesmooth.workflows.generate.deforum.keys import OFF, old_names
from framesmooth.workflows.generate.deforum.schedule import DeforumSchedule, read_schedule, written

_LONGEST_NOTE: Final = 60


class Values:
    """The values of one settings file; ``asked`` are the options that go before them."""

    frames: int

    def __init__(self, path: Path, text: str, content: dict[str, Any], asked: Mapping[str, Any]) -> None:
        self.path, self.text, self.content, self.asked = path, text, content, asked
        self.options: dict[str, Any] = {}
        self.unused: list[str] = []
        self.notes: list[str] = []

    @property
    def _clip(self) -> tuple[int, Fraction, int]:
        return (
            self.frames, self._wanted("fps", DEFAULT_FPS), max(0, int(self._wanted("seed", 0))),
        )  # fmt: skip

    def _wanted(self, name: str, otherwise: Any) -> Any:
        return self.asked.get(name, self.options.get(name, otherwise))

    def _schedule(self, key: str) -> DeforumSchedule:
        frames, fps, seed = self._clip
        schedule: DeforumSchedule = self.checked(
            key, lambda: read_schedule(str(self.content[key]), frames, fps, seed=seed)
        )
        if schedule.unread:
            shown = schedule.unread[:_LONGEST_NOTE] + "…" * (len(schedule.unread) > _LONGEST_NOTE)
            self.notes.append(f"{key}: nothing after a second colon is read, as in Deforum: {shown}")
        if schedule.gaps:
            self.notes.append(f"{key} has no value at {schedule.gaps} frames: interpolated, as in Deforum")
        if schedule.late is not None:
            self.unused.append(f"{key} at frame {schedule.late}")
        return schedule

    def _written(
        self, key: str, factor: float = 1, added: float = 0, *, least: float = -math.inf, largest: float
    ) -> str:
        """Return ``factor`` times the schedule of ``key``, and ``added``, clamped, in our own grammar."""
        _, fps, seed = self._clip
        text, outside = written(
            self._schedule(key), fps, factor=factor, added=added, least=least, largest=largest, seed=seed
        )
        if outside:
            bounds = sorted((bound - added) / factor + 0.0 for bound in (least, largest))
            self.notes.append(f"{key} is clamped to {bounds[0]:.4g} to {bounds[1]:.4g}")
        return text

    def _first(self, key: str) -> float:
        """Return the value of a schedule at the start, where one number is all there is room for."""
        values = self._schedule(key).values
        if len(set(values)) > 1:
            self.unused.append(f"{key} after frame 0")
        return values[0]

    def _whole(self, key: str, least: int, largest: int) -> int:
        value = self._number(key, least, largest)
        if value != int(value):
            self.notes.append(f"{key}: {value:g} counts as {int(value)}")
        return int(value)

    def _number(self, key: str, least: float, largest: float) -> float:
        value = self.content[key]
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        if math.isnan(number):
            raise self.error(key, f"{value!r} is no number")
        if not least <= number <= largest:
            raise self.error(key, f"{value} is outside {least} to {largest}")
        return int(number) if number == int(number) else number

    def _is_on(self, key: str) -> bool:
        """Tell whether a switch is on, which may be written as a text."""
        return str(self.content.get(key, False)).strip().lower() not in (*OFF, "0")

    def text_of(self, key: str) -> str:
        """Return a value that has to be a text, without space around it."""
        if not isinstance(self.content[key], str):
            raise self.error(key, f"{self.content[key]!r} is no text")
        return str(self.content[key]).strip()

    def checked(self, key: str, work: Any) -> Any:
        """Return the result of ``work``; its errors name the line and the key."""
        try:
            return work()
        except UsageError as error:
            raise self.error(key, str(error)) from error

    def error(self, key: str, problem: str) -> UsageError:
        """Return the error that the value of ``key`` is wrong."""
        names = "|".join(map(re.escape, (key, *old_names(key))))
        found = re.search(rf'"\s*({names})\s*"\s*:', self.text)
        line = self.text.count("\n", 0, found.start()) + 1 if found else 1
        return UsageError(f"{self.path}, line {line}, {key}: {problem}")
