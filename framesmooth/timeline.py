"""Prompts in time.

A timeline says, for every frame, between which two keyframes it lies and how far it has come. Prompts are
written one per argument, in one string with times, or in a YAML or JSON file::

    "a cat on a beach" "a lion in the savanna"
    "0: a cat on a beach | 30: a lion in the savanna --neg people | -1: the sea"
    {"0": "a cat on a beach", "30": {"prompt": "a lion", "negative": "people", "seed": 7}}
"""

import math
import os
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from reprlib import repr as _shown
from typing import Any, Final

from framesmooth.errors import UsageError
from framesmooth.json_file import parse_json, read_text
from framesmooth.limits import MAX_PROMPTS

_MOST_DIGITS: Final = 18

EASINGS: Final[dict[str, Callable[[float], float]]] = {
    "linear": lambda x: x,
    "smooth": lambda x: x * x * (3 - 2 * x),
    "cosine": lambda x: (1 - math.cos(math.pi * x)) / 2,
    "ease-in": lambda x: x * x,
    "ease-out": lambda x: x * (2 - x),
    "ease-in-out": lambda x: 4 * x**3 if x < 0.5 else 1 - 4 * (1 - x) ** 3,
}
"""How a segment is travelled: monotonic functions of [0, 1] onto [0, 1]."""


@dataclass(frozen=True)
class Keyframe:
    """What frame ``time`` shows: a prompt, what to avoid, and the seed of its noise."""

    time: int
    prompt: str
    seed: int
    negative: str = ""


@dataclass(frozen=True)
class TimedPrompt:
    """A prompt as it was written; time and seed are None where they were left out.

    A negative time counts from the end: -1 is the last frame.
    """

    prompt: str
    time: int | None = None
    negative: str = ""
    seed: int | None = None


@dataclass(frozen=True)
class Timeline:
    """Keyframes in time.

    Attributes:
        keyframes: in order of time, every time within the clip.
        num_frames: frames of the clip.
        easing: a name of EASINGS.
        hold: share of each segment, 0 to below 1, that rests at its start before the travel begins.
        loop: whether the last keyframe travels on to the first one, which follows the last frame.

    Raises:
        UsageError: no keyframe, times out of order or outside the clip, unknown easing, hold out of range.
    """

    keyframes: tuple[Keyframe, ...]
    num_frames: int
    easing: str = "linear"
    hold: float = 0.0
    loop: bool = False

    def __post_init__(self) -> None:
        """Check the values against each other."""
        if not self.keyframes:
            raise UsageError("a timeline needs at least one keyframe: give a prompt")
        if self.easing not in EASINGS:
            raise UsageError(f"unknown easing {self.easing!r}: choose one of {', '.join(EASINGS)}")
        if not 0 <= self.hold < 1:
            raise UsageError(f"hold {self.hold} is outside 0 to 1: it is the share of a segment that rests")
        times = [key.time for key in self.keyframes]
        for time in times:
            if not 0 <= time < self.num_frames:
                raise UsageError(f"keyframe at {time} lies outside the clip: it has {self.num_frames} frames")
        for earlier, later in pairwise(times):
            if later <= earlier:
                raise UsageError(f"keyframe at {later} comes after the one at {earlier}: put them in order")

    def at(self, time: float) -> tuple[int, int, float]:
        """Return (index of the keyframe before, index of the one after, mix) at frame ``time``.

        ``mix`` is 0 at the keyframe before and approaches 1 towards the one after. Before the first keyframe
        and from the last one on, both indices are that keyframe and mix is 0; in a loop they are the last
        keyframe and the first.
        """
        times = [key.time for key in self.keyframes]
        after = bisect_right(times, time)
        before = after - 1 if after else len(times) - 1
        if 0 < after < len(times):
            start, end = times[before], times[after]
        elif self.loop and len(times) > 1:
            start, end, after = times[-1], times[0] + self.num_frames, 0
            time = time if time >= start else time + self.num_frames
        else:
            alone = max(after - 1, 0)
            return alone, alone, 0.0
        travelled = max(0.0, (time - start) / (end - start) - self.hold) / (1 - self.hold)
        return before, after, min(1.0, max(0.0, EASINGS[self.easing](min(1.0, travelled))))

    @property
    def jumps(self) -> frozenset[int]:
        """The frames that show another prompt than the one before: half a segment or more away from it."""
        where = [self.at(time) for time in range(self.num_frames)]
        return frozenset(
            time
            for time, (before, here) in enumerate(pairwise(where), start=1)
            if here[0] + here[2] - before[0] - before[2] >= 0.5
            and len({self.keyframes[index].prompt for index in (before[0], here[1])}) > 1
        )


