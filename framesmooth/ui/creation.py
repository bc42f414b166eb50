"""From what the page says of a clip to the settings of ``generate``, and nothing but what is offered."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import UsageError
from framesmooth.limits import MAX_PROMPTS, MAX_TEXT
from framesmooth.setting import SettingField, settings_of
from framesmooth.timeline.prompts import TimedPrompt, parse_prompt, split_timed
from framesmooth.ui.settings import ServerSettings
from framesmooth.workflows.encoding_settings import EncodingSettings
from framesmooth.workflows.generate.keyframes import keyframes_of, timeline_of
from framesmooth.workflows.generate.setting_groups.images import ImageToImageSettings
from framesmooth.workflows.generate.setting_groups.model import ComputeSettings
from framesmooth.workflows.generate.setting_groups.sound import SoundSettings
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.styling import with_styles

FORMATS: Final = ("mp4", "webm", "gif", "webp")
LISTED: Final = ("model", "loras")
"""Settings of which only what the server's owner listed may be taken."""
_OTHERS: Final = (
    ComputeSettings.heading,
    EncodingSettings.heading,
    ImageToImageSettings.heading,
    SoundSettings.heading,
)
"""Groups that are the business of the server's owner, or need files that the page doesn't take."""
_NOT_OFFERED: Final = ("prompts", "output", "allow_download", "seeds", "textual_inversions", "control_scale",
                       "control_end")  # fmt: skip


def offered_settings() -> list[SettingField]:
    """Return the settings that the form shows: none that names a file, but what is listed."""
    return [
        field
        for field in settings_of(GenerateSettings)
        if field.key in LISTED
        or not (field.names_file or field.heading in _OTHERS or field.key in _NOT_OFFERED)
    ]


def prompts_from_text(text: str) -> list[dict[str, Any]]:
    """Read prompts with frames ("0: a cat | 24: a dog"), or one a line, as rows of the timeline.

    No file is read, whatever the text is.

    Raises:
        UsageError: an empty prompt.
    """
    if len(text) > MAX_TEXT:
        raise UsageError(f"the text is {len(text)} characters long: give {MAX_TEXT} at most")
    timed = split_timed(text.strip())
    found = [(int(time), prompt) for time, prompt in timed] if timed else [
        (None, line) for line in text.splitlines() if line.strip()
    ]  # fmt: skip
    prompts = [parse_prompt(prompt, time) for time, prompt in found]
    return [
        {
            "time": one.time,
            "text": one.prompt + (f" --neg {one.negative}" if one.negative else ""),
            "seed": None,
        }
        for one in prompts
    ]


def checked_request(
    rows: Sequence[Mapping[str, Any]], values: Mapping[str, Any], file_format: str, owner: ServerSettings
) -> dict[str, Any]:
    """Return the request of a job that makes a clip, plain JSON types.

    Args:
        rows: the timeline: time (or None), text, seed (or None).
        values: key -> value of settings, as the form has them; "" and None leave one to the model.
        file_format: one of ``FORMATS``.
        owner: what may be asked of this server.

    Raises:
        UsageError: anything that the clip cannot be made with, or beyond what the owner allows.
    """
    if file_format not in FORMATS:
        raise UsageError(f"{str(file_format)[:20]!r} is no format: choose one of {', '.join(FORMATS)}")
    prompts, seeds = _prompts(rows, values)
    known = {field.key: field for field in offered_settings()}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise UsageError(f"the page has no setting {', '.join(unknown)[:80]}")
    settings = {key: value for key, value in values.items() if value not in (None, "", [], False)}
    if seeds is not None:
        settings["seeds"] = seeds
    request = {"prompts": prompts, "settings": settings, "format": file_format}
    check_bounds(settings_of_request(request, Path("clip"), owner), owner)
    return request


def settings_of_request(
    request: Mapping[str, Any], folder: Path, owner: ServerSettings, *, styled: bool = True
) -> GenerateSettings:
    """Return the settings of a job's clip, which is written into ``folder``.

    Without ``styled`` the styles are named, and not yet in the prompts and settings: as a command line has
    them.

    Raises:
        UsageError: a value that is not accepted, a model or LoRA that is no longer offered.
    """
    values = dict(request["settings"])
    model = values.pop("model", owner.offered_models[0])
    if model not in owner.offered_models:
        raise UsageError(f"the model {str(model)[:60]!r} is not offered here: choose one of the list")
    loras = {str(lora): lora for lora in owner.loras}
    names = values.pop("loras", [])
    if any(name not in loras for name in names):
        raise UsageError("a LoRA that was asked for is not offered here: choose from the list")
    prompts = tuple(TimedPrompt(**one) for one in request["prompts"])
    if styled:
        prompts, values = with_styles(prompts, values)
    return GenerateSettings.of(
        prompts=prompts,
        output=folder / f"clip.{request['format']}",
        model=model,
        loras=tuple(loras[name] for name in names),
        **values,
    )


def check_bounds(settings: GenerateSettings, owner: ServerSettings) -> None:
    """Refuse a clip that is longer or larger than the owner allows.

    Raises:
        UsageError: it is.
    """
    length = timeline_of(settings, keyframes_of(settings)).num_frames
    if length > owner.max_frames:
        raise UsageError(f"{length} frames are too many here: make {owner.max_frames} at most")
    sampling = settings.sampling
    if (sampling.width or 1) * (sampling.height or 1) > owner.max_pixels:
        raise UsageError(
            f"{sampling.width}x{sampling.height} is too large here: give {owner.max_pixels} pixels at most"
        )


def _prompts(
    rows: Sequence[Mapping[str, Any]], values: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], list[int] | None]:
    """Return the prompts as plain types, and a seed for each where a row has one of its own."""
    kept = [row for row in rows if str(row.get("text") or "").strip()]
    if not kept:
        raise UsageError("there is no prompt: say in the first row what to show")
    if len(kept) > MAX_PROMPTS:
        raise UsageError(f"{len(kept)} prompts are too many: give {MAX_PROMPTS} at most")
    found = [
        replace(parse_prompt(str(row["text"]), _whole(row.get("time"), "time")), seed=seed)
        for row in kept
        for seed in [_whole(row.get("seed"), "seed")]
    ]
    for time, count in Counter(one.time for one in found).items():
        if time is not None and count > 1:
            raise UsageError(f"two prompts at frame {time}: give each its own frame")
    if all(one.time is not None for one in found):
        found.sort(key=lambda one: ((one.time or 0) < 0, one.time or 0))
    shared = _whole(values.get("seed"), "seed") or 0
    plain = [{"prompt": one.prompt, "time": one.time, "negative": one.negative} for one in found]
    has_own = any(one.seed is not None for one in found)
    return plain, [shared if one.seed is None else one.seed for one in found] if has_own else None


def number_of(value: Any, what: str, least: float, most: float) -> float | None:
    """Return a number as a page sends it, None where there is none.

    Raises:
        UsageError: it is no number, or out of range.
    """
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not least <= number <= most:
        raise UsageError(f"{str(value)[:40]!r} is no {what}: give {least:g} to {most:g}")
    return number


def _whole(value: Any, name: str) -> int | None:
    """Return a whole number as a page sends it, None where there is none."""
    if value is None or value == "":
        return None
    try:
        number = float(value)
        if number == int(number) and abs(number) < 2**32:
            return int(number)
    except (TypeError, ValueError, OverflowError):
        pass
    what = "frame" if name == "time" else "seed"
    raise UsageError(f"{str(value)[:40]!r} is no {what}: give a whole number")
