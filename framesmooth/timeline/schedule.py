"""Numbers in time: the schedule grammar ``0:(1.0), 30:(1.5)``.

A schedule is a list of ``frame: value`` separated by commas; a value on its own is the same at every frame::

    0.65
    0:(1.0), 30:(1.5), -1:(1.0)          from 1.0 to 1.5, and back at the last frame
    0:(0.5), +24 hold:(0.8), +24:(0.2)   keys counted from the one before; 0.8 stays until the next key
    0:(0.5 + 0.1*sin(2*pi*t/fps))        an expression, worked out at every frame

Between keys numbers are interpolated linearly. An expression with ``t`` in it holds from its key to the next.
Before the first key and after the last the nearest one counts.

Variables are ``t`` (the frame), ``max_f`` (the last frame), ``fps``, ``s`` (the seed), ``pi`` and ``e``; with
a sound also ``beat onset rms low mid high beat_phase bar bpm``. Functions are ``sin cos tan sqrt exp log abs
floor ceil min max where``, the others of numexpr by their names (``arcsin``, ``tanh``, ``log10``, ``round``,
...), and ``a if c else b``. Commas inside parentheses, ``1e-3`` and a trailing comma are fine, and so are
quotes around a key.

An expression without ``t`` is a number: ``0:(2*1), 71:(-2*1)`` falls evenly. In settings files of Deforum it
holds until the next key, as it does there (see ``deforum_schedule``).
"""

import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Final

from framesmooth import defaults
from framesmooth.errors import UsageError
from framesmooth.limits import MAX_TEXT
from framesmooth.timeline.expression import SOUND_VARIABLES, Expression, ScheduleError

Heard = Mapping[str, Sequence[float]]
"""Variable of a sound -> its value at every frame."""

_RANGE: Final = re.compile(r"\s*\[?(\d+)\s*(?:[-–]|\.\.)\s*(\d+)\]?\s*")


@dataclass(frozen=True)
class Key:
    """A value at a frame; ``hold`` keeps it until the next key."""

    frame: int
    value: Expression
    hold: bool


@dataclass(frozen=True)
class Schedule:
    """A number for every frame; call it with the frame's index.

    Made by ``Schedule.parse``. Equal texts with equal settings are equal schedules.
    """

    text: str
    keys: tuple[Key, ...] = field(repr=False)
    variables: dict[str, float] = field(repr=False)
    heard: Heard = field(default_factory=dict, repr=False)
    """Variable of the sound -> its value at every frame."""

    @property
    def num_frames(self) -> int:
        """How many frames the clip has that it was parsed for."""
        return int(self.variables["max_f"]) + 1

    @classmethod
    def parse(
        cls,
        text: str | float,
        max_frames: int,
        fps: Fraction = defaults.FPS,
        *,
        seed: int = 0,
        heard: Heard | None = None,
    ) -> "Schedule":
        """Parse a schedule for a clip of ``max_frames`` frames.

        ``heard`` is what ``sound.variables.variables_of`` gives, for expressions that follow a sound.

        Raises:
            UsageError: the text is no schedule, or follows a sound that isn't there; the message names the
                column.
        """
        if max_frames < 1:
            raise UsageError(f"a schedule needs a clip of at least one frame, not {max_frames}")
        source = re.sub(r"\s", " ", str(text))
        if len(source) > MAX_TEXT:
            raise ScheduleError(MAX_TEXT, f"{len(source)} characters are too many: give {MAX_TEXT} at most")
        variables = {
            "max_f": float(max_frames - 1),
            "fps": float(fps),
            "s": float(seed),
            "pi": math.pi,
            "e": math.e,
        }
        keys: list[Key] = []
        taken: set[int] = set()
        for entry, column in _entries(source):
            previous = keys[-1].frame if keys else 0
            keys.append(_parse_entry(entry, column, previous, max_frames, variables, alone=not keys))
            if keys[-1].frame in taken:
                raise ScheduleError(column, f"frame {keys[-1].frame} has a value already")
            taken.add(keys[-1].frame)
        schedule = cls(source, tuple(sorted(keys, key=lambda key: key.frame)), variables, heard or {})
        for key in schedule.keys:
            if key.value.hears and not heard:
                name = next(name for name in SOUND_VARIABLES if name in key.value.names)
                raise ScheduleError(key.value.column, f"{name} follows a sound: add --audio FILE")
            schedule._value(key, key.frame)  # unknown names show now, not in the middle of a run
        return schedule

    def __call__(self, frame: float) -> float:
        """Return the value at ``frame``.

        Raises:
            UsageError: an expression has no finite value there.
        """
        index = bisect_right(self._frames, frame) - 1
        if index < 0:
            return self._value(self.keys[0], self.keys[0].frame)
        key = self.keys[index]
        start = self._value(key, frame)
        if key.value.varies or key.hold or index + 1 == len(self.keys):
            return start
        after = self.keys[index + 1]
        end = self._value(after, after.frame)
        return start + (end - start) * (frame - key.frame) / (after.frame - key.frame)

    @cached_property
    def _frames(self) -> list[int]:
        return [key.frame for key in self.keys]

    def values(self, num_frames: int) -> list[float]:
        """Return the values at frames 0 to ``num_frames`` - 1."""
        if len(self.keys) == 1 and not self.keys[0].value.varies:
            return [self(0)] * num_frames
        return [self(frame) for frame in range(num_frames)]

    def _value(self, key: Key, frame: float) -> float:
        values = self.variables | {"t": float(frame)}
        if key.value.hears:
            last = int(self.variables["max_f"])
            here = min(max(0, round(frame)), last)
            values |= {name: curve[min(here, len(curve) - 1)] for name, curve in self.heard.items()}
        return key.value(values)