def place_prompts(prompts: Sequence[TimedPrompt], num_frames: int, *, loop: bool = False) -> tuple[int, ...]:
    """Return the frame of every prompt: the ones written, else evenly from the first frame to the last.

    In a ``loop`` the first prompt comes again after the last frame, so the others are spread up to there.

    Raises:
        UsageError: no prompt, times for some only, a time outside the clip, more prompts than frames.
    """
    if not prompts:
        raise UsageError("give at least one prompt")
    given = [prompt.time for prompt in prompts if prompt.time is not None]
    if given and len(given) < len(prompts):
        raise UsageError("only some prompts have a time: write 'FRAME: prompt' for all or for none")
    if given:
        times = [time if time >= 0 else time + num_frames for time in given]
        for written, time in zip(given, times, strict=True):
            if not 0 <= time < num_frames:
                raise UsageError(f"a prompt at frame {written} lies outside the clip of {num_frames} frames")
        return tuple(times)
    if len(prompts) > num_frames:
        raise UsageError(f"{len(prompts)} prompts don't fit in {num_frames} frames: raise --num-frames")
    if loop:
        return tuple(index * num_frames // len(prompts) for index in range(len(prompts)))
    gaps = max(1, len(prompts) - 1)
    return tuple((2 * index * (num_frames - 1) + gaps) // (2 * gaps) for index in range(len(prompts)))


def parse_prompts(texts: Sequence[str]) -> tuple[TimedPrompt, ...]:
    """Read prompts as given on the command line: in order of time if they have times.

    Each text is a prompt, or prompts with times separated by ``|``, or the name of a .yaml, .yml or .json
    file; a name with spaces is one if there is such a file. ``--neg`` inside a prompt starts what to avoid.

    Raises:
        UsageError: an empty prompt, an unreadable file, one frame given twice.
    """
    found: list[TimedPrompt] = []
    for text in texts:
        if _is_file_name(text.strip()):
            found.extend(_read_file(Path(text.strip())))
        elif re.match(r"\s*-?\d+\s*:", text):
            found.extend(_read_timed(text))
        else:
            found.append(parse_prompt(text))
    if any(prompt.time is None for prompt in found):
        return tuple(found)
    for time, count in Counter(prompt.time for prompt in found).items():
        if count > 1:
            raise UsageError(f"two prompts at frame {time}: give each its own frame")
    return tuple(sorted(found, key=_in_time))


def _is_file_name(text: str) -> bool:
    """Tell whether a text is the name of a prompt file: one word, or several that name a file that exists."""
    suffixed = re.search(r"\S\.(ya?ml|json)$", text, re.IGNORECASE) is not None
    return suffixed and (len(text.split()) == 1 or os.path.isfile(text))


def _in_time(prompt: TimedPrompt) -> tuple[bool, int]:
    time = prompt.time or 0
    return time < 0, time


def _read_timed(text: str) -> list[TimedPrompt]:
    found = []
    for part in text.split("|"):
        match = re.match(r"\s*(-?\d+)\s*:(.*)", part, re.DOTALL)
        if match is None:
            raise UsageError(f"{part.strip()!r} has no time: write 'FRAME: prompt' between the | signs")
        found.append(parse_prompt(match[2], time=_frame_number(match[1])))
    return found


def _frame_number(digits: str) -> int:
    """Return the whole number that ``digits`` write; Python takes its time for very long ones."""
    if len(digits.strip()) > _MOST_DIGITS:
        raise UsageError(f"{digits.strip()[:_MOST_DIGITS]}... is too large a number: frames end long before")
    return int(digits)


def parse_prompt(text: str, time: int | None = None) -> TimedPrompt:
    """Read one prompt; ``--neg`` in it starts what to avoid.

    Raises:
        UsageError: an empty prompt, --neg twice.
    """
    prompt, *negative = re.split(r"(?:^|\s)--neg(?:\s|$)", text)
    if len(negative) > 1:
        raise UsageError(f"{text.strip()!r} has --neg twice: put all you want to avoid after one")
    if not prompt.strip():
        raise UsageError(
            f"a prompt is empty{f' at frame {time}' if time is not None else ''}: say what to show"
        )
    return TimedPrompt(prompt.strip(), time, negative[0].strip() if negative else "")


def _read_file(path: Path) -> list[TimedPrompt]:
    prompts = _load(read_text(path), path)
    if isinstance(prompts, list | dict) and len(prompts) > MAX_PROMPTS:
        raise UsageError(f"{path} holds {len(prompts)} prompts: give {MAX_PROMPTS} at most")
    if isinstance(prompts, list) and prompts:
        return [_from_value(value, None, path) for value in prompts]
    if isinstance(prompts, Mapping) and prompts:
        return [_from_value(value, _time(key, path), path) for key, value in prompts.items()]
    raise UsageError(f'{path} holds no prompts: write a list, or frames and prompts like {{"0": "a cat"}}')


def _load(text: str, path: Path) -> Any:
    if path.suffix.lower() == ".json":
        return parse_json(text, path)
    import yaml  # only files in YAML need it

    try:
        return yaml.load(text, Loader=yaml.BaseLoader)  # texts only: "no" stays a word, 1:30 no number
    except RecursionError as error:
        raise UsageError(f"{path} is nested too deeply: write a list of prompts") from error
    except (yaml.YAMLError, ValueError) as error:
        raise UsageError(f"{path} is no YAML: {' '.join(str(error).split())}") from error


def _time(key: object, path: Path) -> int:
    if not re.fullmatch(r"\s*-?\d+\s*", str(key)):
        raise UsageError(f"{path}: {_shown(key)} is no frame number: write frames as whole numbers")
    return _frame_number(str(key))


def _from_value(value: object, time: int | None, path: Path) -> TimedPrompt:
    """Read one prompt of a file: a text, or an object with prompt, negative, seed and (in a list) time."""
    if isinstance(value, str):
        return parse_prompt(value, time)
    if not isinstance(value, Mapping) or not isinstance(value.get("prompt"), str):
        raise UsageError(f"{path}: {_shown(value)} is no prompt: write a text in quotes")
    known = ("prompt", "negative", "seed", "time")
    for name in value:
        if name not in known:
            near = get_close_matches(str(name), known, n=1)
            advice = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            raise UsageError(f"{path}: unknown key {_shown(name)}: {advice}")
    read = parse_prompt(value["prompt"], _whole(value, "time", path) if time is None else time)
    negative = value.get("negative")
    if negative is not None and not isinstance(negative, str):
        raise UsageError(f"{path}: negative is {_shown(negative)}: write a text in quotes")
    avoided = read.negative if negative is None else negative
    return TimedPrompt(read.prompt, read.time, avoided, _whole(value, "seed", path))


def _whole(value: Mapping[str, object], name: str, path: Path) -> int | None:
    """Return the whole number called ``name``, None where it is left out."""
    number = value.get(name)
    if number is None:
        return None
    if isinstance(number, bool) or not re.fullmatch(r"-?\d+", str(number)):
        raise UsageError(f"{path}: {name} is {_shown(number)}: write a whole number")
    return _frame_number(str(number))
