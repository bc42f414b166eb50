"""Values of a Deforum settings file, checked; an error says in which line and under which key."""

import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from framesmooth.errors import UsageError
from framesmooth.frames import DEFAULT_FPS
from framesmooth.timeline.schedule import Schedule


class Values:
    """The values of one settings file; ``asked`` are the options that go before them."""

    frames: int

    def __init__(self, path: Path, text: str, content: dict[str, Any], asked: Mapping[str, Any]) -> None:
        self.path, self.text, self.content, self.asked = path, text, content, asked
        self.options: dict[str, Any] = {}
        self.unused: list[str] = []

    @property
    def _clip(self) -> tuple[int, Fraction, int]:
        return (
            self.frames, self._wanted("fps", DEFAULT_FPS), max(0, int(self._wanted("seed", 0))),
        )  # fmt: skip

    def _wanted(self, name: str, otherwise: Any) -> Any:
        return self.asked.get(name, self.options.get(name, otherwise))

    def _schedule(self, key: str) -> Schedule:
        frames, fps, seed = self._clip
        schedule: Schedule = self._at(
            key, lambda: Schedule.parse(str(self.content[key]), frames, fps, seed=seed)
        )
        return schedule

    def _first(self, key: str) -> float:
        """Return the value of a schedule at the start, where one number is all there is room for."""
        schedule = self._schedule(key)
        values: list[float] = self._at(key, lambda: schedule.values(self.frames))
        if len(set(values)) > 1:
            self.unused.append(f"{key} after frame 0")
        return values[0]

    def _whole(self, key: str, least: int, largest: int) -> int:
        value = self._number(key, least, largest)
        if value != int(value):
            raise self._error(key, f"{value:g} is no whole number")
        return int(value)

    def _number(self, key: str, least: float, largest: float) -> float:
        value = self.content[key]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._error(key, f"{value!r} is no number")
        if not least <= value <= largest:
            raise self._error(key, f"{value} is outside {least} to {largest}")
        return value

    def _text(self, key: str) -> str:
        if not isinstance(self.content[key], str):
            raise self._error(key, f"{self.content[key]!r} is no text")
        return str(self.content[key]).strip()

    def _at(self, key: str, work: Any) -> Any:
        try:
            return work()
        except UsageError as error:
            raise self._error(key, str(error)) from error

    def _error(self, key: str, problem: str) -> UsageError:
        found = re.search(rf'"{re.escape(key)}"\s*:', self.text)
        line = self.text.count("\n", 0, found.start()) + 1 if found else 1
        return UsageError(f"{self.path}, line {line}, {key}: {problem}")


def rewritten(schedule: Schedule, factor: float, added: float = 0) -> str:
    """Return the text of a schedule whose values are ``factor`` times those of another, and ``added``."""
    if factor == 1 and added == 0:
        return schedule.text
    if len(schedule.keys) == 1 and not schedule.keys[0].value.varies:
        return f"{factor * schedule(0) + added:.10g}"
    sum_of = "" if added == 0 else f"{added:.10g} + "
    return ", ".join(
        f"{key.frame}{' hold' if key.hold else ''}:({sum_of}{factor:.10g}*({key.value.text}))"
        for key in schedule.keys
    )
