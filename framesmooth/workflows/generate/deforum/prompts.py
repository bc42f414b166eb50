"""The prompts of a Deforum settings file."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from framesmooth.errors import UsageError
from framesmooth.models.prompt_weighting_spec import (
    ADDED_NETWORK,
    MATH_WEIGHT,
    escaped,
    parse_weights,
)
from framesmooth.timeline.expression import Expression
from framesmooth.timeline.prompts import TimedPrompt, parse_prompt, split_timed
from framesmooth.workflows.generate.deforum.schedule import key_frame

if TYPE_CHECKING:
    from framesmooth.workflows.generate.deforum.values import Values

_BEFORE: Final = ("positive_prompts", "animation_prompts_positive")


def read_prompts(values: "Values", key: str) -> tuple[TimedPrompt, ...]:
    """Return the prompts under ``key`` in order of time; one empty prompt where there are none.

    Raises:
        UsageError: one that is no text, or all of them beyond the clip.
    """
    before = next((values.text_of(name) for name in _BEFORE if values.content.get(name)), "")
    found: dict[int | None, TimedPrompt] = {}
    untimed, late = [], []
    for name, text in _pairs(values, key):
        if not isinstance(text, str | None):
            raise values.error(key, f"the prompt of frame {name} is no text")
        time = None if name is None else _frame(values, key, name)
        if time is not None and not 0 <= time < values.frames:
            late.append(time)
            continue
        prompt = _prompt(values, key, f"{before} {text or ''}".strip(), time)
        if time is None:
            untimed.append(prompt)
        found[time] = prompt
    if late:
        values.unused.append(
            f"{key} from frame {min(late)} on" if min(late) >= 0 else f"{key} at {min(late)}"
        )
        if not found:
            raise values.error(key, f"no prompt is within the clip of {values.frames} frames")
    prompts = untimed or sorted(found.values(), key=lambda prompt: prompt.time or 0)
    return tuple(prompts) or (TimedPrompt(before),)


def _pairs(values: "Values", key: str) -> Iterator[tuple[str | None, Any]]:
    """Yield (frame as written, prompt): from a map, a list, or either of them in a text."""
    written = values.content.get(key, {}) if key else {}
    if isinstance(written, str):
        try:
            written = json.loads(written)
        except ValueError:
            timed = split_timed(written)
            yield from timed
            if not timed:
                yield None, written
            return
    if isinstance(written, Mapping):
        yield from ((str(frame), text) for frame, text in written.items())
    elif isinstance(written, list):
        yield from ((None, text) for text in written)
    else:
        raise values.error(key, 'write frames and prompts like {"0": "a cat"}')


def _frame(values: "Values", key: str, text: str) -> int:
    """Return the whole frame of a key, which may be an expression such as max_f/2."""
    frame: int = values.checked(key, lambda: key_frame(text, 1, {"max_f": float(values.frames - 1)}))
    return frame


def _prompt(values: "Values", key: str, text: str, time: int | None) -> TimedPrompt:
    """Read one prompt; what Deforum reads in it and framesmooth doesn't is reported."""
    if MATH_WEIGHT.search(text):
        values.notes.append(f"weights in ` ` of {key} count as they are at the frame of their prompt")
        variables = {"t": float(time or 0), "max_f": float(values.frames - 1)}
        text = MATH_WEIGHT.sub(
            lambda match: f"{values.checked(key, lambda: Expression.parse(match[1], 1)(variables)):.4g}", text
        )
    if not re.split(r"--neg\b", text)[0].strip():
        return TimedPrompt("", time, text.partition("--neg")[2].strip())
    prompt: TimedPrompt = values.checked(key, lambda: parse_prompt(text, time))
    return TimedPrompt(readable(values, key, prompt.prompt), time, readable(values, key, prompt.negative))


def readable(values: "Values", key: str, text: str) -> str:
    """Return a prompt without the names of LoRAs, whose brackets can be read.

    One that is never closed is a plain one in Deforum.
    """
    for match in ADDED_NETWORK.finditer(text):
        weight = f":{match['weight']}" if match["weight"] else ""
        values.notes.append(f"{match[0]} is not loaded: give --lora {match['name']}.safetensors{weight}")
    text = ADDED_NETWORK.sub("", text).strip()
    try:
        parse_weights(text)
    except UsageError as error:
        values.notes.append(f"brackets of {key} are taken as they are written: {error}")
        return escaped(text)
    return text
