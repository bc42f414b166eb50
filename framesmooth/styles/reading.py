"""Files of styles: own YAML, A1111's ``styles.csv``, JSON of Fooocus and SDXL, presets of InvokeAI.

Own YAML is a mapping of names to styles; besides ``prompt``, ``negative_prompt`` and ``about`` they hold any
setting, as the long option without its dashes::

    dusk:
      about: low sun, slow moves
      prompt: "{prompt}, at dusk"
      guidance-scale: 4
      lora: [dusk.safetensors:0.7]
      camera: slow pan left
"""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import UsageError
from framesmooth.styles.style import Style
from framesmooth.timeline.text_files import parse_json, read_text

SUFFIXES: Final = (".yaml", ".yml", ".json", ".csv")
_SHIPPED: Final = Path(__file__).parent / "shipped.yaml"
_MOST: Final = 10_000
_PROMPT: Final = ("prompt", "positive_prompt", "positive", "text")
_NEGATIVE: Final = ("negative_prompt", "negative-prompt", "negative", "neg")


def shipped_styles() -> tuple[Style, ...]:
    """Return the styles that are built in."""
    return tuple(style for style in _from_mapping(_yaml(_SHIPPED), _SHIPPED, source=""))


def read_styles(path: Path) -> tuple[Style, ...]:
    """Return the styles of a file, in its order.

    Raises:
        UsageError: a file that cannot be read, or that holds no styles; the message says where.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{path} is no file of styles: give one of {', '.join(SUFFIXES)}")
    if suffix == ".csv":
        found = list(_from_csv(path))
    else:
        content = parse_json(read_text(path), path) if suffix == ".json" else _yaml(path)
        found = list(_from_mapping(content, path, source=str(path)))
    if not found:
        raise UsageError(f"{path} holds no styles: give each a name and a prompt")
    if len(found) > _MOST:
        raise UsageError(f"{path} holds {len(found)} styles: give {_MOST} at most")
    return tuple(found)


def _yaml(path: Path) -> Any:
    import yaml

    text = read_text(path)
    try:
        return yaml.safe_load(text)
    except RecursionError as error:
        raise UsageError(f"{path} is nested too deeply: write names and styles") from error
    except (yaml.YAMLError, ValueError) as error:
        raise UsageError(f"{path} is no YAML: {' '.join(str(error).split())}") from error


def _from_csv(path: Path) -> Iterator[Style]:
    """Yield the styles of A1111: name,prompt,negative_prompt; older files have text for prompt."""
    try:
        rows = list(csv.DictReader(io.StringIO(read_text(path))))
    except csv.Error as error:
        raise UsageError(f"{path} is no CSV: {error}") from error
    if rows and ("name" not in rows[0] or not {"prompt", "text"} & set(rows[0])):
        raise UsageError(f"{path}, line 1: its columns are not name,prompt,negative_prompt")
    for row in rows:
        name = (row.get("name") or "").strip()
        prompt, negative = _text(row, _PROMPT), _text(row, _NEGATIVE)
        if name and (prompt or negative):  # A1111 writes lines without words as headings
            yield Style(name=name, prompt=prompt, negative=negative, source=str(path))


def _from_mapping(content: Any, path: Path, source: str) -> Iterator[Style]:
    if isinstance(content, Mapping) and isinstance(content.get("styles"), list | Mapping):
        content = content["styles"]
    if isinstance(content, Mapping) and "name" in content and not isinstance(content["name"], Mapping):
        content = [content]  # a preset by itself, as InvokeAI exports one
    if isinstance(content, Mapping):
        content = [_named(name, value, path) for name, value in content.items()]
    if not isinstance(content, list):
        raise UsageError(f"{path} holds no styles: write names, each with a prompt")
    for number, one in enumerate(content, start=1):
        if not isinstance(one, Mapping) or not str(one.get("name") or "").strip():
            raise UsageError(f"{path}: style {number} has no name: add one")
        yield _style(one, source)


def _named(name: Any, value: Any, path: Path) -> dict[str, Any]:
    if isinstance(value, str):
        value = {"prompt": value}
    if not isinstance(value, Mapping):
        raise UsageError(f"{path}: {str(name)[:60]} is no style: write its prompt and settings below it")
    return {**value, "name": name}


def _style(values: Mapping[Any, Any], source: str) -> Style:
    inner = values.get("preset_data")  # InvokeAI's own tables keep the words one level deeper
    words = {**values, **inner} if isinstance(inner, Mapping) else values
    known = {"name", "about", "description", "preset_data", "type", "id", "image", *_PROMPT, *_NEGATIVE}
    return Style(
        name=str(values["name"]).strip(),
        prompt=_text(words, _PROMPT),
        negative=_text(words, _NEGATIVE),
        settings={str(key): value for key, value in words.items() if str(key) not in known},
        about=str(values.get("about") or values.get("description") or "").strip(),
        source=source,
    )


def _text(values: Mapping[Any, Any], names: tuple[str, ...]) -> str:
    return next((str(values[name]).strip() for name in names if values.get(name)), "")
