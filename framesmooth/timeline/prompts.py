"""Parsing of prompts: from the command line, with frame numbers, from YAML or JSON files."""

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from reprlib import repr as _shown
from typing import Any, Final

from framesmooth.errors import UsageError
from framesmooth.limits import MAX_PROMPTS
from framesmooth.timeline.moments import MOMENT, is_moment
from framesmooth.timeline.text_files import parse_json, read_text

_MOST_DIGITS: Final = 18

_TIME: Final = rf"""(?P<quote>["']?)\s*(?P<time>{MOMENT}|-?\d+)\s*(?P=quote)\s*:"""

_STARTS: Final = re.compile(rf"(?P<before>^|[|\n;,])\s*{_TIME}(?P<after>\s*)", re.IGNORECASE)

_IS_JSON: Final = re.compile(rf"""\s*\{{\s*["']?(?:{MOMENT}|-?\d+)["']?\s*:|\s*\[\s*["{{]""", re.IGNORECASE)

_TYPOGRAPHIC: Final = re.compile(r"\s*[“”„‘’]\s*-?\d+\s*[“”‘’]\s*:")
"""A frame in the quotes of word processors."""

_CONFIGURATION: Final = re.compile(r"""\s*\{\s*["']?\w+["']?\s*:""")

_OTHER_TIME: Final = re.compile(r"""["']?(?:\d+\.\d+|\d+\s*%)["']?\s*:\s*\D""")

_RANGE: Final = re.compile(r"""(?:^|[|\n;,])\s*["']?(\d+)\s*[-–]\s*(\d+)["']?\s*:(?!\d)""")