def _entries(text: str) -> Iterator[tuple[str, int]]:
    """Split at the commas outside parentheses; yield (entry, its first column)."""
    start, depth, opened = 0, 0, 0
    for index, character in enumerate(text):
        if character == "(":
            depth, opened = depth + 1, index if depth == 0 else opened
        elif character == ")":
            depth -= 1
            if depth < 0:
                raise ScheduleError(index + 1, "unmatched ')': remove it, or add a '(' before it")
        elif character == "," and depth == 0:
            yield _stripped(text[start:index], start)
            start = index + 1
    if depth:
        raise ScheduleError(opened + 1, "unmatched '(': add a ')'")
    if text[start:].strip() or start == 0:  # nothing after a trailing comma
        yield _stripped(text[start:], start)


def _stripped(text: str, start: int) -> tuple[str, int]:
    return text.strip(), start + len(text) - len(text.lstrip()) + 1


def _parse_entry(
    entry: str, column: int, previous: int, max_frames: int, variables: dict[str, float], *, alone: bool
) -> Key:
    """Read ``frame: value`` or ``frame hold: value``; the first entry may be a value alone."""
    key_text, colon, value_text = entry.partition(":")
    if not colon:
        if not alone:
            raise ScheduleError(column, f"expected 'frame: value', found {entry!r}")
        return Key(0, Expression.parse(entry, column), hold=False)
    value_text, value_column = _stripped(value_text, column + len(key_text))
    key_text, hold = re.subn(r"\s*\bhold\s*$", "", key_text.rstrip())
    frame = _frame(key_text, column, previous, max_frames, variables)
    return Key(frame, Expression.parse(value_text, value_column), hold=bool(hold))


def _frame(text: str, column: int, previous: int, max_frames: int, variables: dict[str, float]) -> int:
    """Return the frame of a key: 30, max_f/2, -1 (counted from the end) or +10 (from the key before)."""
    if text[:1] in ("'", '"') and text[:1] == text[-1:] and len(text) > 2:
        text, column = text[1:-1], column + 1
    if span := _RANGE.fullmatch(text):
        raise ScheduleError(
            column, f"{text!r} is a range: give the frame where it starts, as in '{span[1]} hold: 1'"
        )
    value = Expression.parse(text, column)(variables)
    if value != round(value):
        raise ScheduleError(column, f"frame {text!r} is {value:g}: frames are whole numbers")
    if text.startswith("+"):
        value += previous
    frame = round(value if value >= 0 else value + max_frames)
    if frame < 0:
        raise ScheduleError(column, f"frame {text} is before the start: the clip has {max_frames} frames")
    return frame
