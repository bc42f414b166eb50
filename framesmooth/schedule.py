"""Numbers in time: the schedule grammar ``0:(1.0), 30:(1.5)``.

A schedule is a list of ``frame: value`` separated by commas; a value on its own is the same at every frame::

    0.65
    0:(1.0), 30:(1.5), -1:(1.0)          from 1.0 to 1.5, and back at the last frame
    0:(0.5), +24 hold:(0.8), +24:(0.2)   keys counted from the one before; 0.8 stays until the next key
    0:(0.5 + 0.1*sin(2*pi*t/fps))        an expression, worked out at every frame

Between keys numbers are interpolated linearly. An expression with ``t`` in it holds from its key to the next.
Before the first key and after the last the nearest one counts.

Variables are ``t`` (the frame), ``max_f`` (the last frame), ``fps``, ``s`` (the seed), ``pi`` and ``e``;
functions ``sin cos tan sqrt exp log abs floor ceil min max where``. Commas inside parentheses, ``1e-3`` and a
trailing comma are fine.
"""

import ast
import math
import re
import warnings
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from simpleeval import InvalidExpression, SimpleEval

from framesmooth.errors import UsageError
from framesmooth.frames import DEFAULT_FPS

_LONGEST: Final = 2**16
_EVALUATION_ERRORS: Final = (
    InvalidExpression,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:60]}…")


def _where(condition: object, chosen: float, otherwise: float) -> float:
    return chosen if condition else otherwise


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "abs": abs,
    "floor": math.floor,
    "ceil": math.ceil,
    "min": min,
    "max": max,
    "where": _where,
}


@dataclass(frozen=True)
class _Expression:
    """One value or key of a schedule, parsed; ``column`` counts from 1."""

    text: str
    column: int
    tree: ast.AST = field(repr=False, compare=False)

    @property
    def varies(self) -> bool:
        """Whether the value depends on the frame."""
        return any(isinstance(node, ast.Name) and node.id == "t" for node in ast.walk(self.tree))

    def __call__(self, variables: dict[str, float]) -> float:
        try:
            value = SimpleEval(functions=FUNCTIONS, names=variables).eval(self.text, self.tree)
            number = float(value)
        except (RecursionError, MemoryError) as error:
            raise _error(self.column, f"{_shown(self.text)} is nested too deeply") from error
        except _EVALUATION_ERRORS as error:
            raise _error(self.column, f"cannot work out {_shown(self.text)} ({error})") from error
        if not math.isfinite(number):
            raise _error(self.column, f"{self.text!r} is {number} at frame {variables.get('t', 0):g}")
        return number


@dataclass(frozen=True)
class _Key:
    frame: int
    value: _Expression
    hold: bool


@dataclass(frozen=True)
class Schedule:
    """A number for every frame; call it with the frame's index.

    Made by ``Schedule.parse``. Equal texts with equal settings are equal schedules.
    """

    text: str
    keys: tuple[_Key, ...] = field(repr=False)
    variables: dict[str, float] = field(repr=False)

    @property
    def num_frames(self) -> int:
        """How many frames the clip has that it was parsed for."""
        return int(self.variables["max_f"]) + 1

    @classmethod
    def parse(
        cls, text: str | float, max_frames: int, fps: Fraction = DEFAULT_FPS, *, seed: int = 0
    ) -> "Schedule":
        """Parse a schedule for a clip of ``max_frames`` frames.

        Raises:
            UsageError: the text is no schedule; the message names the column.
        """
        if max_frames < 1:
            raise UsageError(f"a schedule needs a clip of at least one frame, not {max_frames}")
        source = re.sub(r"\s", " ", str(text))
        if len(source) > _LONGEST:
            raise _error(_LONGEST, f"the schedule is {len(source)} characters long: give {_LONGEST} at most")
        variables = {
            "max_f": float(max_frames - 1),
            "fps": float(fps),
            "s": float(seed),
            "pi": math.pi,
            "e": math.e,
        }
        keys: list[_Key] = []
        for entry, column in _entries(source):
            previous = keys[-1].frame if keys else 0
            keys.append(_parse_entry(entry, column, previous, max_frames, variables, alone=not keys))
            if any(key.frame == keys[-1].frame for key in keys[:-1]):
                raise _error(column, f"frame {keys[-1].frame} has a value already")
        if not keys:
            raise _error(1, "the schedule is empty: give a number or '0:(1.0), 30:(1.5)'")
        schedule = cls(source, tuple(sorted(keys, key=lambda key: key.frame)), variables)
        for key in schedule.keys:
            schedule._value(key, key.frame)  # unknown names show now, not in the middle of a run
        return schedule

    def __call__(self, frame: float) -> float:
        """Return the value at ``frame``.

        Raises:
            UsageError: an expression has no finite value there.
        """
        index = bisect_right([key.frame for key in self.keys], frame) - 1
        if index < 0:
            return self._value(self.keys[0], self.keys[0].frame)
        key = self.keys[index]
        start = self._value(key, frame)
        if key.value.varies or key.hold or index + 1 == len(self.keys):
            return start
        after = self.keys[index + 1]
        end = self._value(after, after.frame)
        return start + (end - start) * (frame - key.frame) / (after.frame - key.frame)

    def values(self, num_frames: int) -> list[float]:
        """Return the values at frames 0 to ``num_frames`` - 1."""
        return [self(frame) for frame in range(num_frames)]

    def _value(self, key: _Key, frame: float) -> float:
        return key.value(self.variables | {"t": float(frame)})


