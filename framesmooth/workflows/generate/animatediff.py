"""Configuration files of animatediff-cli: their prompts and sampling, as options of ``generate``."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import UsageError
from framesmooth.timeline.prompts import TimedPrompt, parse_prompt, prompt_frame
from framesmooth.timeline.text_files import parse_json, read_text
from framesmooth.workflows.generate.deforum.reader import Deforum

_TELLING: Final = ("prompt_map", "n_prompt", "motion_module")
_OPTIONS: Final = {"steps": "steps", "guidance_scale": "guidance_scale"}
_READ: Final = ("prompt_map", "prompt", "n_prompt", "head_prompt", "tail_prompt", "seed", *_OPTIONS)
_SILENT: Final = ("name", "compile", "apply_lcm_lora", "output")


def is_animatediff(text: str) -> bool:
    """Tell whether an argument names a configuration of animatediff-cli: JSON with some of its keys."""
    path = Path(text.strip())
    if not re.search(r"\S\.json$", text.strip(), re.IGNORECASE) or not path.is_file():
        return False
    content = parse_json(read_text(path), path)
    return isinstance(content, dict) and any(key in content for key in _TELLING)


def read_animatediff(path: Path, _asked: Mapping[str, Any]) -> Deforum:
    """Read the prompts of a configuration, what they avoid, and steps, guidance and seed.

    Raises:
        UsageError: it cannot be read, or holds no prompts.
    """
    content = parse_json(read_text(path), path)
    written = content.get("prompt_map") or content.get("prompt")
    if isinstance(written, str):
        written = [written]
    if not isinstance(written, dict | list) or not written:
        raise UsageError(f'{path} holds no prompts: write "prompt_map": {{"0": "a cat", "24": "a dog"}}')
    timed = written.items() if isinstance(written, dict) else ((None, text) for text in written)
    prompts = tuple(_prompt(path, content, time, text) for time, text in timed)
    options: dict[str, Any] = {
        option: content[key] for key, option in _OPTIONS.items() if isinstance(content.get(key), int | float)
    }
    seeds, notes = _listed(content.get("seed")), []
    if seeds and isinstance(seeds[0], int):
        options["seed"] = max(-1, seeds[0] % 2**32 if seeds[0] >= 0 else -1)
        if seeds[0] >= 2**32:
            notes.append(f"seed {seeds[0]} counts as {options['seed']}: seeds have 32 bits")
    avoided = [text for text in _listed(content.get("n_prompt")) if isinstance(text, str) and text]
    if avoided:
        options["negative_prompt"] = avoided[0]
    unused = [
        key
        for key, value in content.items()
        if key not in (*_READ, *_SILENT) and value not in (None, "", {}, [])
    ]
    return Deforum(
        tuple(sorted(prompts, key=lambda one: one.time or 0)), options, tuple(unused), tuple(notes)
    )


def _prompt(path: Path, content: Mapping[str, Any], time: object, text: object) -> TimedPrompt:
    if not isinstance(text, str):
        raise UsageError(f"{path}: {text!r} is no prompt: write a text in quotes")
    around = (content.get("head_prompt"), text, content.get("tail_prompt"))
    whole = ", ".join(part.strip() for part in around if isinstance(part, str) and part.strip())
    return parse_prompt(whole, None if time is None else prompt_frame(time, path))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