@dataclass(frozen=True)
class TimedPrompt:
    """A prompt as it was written; time and seed are None where they were left out.

    A negative time counts from the end: -1 is the last frame. ``moment`` is a time in seconds or beats, as
    ``moments.Moment`` reads it, in place of a frame.
    """

    prompt: str
    time: int | None = None
    negative: str = ""
    seed: int | None = None
    moment: str = ""


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
                raise UsageError(f"a prompt at frame {written} is outside the clip of {num_frames} frames")
        return tuple(times)
    if len(prompts) > num_frames:
        raise UsageError(f"{len(prompts)} prompts don't fit in {num_frames} frames: raise --num-frames")
    if loop:
        return tuple(index * num_frames // len(prompts) for index in range(len(prompts)))
    gaps = max(1, len(prompts) - 1)
    return tuple((2 * index * (num_frames - 1) + gaps) // (2 * gaps) for index in range(len(prompts)))


def parse_prompts(texts: Sequence[str]) -> tuple[TimedPrompt, ...]:
    """Read prompts as given on the command line: in order of time if they have times.

    Each text is a prompt, or prompts with times separated by ``|`` or as other tools do, or JSON, or the name
    of a .yaml, .yml, .json or .txt file; a name with spaces is one if there is such a file.
    ``--neg`` inside a prompt starts what to avoid.

    Raises:
        UsageError: an empty prompt, an unreadable file, one frame given twice.
    """
    found: list[TimedPrompt] = []
    for written in texts:
        text = _plain_quotes(written) if _TYPOGRAPHIC.match(written) else written
        if _is_file_name(text.strip()):
            found.extend(_read_file(Path(text.strip())))
        elif _IS_JSON.match(text):
            found.extend(_from_content(_inline(text), "the prompt"))
        elif _CONFIGURATION.match(text):
            raise UsageError(
                "settings of another tool are read from files: save them as settings.json and give its name, "
                "or write '0: a cat | 12: a dog'"
            )
        else:
            found.extend(_from_text(text))
    if any(prompt.time is None for prompt in found):
        _check_times(found)
        return tuple(found)
    for time, count in Counter(prompt.time for prompt in found).items():
        if count > 1:
            raise UsageError(f"two prompts at frame {time}: give each its own frame")
    return tuple(sorted(found, key=_in_time))


def _check_times(prompts: Sequence[TimedPrompt]) -> None:
    """Refuse prompts without a time beside those at moments."""
    moments = [prompt.moment for prompt in prompts if prompt.moment]
    if moments and any(prompt.time is None and not prompt.moment for prompt in prompts):
        raise UsageError(f"only some prompts have a time, as {moments[0]}: write one for all or none")


def _plain_quotes(text: str) -> str:
    return text.translate(str.maketrans("“”„‘’", '"""\'\''))


def _is_file_name(text: str) -> bool:
    """Tell whether a text is the name of a prompt file: one word, or several that name a file that exists."""
    suffixed = re.search(r"\S\.(ya?ml|json|txt)$", text, re.IGNORECASE) is not None
    return suffixed and (len(text.split()) == 1 or os.path.isfile(text))


def _in_time(prompt: TimedPrompt) -> tuple[bool, int]:
    time = prompt.time or 0
    return time < 0, time


def _from_text(text: str) -> list[TimedPrompt]:
    """Read a prompt, or prompts with their times."""
    if span := _RANGE.search(text):
        raise UsageError(
            f"'{span[1]}-{span[2]}' is a range of frames: give the frame where each prompt starts, as in "
            "'0: a cat | 11: a dog'"
        )
    if other := _OTHER_TIME.match(text.strip()):
        raise UsageError(
            f"{other[0].partition(':')[0].strip()!r} is no frame: give prompts their frames, as in "
            "'0: a cat | 12: a dog'"
        )
    timed = split_timed(text)
    return [_at(time, prompt) for time, prompt in timed] or [parse_prompt(text)]


def _at(time: str, prompt: str) -> TimedPrompt:
    """Return a prompt at a frame or moment."""
    if is_moment(time):
        return replace(parse_prompt(prompt), moment=" ".join(time.lower().split()))
    return parse_prompt(prompt, _frame_number(time))


def split_timed(text: str) -> list[tuple[str, str]]:
    """Return (frame, prompt) of prompts with times in one text; none where it doesn't begin with a time.

    Raises:
        UsageError: some parts between | signs have a time, and one has none.
    """
    starts = [match for match in _STARTS.finditer(text) if _is_time(match, text)]
    if not starts or starts[0].start() != 0:
        return []
    ends = [*(match.start() for match in starts[1:]), len(text)]
    found = [
        (match["time"], _unquoted(text[match.end() : end])) for match, end in zip(starts, ends, strict=True)
    ]
    separators = {match["before"] for match in starts[1:]}
    for _, prompt in found:
        if separators <= {"|"} and "|" in prompt:
            part = prompt.split("|")[1].strip()
            raise UsageError(f"{part!r} has no time: write 'FRAME: prompt' between the | signs")
    return found


def _is_time(match: re.Match[str], text: str) -> bool:
    """Tell a time from a ratio or a time of day: 16:9 and 12:30, but 0:1girl."""
    time, rest = match["time"], text[match.end() :]
    if is_moment(time):
        return True
    ratio = re.match(r"\d+(?!\w)", rest) is not None and not match["after"] and not match["quote"]
    return not ratio or int(time[:_MOST_DIGITS]) <= 0


def _unquoted(prompt: str) -> str:
    """Return a prompt without the quotes around all of it, and without what ends a list."""
    prompt = prompt.strip().rstrip(";,").strip()
    quoted = len(prompt) > 1 and prompt[0] == prompt[-1] and prompt[0] in "\"'"
    if not quoted:
        return prompt
    return prompt[1:-1].replace(f"\\{prompt[0]}", prompt[0])


def _inline(text: str) -> Any:
    """Return what JSON on the command line says.

    Raises:
        UsageError: it is no JSON, with the spelling that is.
    """
    try:
        return parse_json(text, Path("the prompt"))
    except UsageError as error:
        raise UsageError(
            f"""{error}: write '{{"0": "a cat", "12": "a dog"}}', or '0: a cat | 12: a dog'"""
        ) from error


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
    text = read_text(path)
    if path.suffix.lower() == ".txt":
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if not lines:
            raise UsageError(f"{path} holds no prompts: write one a line, with frames as in '0: a cat'")
        timed = split_timed("\n".join(lines))
        return _from_text("\n".join(lines)) if timed else [parse_prompt(line) for line in lines]
    return _from_content(_load(text, path), path)


def _from_content(prompts: Any, path: Path | str) -> list[TimedPrompt]:
    if isinstance(prompts, list | dict) and len(prompts) > MAX_PROMPTS:
        raise UsageError(f"{path} holds {len(prompts)} prompts: give {MAX_PROMPTS} at most")
    if isinstance(prompts, list) and prompts:
        return [_from_value(value, None, path) for value in prompts]
    if isinstance(prompts, Mapping) and prompts:
        return [_from_item(key, value, path) for key, value in prompts.items()]
    raise UsageError(f'{path} holds no prompts: write a list, or frames and prompts like {{"0": "a cat"}}')


def _from_item(key: object, value: object, path: Path | str) -> TimedPrompt:
    """Read a prompt and its time, a frame or a moment."""
    if is_moment(str(key)):
        return replace(_from_value(value, None, path), moment=" ".join(str(key).lower().split()))
    return _from_value(value, prompt_frame(key, path), path)


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


def prompt_frame(key: object, path: Path | str) -> int:
    """Return the frame that a key of a file writes.

    Raises:
        UsageError: it is no whole number.
    """
    if not re.fullmatch(r"\s*-?\d+\s*", str(key)):
        raise UsageError(f"{path}: {_shown(key)} is no frame number: write frames as whole numbers")
    return _frame_number(str(key))


def _from_value(value: object, time: int | None, path: Path | str) -> TimedPrompt:
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


def _whole(value: Mapping[str, object], name: str, path: Path | str) -> int | None:
    """Return the whole number called ``name``, None where it is left out."""
    number = value.get(name)
    if number is None:
        return None
    if isinstance(number, bool) or not re.fullmatch(r"-?\d+", str(number)):
        raise UsageError(f"{path}: {name} is {_shown(number)}: write a whole number")
    return _frame_number(str(number))