def _error(column: int, problem: str) -> UsageError:
    return UsageError(f"schedule, column {column}: {problem}")


def _entries(text: str) -> Iterator[tuple[str, int]]:
    """Split at the commas outside parentheses; yield (entry, its first column)."""
    start, depth, opened = 0, 0, 0
    for index, character in enumerate(text):
        if character == "(":
            depth, opened = depth + 1, index if depth == 0 else opened
        elif character == ")":
            depth -= 1
            if depth < 0:
                raise _error(index + 1, "this ) closes nothing: remove it or add a (")
        elif character == "," and depth == 0:
            yield _stripped(text[start:index], start)
            start = index + 1
    if depth:
        raise _error(opened + 1, "this ( is never closed: add a )")
    if text[start:].strip() or start == 0:  # nothing after a trailing comma
        yield _stripped(text[start:], start)


def _stripped(text: str, start: int) -> tuple[str, int]:
    return text.strip(), start + len(text) - len(text.lstrip()) + 1


def _parse_entry(
    entry: str, column: int, previous: int, max_frames: int, variables: dict[str, float], *, alone: bool
) -> _Key:
    """Read ``frame: value`` or ``frame hold: value``; the first entry may be a value alone."""
    key_text, colon, value_text = entry.partition(":")
    if not colon:
        if not alone:
            raise _error(column, f"expected 'frame: value', found {entry!r}")
        return _Key(0, _parse_expression(entry, column), hold=False)
    value_text, value_column = _stripped(value_text, column + len(key_text))
    key_text, hold = re.subn(r"\s*\bhold\s*$", "", key_text.rstrip())
    frame = _frame(key_text, column, previous, max_frames, variables)
    return _Key(frame, _parse_expression(value_text, value_column), hold=bool(hold))


def _frame(text: str, column: int, previous: int, max_frames: int, variables: dict[str, float]) -> int:
    """Return the frame of a key: 30, max_f/2, -1 (counted from the end) or +10 (from the key before)."""
    value = _parse_expression(text, column)(variables)
    if value != round(value):
        raise _error(column, f"frame {text!r} is {value:g}: frames are whole numbers")
    if text.startswith("+"):
        value += previous
    frame = round(value if value >= 0 else value + max_frames)
    if frame < 0:
        raise _error(column, f"frame {text} lies before the start: the clip has {max_frames} frames")
    return frame


def _parse_expression(text: str, column: int) -> _Expression:
    if not text:
        raise _error(column, "a number or expression is missing here")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of 1if and the like, and of a second expression after a ;
            return _Expression(text, column, SimpleEval.parse(text))
    except SyntaxError as error:
        place = column + (error.offset or 1) - 1
        raise _error(place, f"cannot read {_shown(text)}: {error.msg}") from error
    except (RecursionError, MemoryError) as error:
        raise _error(column, f"{_shown(text)} is nested too deeply") from error
    except (InvalidExpression, ValueError, Warning) as error:
        raise _error(column, f"cannot read {_shown(text)}: {error}") from error
