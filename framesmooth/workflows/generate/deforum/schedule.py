"""Schedules of Deforum, worked out as Deforum does, and written in our own grammar.

Deforum interpolates plain numbers only. Any other value, ``2*1`` and ``( 1 )`` included, is an expression and
holds from its key to the next. Where an expression has no value (a power of a negative number, a division by
zero) the values around it are interpolated. Of a frame that is given twice the last value counts; a key is
truncated to a whole frame; keys beyond the clip are not reached, so nothing travels towards them. After a
second colon (``0: 0: (sin(t))``) nothing is read.

The source is ``parse_key_frames`` and ``get_inbetweens`` of the extension for the web UI, whose expressions
are those of numexpr.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from framesmooth.errors import UsageError
from framesmooth.frames import DEFAULT_FPS
from framesmooth.timeline.expression import Expression, ScheduleError, quoted
from framesmooth.timeline.schedule import Schedule

_NUMBER: Final = re.compile(r"(?=.)[+-]?[0-9]*(\.[0-9]+)?")
_WRAPPING: Final = str.maketrans("", "", "'\"()")
_SAME: Final = 1e-9
_STRAIGHT: Final = 1e-12
"""Bend of a curve below which a frame needs no key of its own."""


@dataclass(frozen=True)
class DeforumKey:
    """A value at a frame; ``number`` is None where it is an expression, which holds."""

    frame: int
    value: Expression
    number: float | None


@dataclass(frozen=True)
class DeforumSchedule:
    """A schedule of Deforum, worked out.

    Attributes:
        text: as it was written.
        keys: in order of time, all within the clip.
        values: one for each frame, all finite.
        gaps: how many frames had no value of their own.
        late: the first frame beyond the clip that has a key, None where there is none.
        unread: what stands after a second colon.
    """

    text: str
    keys: tuple[DeforumKey, ...]
    values: tuple[float, ...]
    gaps: int
    late: int | None
    unread: str


def read_schedule(text: str, frames: int, fps: Fraction = DEFAULT_FPS, *, seed: int = 0) -> DeforumSchedule:
    """Work out a schedule for a clip of ``frames`` frames.

    Raises:
        UsageError: the text is no schedule; the message names the column.
    """
    variables = {
        "max_f": float(frames - 1),
        "fps": float(fps),
        "s": float(seed),
        "pi": math.pi,
        "e": math.e,
    }
    found: dict[int, DeforumKey] = {}
    unread: list[str] = []
    outside: list[int] = []
    for entry, column in _entries(re.sub(r"\s", " ", text)):
        key = _key(entry, column, variables, unread)
        if 0 <= key.frame < frames:
            found[key.frame] = key
        else:
            outside.append(key.frame)
    if not found:
        raise ScheduleError(1, f"{quoted(text)} has no key within the clip of {frames} frames")
    keys = tuple(found[frame] for frame in sorted(found))
    values, gaps = _filled(_own_values(keys, frames, variables))
    if values is None:
        keys[0].value(variables | {"t": float(keys[0].frame)})  # says what is wrong with it
        raise ScheduleError(keys[0].value.column, f"{quoted(text)} has no value at any frame")
    return DeforumSchedule(
        text, keys, values, gaps, min(outside) if outside else None, unread[0] if unread else ""
    )


def _entries(text: str) -> Iterator[tuple[str, int]]:
    """Yield (key and value, first column): split at every comma if each part has a colon, as Deforum does.

    Else commas within parentheses are those of functions.
    """
    parts = [part for part in _split(text, nested=False) if part[0].strip()]
    if not all(":" in part for part, _ in parts):
        parts = [part for part in _split(text, nested=True) if part[0].strip()]
    if not parts:
        raise ScheduleError(1, "a number or expression is missing here")
    for part, start in parts:
        if ":" not in part and len(parts) > 1:
            raise ScheduleError(start + 1, f"expected 'frame: value', found {quoted(part.strip())}")
        yield part if ":" in part else f"0:{part}", start + 1 if ":" in part else start - 1


def _split(text: str, *, nested: bool) -> list[tuple[str, int]]:
    parts, start, depth = [], 0, 0
    for index, character in enumerate(text):
        depth = max(0, depth + (character == "(") - (character == ")")) if nested else 0
        if character == "," and depth == 0:
            parts.append((text[start:index], start))
            start = index + 1
    return [*parts, (text[start:], start)]


def _key(entry: str, column: int, variables: Mapping[str, float], unread: list[str]) -> DeforumKey:
    """Read ``frame: value``; what follows a second colon goes to ``unread``."""
    name, value, *rest = entry.split(":")
    if any(one.strip() for one in rest):
        unread.append(":".join(rest).strip())
    frame = key_frame(name, column, variables)
    at = column + len(name) + 1 + len(value) - len(value.lstrip())
    value = value.strip()
    plain = value.translate(_WRAPPING)
    if _NUMBER.fullmatch(plain) and re.search(r"\d", plain):
        return DeforumKey(frame, Expression.parse(plain, at), float(plain))
    return DeforumKey(frame, Expression.parse(value, at), None)


def key_frame(text: str, column: int, variables: Mapping[str, float]) -> int:
    """Return the frame that a key writes, as a number or an expression in quotes or not; it is truncated.

    Raises:
        ScheduleError: it writes none.
    """
    plain = text.strip().strip("'\"").strip()
    at = column + text.index(plain) if plain else column
    value = Expression.parse(plain, at)(variables)
    return math.trunc(value)


def _own_values(
    keys: Sequence[DeforumKey], frames: int, variables: Mapping[str, float]
) -> tuple[list[float], int]:
    """Return the value that each frame has by itself, NaN where it has none, and how many failed."""
    values, lost = [math.nan] * frames, 0
    for index, key in enumerate(keys):
        if key.number is not None:
            values[key.frame] = key.number
            continue
        end = keys[index + 1].frame if index + 1 < len(keys) else frames
        if key.value.varies:
            values[key.frame : end] = [_value(key, frame, variables) for frame in range(key.frame, end)]
        else:
            values[key.frame : end] = [_value(key, key.frame, variables)] * (end - key.frame)
        lost += sum(map(math.isnan, values[key.frame : end]))
    return values, lost


def _value(key: DeforumKey, frame: int, variables: Mapping[str, float]) -> float:
    try:
        return key.value({**variables, "t": float(frame)})
    except ScheduleError:  # no finite number there: NaN in Deforum, too
        return math.nan


def _filled(own: tuple[list[float], int]) -> tuple[tuple[float, ...] | None, int]:
    """Return the values with those interpolated that are missing; None where all are."""
    values = np.array(own[0])
    known = np.flatnonzero(~np.isnan(values))
    if not known.size:
        return None, own[1]
    return tuple(np.interp(np.arange(len(values)), known, values[known]).tolist()), own[1]


def written(
    schedule: DeforumSchedule,
    fps: Fraction = DEFAULT_FPS,
    *,
    factor: float = 1,
    added: float = 0,
    least: float = -math.inf,
    largest: float = math.inf,
    seed: int = 0,
) -> tuple[str, bool]:
    """Return ``factor`` times a schedule, and ``added``, in our own grammar, and whether it was clamped.

    The keys are kept where they give the same values; else frames are written one by one.
    """
    wanted = [factor * value + added for value in schedule.values]
    clamped = [min(max(value, least), largest) for value in wanted]
    outside = any(abs(one - other) > _SAME for one, other in zip(wanted, clamped, strict=True))
    candidates = [schedule.text] if factor == 1 and added == 0 else []
    for text in (*candidates, _keyed(schedule, factor, added)):
        if _gives(text, clamped, fps, seed):
            return text, outside
    return _sampled(clamped), outside


def _keyed(schedule: DeforumSchedule, factor: float, added: float) -> str:
    if len(schedule.keys) == 1 and not schedule.keys[0].value.varies:
        return f"{factor * schedule.values[0] + added:.10g}"
    return ", ".join(f"{_entry(key, factor, added)}" for key in schedule.keys)


def _entry(key: DeforumKey, factor: float, added: float) -> str:
    if key.number is not None:
        return f"{key.frame}:({factor * key.number + added:.10g})"
    scaled = key.value.text if factor == 1 else f"{factor:.10g}*({key.value.text})"
    hold = "" if key.value.varies else " hold"
    return f"{key.frame}{hold}:({scaled if added == 0 else f'{added:.10g} + {scaled}'})"


def _gives(text: str, wanted: Sequence[float], fps: Fraction, seed: int) -> bool:
    try:
        values = Schedule.parse(text, len(wanted), fps, seed=seed).values(len(wanted))
    except UsageError:
        return False
    return all(
        abs(one - other) <= _SAME * max(1, abs(other)) for one, other in zip(values, wanted, strict=True)
    )


def _sampled(values: Sequence[float]) -> str:
    """Return the values as keys, without the frames on the straight line between their neighbours."""
    last = len(values) - 1
    kept = [
        frame
        for frame, value in enumerate(values)
        if frame in (0, last)
        or abs(values[frame - 1] - 2 * value + values[frame + 1]) > _STRAIGHT * max(1, abs(value))
    ]
    return ", ".join(f"{frame}:({values[frame]:.10g})" for frame in kept)
